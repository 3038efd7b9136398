#include "frame_reader.h"

#include <string>

#include <vifi/error.h>
#include <vifi/media/gst_frame_view.h>

#include "cuda_frames.h"

namespace vifi::gst {
namespace {

/// A frame that is mapped as long as this lives.
class MappedFrame {
 public:
  explicit MappedFrame(const GstVideoFrame& mapped) : frame_(mapped) {}
  ~MappedFrame() { gst_video_frame_unmap(&frame_); }
  MappedFrame(const MappedFrame&) = delete;
  MappedFrame& operator=(const MappedFrame&) = delete;

  const GstVideoFrame& get() const { return frame_; }

 private:
  GstVideoFrame frame_;
};

GstVideoFrame mapped(GstVideoInfo info, GstBuffer* buffer) {
  GstVideoFrame frame;
  if (!gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ)) {
    throw Error(ErrorCode::corrupt,
                "[read frame] a buffer of " + std::to_string(gst_buffer_get_size(buffer)) +
                    " bytes cannot be read: expected " + std::to_string(GST_VIDEO_INFO_SIZE(&info)) + " bytes of " +
                    gst_video_format_to_string(GST_VIDEO_INFO_FORMAT(&info)) + ", " +
                    std::to_string(GST_VIDEO_INFO_WIDTH(&info)) + "x" + std::to_string(GST_VIDEO_INFO_HEIGHT(&info)),
                "the element in front sends frames that do not fit its caps");
  }
  return frame;
}

}  // namespace

FrameReader::FrameReader() { gst_video_info_init(&info_); }

bool FrameReader::set_caps(const GstCaps* caps) {
  GstVideoInfo info;
  if (!video_info_from_caps(info, caps)) return false;
  info_ = info;
  direct_ = pixel_format_of(GST_VIDEO_INFO_FORMAT(&info_)).has_value();
  return true;
}

void FrameReader::read(GstBuffer* buffer, Orientation orientation, const std::function<bool(const FrameView&)>& use) {
  if (direct_ && show_on_device(info_, buffer, orientation, use)) return;
  const MappedFrame frame(mapped(info_, buffer));
  if (direct_) {
    use(view_of(frame.get(), orientation));
    return;
  }
  const MappedFrame converted(converter_.convert(frame.get()));
  ++converted_;
  use(view_of(converted.get(), orientation));
}

}  // namespace vifi::gst
