#include "vifi/media/rgbx_converter.h"

#include <string>

#include "gst_handles.h"
#include "vifi/error.h"

namespace vifi {

class RgbxConverter::Impl {
 public:
  GstVideoFrame convert(const GstVideoFrame& frame) {
    if (!converter_ || !gst_video_info_is_equal(&from_, &frame.info)) prepare(frame.info);
    BufferHandle buffer(gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&to_), nullptr));
    GstVideoFrame out;
    if (!buffer || !gst_video_frame_map(&out, &to_, buffer.get(), GST_MAP_READWRITE)) {
      throw Error(ErrorCode::out_of_memory, "[convert frame] no memory for a picture of " +
                                                std::to_string(GST_VIDEO_INFO_SIZE(&to_)) + " bytes");
    }
    gst_video_converter_frame(converter_.get(), &frame, &out);
    return out;
  }

 private:
  void prepare(const GstVideoInfo& from) {
    from_ = from;
    gst_video_info_set_interlaced_format(&to_, GST_VIDEO_FORMAT_RGBx, GST_VIDEO_INFO_INTERLACE_MODE(&from),
                                         static_cast<guint>(GST_VIDEO_INFO_WIDTH(&from)),
                                         static_cast<guint>(GST_VIDEO_INFO_HEIGHT(&from)));
    to_.par_n = from.par_n;
    to_.par_d = from.par_d;
    to_.fps_n = from.fps_n;
    to_.fps_d = from.fps_d;
    // As the formats that are read directly: chroma is replicated, nothing is dithered.
    GstStructure* options = gst_structure_new(
        "options", GST_VIDEO_CONVERTER_OPT_CHROMA_MODE, GST_TYPE_VIDEO_CHROMA_MODE, GST_VIDEO_CHROMA_MODE_NONE,
        GST_VIDEO_CONVERTER_OPT_DITHER_METHOD, GST_TYPE_VIDEO_DITHER_METHOD, GST_VIDEO_DITHER_NONE, nullptr);
    converter_.reset(gst_video_converter_new(&from_, &to_, options));
    if (!converter_) {
      throw Error(ErrorCode::unsupported,
                  std::string("[convert frame] GStreamer cannot convert ") +
                      gst_video_format_to_string(GST_VIDEO_INFO_FORMAT(&from)) + " to RGBx",
                  "convert the video to I420 or RGB first");
    }
  }

  GstVideoInfo from_;
  GstVideoInfo to_;
  ConverterHandle converter_;
};

RgbxConverter::RgbxConverter() : impl_(std::make_unique<Impl>()) {}
RgbxConverter::~RgbxConverter() = default;
RgbxConverter::RgbxConverter(RgbxConverter&&) noexcept = default;
RgbxConverter& RgbxConverter::operator=(RgbxConverter&&) noexcept = default;

GstVideoFrame RgbxConverter::convert(const GstVideoFrame& frame) { return impl_->convert(frame); }

}  // namespace vifi
