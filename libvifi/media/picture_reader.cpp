#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "gst_handles.h"
#include "vifi/error.h"
#include "vifi/media/gst_frame_view.h"
#include "vifi/media/idle_wait.h"
#include "vifi/media/rgbx_converter.h"
#include "vifi/video_reader.h"

namespace vifi {
namespace {

struct Kind {
  const char* ending;
  const char* media_type;
  const char* decoder;
};

constexpr Kind kKinds[]{
    {".jpg", "image/jpeg", "jpegdec"}, {".jpeg", "image/jpeg", "jpegdec"}, {".png", "image/png", "pngdec"}};

const Kind* kind_of(const std::string& path) {
  std::string ending = std::filesystem::path(path).extension();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto found = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind& kind) { return ending == kind.ending; });
  return found == std::end(kKinds) ? nullptr : found;
}

Error picture_error(ErrorCode code, const std::string& path, const std::string& what, const char* hint) {
  return Error(code, "[read picture] " + path + ": " + what, hint);
}

/// A picture's bytes as one buffer.
GstBuffer* buffer_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  auto bytes = std::make_unique<std::string>(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  if (!file || bytes->empty()) {
    throw picture_error(std::filesystem::exists(path) ? ErrorCode::unreadable : ErrorCode::not_found, path,
                        "cannot be read, or is empty", "check the file");
  }
  char* data = bytes->data();
  const gsize size = bytes->size();
  return gst_buffer_new_wrapped_full(GST_MEMORY_FLAG_READONLY, data, size, 0, size, bytes.release(),
                                     [](gpointer owned) { delete static_cast<std::string*>(owned); });
}

/// appsrc ! decoder ! appsink for pictures of one kind: one buffer in, one frame out.
class PictureDecoder {
 public:
  PictureDecoder(const Kind& kind, const ReaderOptions& options) : options_(options) {
    gst_init(nullptr, nullptr);
    pipeline_.reset(gst_pipeline_new(nullptr));
    source_ = make("appsrc");
    sink_ = make("appsink");
    GstElement* decoder = make(kind.decoder);
    const CapsHandle caps(gst_caps_new_simple(kind.media_type, "framerate", GST_TYPE_FRACTION, 1, 1, nullptr));
    g_object_set(source_, "format", GST_FORMAT_TIME, "caps", caps.get(), "max-bytes", guint64{0}, nullptr);
    const CapsHandle raw(gst_caps_new_empty_simple("video/x-raw"));
    g_object_set(sink_, "sync", FALSE, "max-buffers", 4U, "caps", raw.get(), nullptr);
    gst_element_link_many(source_, decoder, sink_, nullptr);
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
  }
  ~PictureDecoder() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }
  PictureDecoder(const PictureDecoder&) = delete;
  PictureDecoder& operator=(const PictureDecoder&) = delete;

  /// Picture `slot` is shown at `slot` seconds: a frame is known by its time.
  void push(const std::string& path, std::size_t slot) {
    GstBuffer* buffer = buffer_of(path);
    GST_BUFFER_PTS(buffer) = GST_BUFFER_DTS(buffer) = slot * GST_SECOND;
    GST_BUFFER_DURATION(buffer) = GST_SECOND;
    gst_app_src_push_buffer(GST_APP_SRC(source_), buffer);
  }

  void finish() { gst_app_src_end_of_stream(GST_APP_SRC(source_)); }

  /// Hands the frame of the picture at `slot` over; false where it gave none.
  bool pull(std::size_t slot, const std::function<void(std::size_t, const VideoFrame&)>& take) {
    if (!waiting_) {
      wait_in_parts(options_.idle_timeout_ns, [&](std::int64_t part_ns) {
        waiting_.reset(gst_app_sink_try_pull_sample(GST_APP_SINK(sink_), static_cast<GstClockTime>(part_ns)));
        return waiting_ || gst_app_sink_is_eos(GST_APP_SINK(sink_));
      });
    }
    if (!waiting_ || GST_BUFFER_PTS(gst_sample_get_buffer(waiting_.get())) != slot * GST_SECOND) return false;
    const SampleHandle sample = std::move(waiting_);
    GstVideoInfo info;
    GstVideoFrame mapped;
    if (!video_info_from_caps(info, gst_sample_get_caps(sample.get())) ||
        !gst_video_frame_map(&mapped, &info, gst_sample_get_buffer(sample.get()), GST_MAP_READ)) {
      return false;
    }
    const auto unmap = [](GstVideoFrame* frame) { gst_video_frame_unmap(frame); };
    const std::unique_ptr<GstVideoFrame, decltype(unmap)> guard(&mapped, unmap);
    GstVideoFrame converted;
    std::unique_ptr<GstVideoFrame, decltype(unmap)> converted_guard(nullptr, unmap);
    if (!pixel_format_of(GST_VIDEO_INFO_FORMAT(&info))) {
      converted = converter_.convert(mapped);
      converted_guard.reset(&converted);
    }
    VideoFrame frame;
    frame.view = view_of(converted_guard ? converted : mapped, Orientation::rotate_0);
    frame.index = static_cast<std::int64_t>(slot);
    take(slot, frame);
    return true;
  }

 private:
  GstElement* make(const char* factory) {
    GstElement* element = gst_element_factory_make(factory, nullptr);
    if (element == nullptr) {
      throw Error(ErrorCode::unsupported, std::string("[read picture] GStreamer has no element '") + factory + "'",
                  "install gstreamer1.0-plugins-base and gstreamer1.0-plugins-good");
    }
    gst_bin_add(GST_BIN(pipeline_.get()), element);
    return element;
  }

  ReaderOptions options_;
  ElementHandle pipeline_;
  GstElement* source_ = nullptr;
  GstElement* sink_ = nullptr;
  SampleHandle waiting_;  ///< a frame whose picture comes later
  RgbxConverter converter_;
};

}  // namespace

bool is_picture(const std::string& path) { return kind_of(path) != nullptr; }

void read_pictures(std::span<const std::string> paths, const std::function<void(std::size_t, const VideoFrame&)>& take,
                   const ReaderOptions& options) {
  for (std::size_t begin = 0; begin < paths.size();) {
    const Kind* kind = kind_of(paths[begin]);
    if (kind == nullptr) {
      throw picture_error(ErrorCode::unsupported, paths[begin], "no picture format that is read, expected .jpg, .jpeg or .png",
                          "convert it");
    }
    std::size_t end = begin;
    while (end < paths.size() && kind_of(paths[end]) != nullptr && kind_of(paths[end])->decoder == kind->decoder) ++end;
    PictureDecoder decoder(*kind, options);
    for (std::size_t slot = begin; slot < end; ++slot) decoder.push(paths[slot], slot);
    decoder.finish();
    for (std::size_t slot = begin; slot < end; ++slot) {
      if (!decoder.pull(slot, take)) {
        throw picture_error(ErrorCode::corrupt, paths[slot], std::string("cannot be decoded as ") + kind->media_type,
                            "open it with an image viewer; write it again");
      }
    }
    begin = end;
  }
}

}  // namespace vifi
