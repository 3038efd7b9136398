#include "mini/video_writer.h"

#include <fmt/format.h>
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "vifi/error.h"

namespace vifi::train::mini {
namespace {

struct Unref {
  void operator()(GstElement* element) const { gst_object_unref(element); }
};
using Element = std::unique_ptr<GstElement, Unref>;

std::uint32_t big_endian(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

/// Sets the times at which an MP4 file was made, which the muxer takes from the clock, to zero.
/// @param begin, end  of the atoms to go through. @param clear  called with the place of eight bytes
void clear_times(const std::string& moov, std::size_t begin, std::size_t end, const std::function<void(std::size_t)>& clear) {
  while (begin + 20 <= end) {
    const std::size_t size = big_endian(moov, begin);
    const std::string type = moov.substr(begin + 4, 4);
    if (size < 8 || size > end - begin) return;
    if (type == "moov" || type == "trak" || type == "mdia") clear_times(moov, begin + 8, begin + size, clear);
    if (type == "mvhd" || type == "tkhd" || type == "mdhd") clear(begin + 12);
    begin += size;
  }
}

/// The same frames are to give the same file at any time.
void make_timeless(const std::string& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  file.clear();
  clear_times(bytes, 0, bytes.size(), [&](std::size_t place) {
    file.seekp(static_cast<std::streamoff>(place));
    file.write("\0\0\0\0\0\0\0\0", 8);
  });
}

}  // namespace

class VideoWriter::Impl {
 public:
  Impl(const std::string& path, const VideoFormat& format) : path_(path), draft_(path + ".part"), format_(format) {
    gst_init(nullptr, nullptr);
    const std::string limit =
        format.max_kbits > 0 ? fmt::format(":vbv-maxrate={0}:vbv-bufsize={0}", format.max_kbits) : std::string();
    // Without macroblock trees: x264's for AVX-512 read memory that was never written, and files differed by chance.
    const std::string text = fmt::format(
        "appsrc name=source format=time block=true max-buffers=8 ! videoconvert n-threads=1 ! "
        "video/x-raw,format=I420,colorimetry=bt709 ! "
        "x264enc name=encoder pass=qual quantizer={} speed-preset=slow bframes=2 key-int-max={} threads=1 option-string=threads=1:mbtree=0{} ! "
        "h264parse ! mp4mux ! filesink name=sink",
        format.crf, 2 * format.fps_n / format.fps_d, limit);
    GError* failure = nullptr;
    pipeline_.reset(gst_parse_launch(text.c_str(), &failure));
    if (failure != nullptr || !pipeline_) {
      const std::string reason = failure != nullptr ? failure->message : "unknown reason";
      g_clear_error(&failure);
      throw Error(ErrorCode::unsupported, fmt::format("[write video] {}: {}", path, reason),
                  "install gstreamer1.0-plugins-ugly, -good, -bad and -base");
    }
    source_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "source"));
    const Element sink(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "sink"));
    g_object_set(sink.get(), "location", draft_.c_str(), nullptr);
    GstCaps* caps = gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "RGB", "width", G_TYPE_INT, format.width, "height",
                                        G_TYPE_INT, format.height, "framerate", GST_TYPE_FRACTION, format.fps_n, format.fps_d,
                                        "colorimetry", G_TYPE_STRING, "sRGB", nullptr);
    g_object_set(source_.get(), "caps", caps, nullptr);
    gst_caps_unref(caps);
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
  }

  ~Impl() {
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    if (!finished_) std::remove(draft_.c_str());
  }

  void add(std::span<const std::uint8_t> rgb) {
    const std::size_t row = 3 * static_cast<std::size_t>(format_.width);
    const std::size_t stride = (row + 3) / 4 * 4;  // GStreamer's for RGB
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, stride * static_cast<std::size_t>(format_.height), nullptr);
    for (int y = 0; y < format_.height; ++y) {
      gst_buffer_fill(buffer, static_cast<std::size_t>(y) * stride, rgb.data() + static_cast<std::size_t>(y) * row, row);
    }
    const auto time = [&](std::uint64_t frame) {
      return gst_util_uint64_scale(frame, GST_SECOND * static_cast<guint64>(format_.fps_d), static_cast<guint64>(format_.fps_n));
    };
    GST_BUFFER_PTS(buffer) = time(count_);
    GST_BUFFER_DURATION(buffer) = time(count_ + 1) - time(count_);
    ++count_;
    if (gst_app_src_push_buffer(GST_APP_SRC(source_.get()), buffer) != GST_FLOW_OK) fail();
  }

  void finish() {
    gst_app_src_end_of_stream(GST_APP_SRC(source_.get()));
    wait();
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    make_timeless(draft_);
    std::error_code error;
    std::filesystem::rename(draft_, path_, error);
    if (error) throw Error(ErrorCode::unreadable, fmt::format("[write video] {}: {}", path_, error.message()), "check the folder");
    finished_ = true;
  }

 private:
  /// Until the end of the file, or the first error.
  void wait() {
    GstBus* bus = gst_element_get_bus(pipeline_.get());
    GstMessage* message = gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE,
                                                     static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
    gst_object_unref(bus);
    std::string reason;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
      GError* failure = nullptr;
      gst_message_parse_error(message, &failure, nullptr);
      reason = failure->message;
      g_clear_error(&failure);
    }
    gst_message_unref(message);
    if (!reason.empty()) {
      throw Error(ErrorCode::unreadable, fmt::format("[write video] {}: {}", path_, reason), "check the folder and the disk");
    }
  }

  [[noreturn]] void fail() {
    wait();
    throw Error(ErrorCode::unreadable, fmt::format("[write video] {}: the encoder stopped", path_), "check the folder and the disk");
  }

  const std::string path_;
  const std::string draft_;
  const VideoFormat format_;
  Element pipeline_;
  Element source_;
  std::uint64_t count_ = 0;
  bool finished_ = false;
};

VideoWriter::VideoWriter(const std::string& path, const VideoFormat& format) : impl_(std::make_unique<Impl>(path, format)) {}
VideoWriter::~VideoWriter() = default;
void VideoWriter::add(std::span<const std::uint8_t> rgb) { impl_->add(rgb); }
void VideoWriter::finish() { impl_->finish(); }

}  // namespace vifi::train::mini
