#include "vifi/video_reader.h"

#include <gst/app/gstappsink.h>
#include <gst/pbutils/pbutils.h>
#include <gst/video/gstvideodecoder.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <utility>
#include <vector>

#include "gst_handles.h"
#include "read_error.h"
#include "vifi/error.h"
#include "vifi/log.h"
#include "vifi/media/frame_clock.h"
#include "vifi/media/gst_frame_view.h"
#include "vifi/media/idle_wait.h"
#include "vifi/media/rgbx_converter.h"

namespace vifi {
namespace {

constexpr guint kQueuedFrames = 4;

void initialise_gstreamer() {
  GError* failure = nullptr;
  if (gst_init_check(nullptr, nullptr, &failure)) return;  // cheap and thread-safe when repeated
  const ErrorHandle error(failure);
  throw Error(ErrorCode::internal,
              std::string("[read video] GStreamer does not start: ") + (error ? error->message : "unknown reason"),
              "reinstall gstreamer1.0-plugins-base");
}

/// An existing path wins over a URI of the same spelling.
std::string uri_of(const std::string& input, const std::string& name) {
  std::error_code ignored;
  const auto status = std::filesystem::status(input, ignored);
  if (!std::filesystem::exists(status)) {
    if (gst_uri_is_valid(input.c_str())) return input;
    throw Error(ErrorCode::not_found, "[read video] " + name + ": no such file", "check the path");
  }
  if (std::filesystem::is_directory(status)) {
    throw Error(ErrorCode::invalid_argument, "[read video] " + name + ": is a folder, expected a file",
                "name the files in it");
  }
  if (std::filesystem::is_regular_file(status) && std::filesystem::file_size(input, ignored) == 0) {
    throw Error(ErrorCode::corrupt, "[read video] " + name + ": the file is empty (0 bytes)", "copy or record it again");
  }
  const TextHandle uri(gst_filename_to_uri(input.c_str(), nullptr));
  if (!uri) {
    throw Error(ErrorCode::invalid_argument, "[read video] " + name + ": the path has no URI form", "rename the file");
  }
  return uri.get();
}

bool begins_with(const GstCaps* caps, std::initializer_list<const char*> prefixes) {
  if (caps == nullptr || gst_caps_get_size(caps) == 0) return false;
  const char* name = gst_structure_get_name(gst_caps_get_structure(caps, 0));
  for (const char* prefix : prefixes) {
    if (g_str_has_prefix(name, prefix)) return true;
  }
  return false;
}

/// What a frame borrows from: a mapping, and through it its buffer.
struct Mapping {
  GstVideoFrame frame;
  explicit Mapping(const GstVideoFrame& mapped) : frame(mapped) {}
  ~Mapping() { gst_video_frame_unmap(&frame); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
};

}  // namespace

/// uridecodebin ! appsink. GStreamer's threads fill `shared_`; the reader's thread waits on it.
class VideoReader::Impl {
 public:
  Impl(const std::string& input, const ReaderOptions& options)
      : input_(options.name.empty() ? input : options.name), options_(options) {
    initialise_gstreamer();
    const std::string uri = uri_of(input, input_);
    build(uri);
    if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
      stop();
      throw failure_or(no_video_error(input_, shared_.missing));
    }
    try {
      if (!wait_for_frame()) throw no_frame_error(input_, options_.idle_timeout_ns);
    } catch (...) {
      stop();
      throw;
    }
  }

  ~Impl() { stop(); }

  std::optional<VideoFrame> next() {
    while (const auto arrival = pull()) {
      const auto time = timed(*arrival);
      if (!time) continue;  // outside the segment
      const std::int64_t index = next_index_++;
      return frame_of(*arrival, *time, index);
    }
    return std::nullopt;
  }

  std::optional<std::int64_t> skip() {
    while (const auto arrival = pull()) {
      const auto time = timed(*arrival);
      if (!time) continue;
      ++next_index_;
      return time->stream_ns;
    }
    return std::nullopt;
  }

  bool timed_out() const { return timed_out_; }

  bool seek(std::int64_t stream_ns) {
    constexpr auto kFlags = static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_BEFORE);
    // To the sink alone: a bin would send it through each of its sinks, other streams' too.
    if (!gst_element_send_event(sink_, gst_event_new_seek(1.0, GST_FORMAT_TIME, kFlags, GST_SEEK_TYPE_SET, stream_ns,
                                                          GST_SEEK_TYPE_NONE, 0))) {
      return false;
    }
    clock_.reset();
    next_index_ = 0;
    timed_out_ = false;
    return true;
  }

  std::vector<std::int64_t> key_times() {
    std::lock_guard lock(shared_.mutex);
    std::vector<std::int64_t> times = shared_.key_times;
    std::sort(times.begin(), times.end());
    times.erase(std::unique(times.begin(), times.end()), times.end());
    return times;
  }

 private:
  struct Arrival {
    SampleHandle sample;
    Orientation orientation = Orientation::rotate_0;
  };

  /// Guarded by `mutex`; every change is announced through `changed`.
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Orientation> arrived;  ///< one entry for each sample that waits in the appsink
    bool ended = false;
    bool no_video = false;
    std::optional<Error> error;
    std::vector<std::string> missing;
    std::vector<std::int64_t> key_times;  ///< changes are not announced
  };

  void build(const std::string& uri) {
    pipeline_.reset(gst_pipeline_new(nullptr));
    decoder_ = make("uridecodebin", "gstreamer1.0-plugins-base");
    sink_ = make("appsink", "gstreamer1.0-plugins-base");
    // Hardware decoders deliver into memory of their own and differ in how they treat damage.
    g_object_set(decoder_, "uri", uri.c_str(), "force-sw-decoders", TRUE, nullptr);
    GstCaps* raw = gst_caps_new_empty_simple("video/x-raw");
    g_object_set(sink_, "sync", FALSE, "max-buffers", kQueuedFrames, "drop", FALSE, "wait-on-eos", FALSE, "caps", raw,
                 nullptr);
    gst_caps_unref(raw);
    gst_bin_add(GST_BIN(pipeline_.get()), decoder_);

    GstAppSinkCallbacks callbacks{};
    callbacks.eos = on_end;
    callbacks.new_sample = on_sample;
    gst_app_sink_set_callbacks(GST_APP_SINK(sink_), &callbacks, this, nullptr);
    const PadHandle sink_pad(gst_element_get_static_pad(sink_, "sink"));
    gst_pad_add_probe(sink_pad.get(),
                      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_EVENT_FLUSH),
                      on_event, this, nullptr);
    g_signal_connect(pipeline_.get(), "deep-element-added", G_CALLBACK(on_element), this);
    g_signal_connect(decoder_, "pad-added", G_CALLBACK(on_pad), this);
    g_signal_connect(decoder_, "no-more-pads", G_CALLBACK(on_no_more_pads), this);
    g_signal_connect(decoder_, "autoplug-continue", G_CALLBACK(on_autoplug), this);
    const BusHandle bus(gst_element_get_bus(pipeline_.get()));
    gst_bus_set_sync_handler(bus.get(), on_message, this, nullptr);
  }

  GstElement* make(const char* factory, const char* package) {
    GstElement* element = gst_element_factory_make(factory, nullptr);
    if (element == nullptr) {
      throw Error(ErrorCode::unsupported,
                  "[read video] " + input_ + ": GStreamer has no element '" + factory + "'",
                  std::string("install ") + package);
    }
    return element;
  }

  void stop() {
    if (!pipeline_) return;
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    const BusHandle bus(gst_element_get_bus(pipeline_.get()));
    gst_bus_set_sync_handler(bus.get(), nullptr, nullptr, nullptr);
    if (!sink_added_) gst_object_unref(gst_object_ref_sink(sink_));
    pipeline_.reset();
  }

  /// @return false when the time limit passed
  bool wait_for_frame() {
    std::unique_lock lock(shared_.mutex);
    const bool in_time = wait_in_parts(options_.idle_timeout_ns, [&](std::int64_t part_ns) {
      const auto limit = std::chrono::steady_clock::now() + std::chrono::nanoseconds(part_ns);
      return shared_.changed.wait_until(lock, limit, [&] {
        return !shared_.arrived.empty() || shared_.ended || shared_.no_video || shared_.error;
      });
    });
    if (!shared_.arrived.empty()) return true;
    if (shared_.error) throw *shared_.error;
    if (shared_.no_video || (shared_.ended && next_index_ == 0)) throw no_video_error(input_, shared_.missing);
    return in_time;
  }

  Error failure_or(const Error& otherwise) {
    std::lock_guard lock(shared_.mutex);
    return shared_.error.value_or(otherwise);
  }

  /// Nothing at the end, by itself or by the time limit.
  std::optional<Arrival> pull() {
    if (timed_out_) return std::nullopt;
    if (!wait_for_frame()) {
      timed_out_ = true;
      return std::nullopt;
    }
    Arrival arrival;
    {
      std::lock_guard lock(shared_.mutex);
      if (shared_.arrived.empty()) return std::nullopt;
      arrival.orientation = shared_.arrived.front();
      shared_.arrived.pop_front();
    }
    arrival.sample.reset(gst_app_sink_try_pull_sample(GST_APP_SINK(sink_), 0));
    if (!arrival.sample) return std::nullopt;
    return arrival;
  }

  std::optional<FrameTime> timed(const Arrival& arrival) {
    GstCaps* caps = gst_sample_get_caps(arrival.sample.get());
    if (caps != caps_.get()) {
      if (caps == nullptr || !video_info_from_caps(info_, caps)) {
        throw Error(ErrorCode::corrupt, "[read video] " + input_ + ": frame " + std::to_string(next_index_) +
                                            " has no usable description", "convert the file with another tool");
      }
      caps_.reset(gst_caps_ref(caps));
    }
    const GstSegment* segment = gst_sample_get_segment(arrival.sample.get());
    return clock_.time_of(gst_sample_get_buffer(arrival.sample.get()), *segment, GST_VIDEO_INFO_FPS_N(&info_),
                          GST_VIDEO_INFO_FPS_D(&info_));
  }

  VideoFrame frame_of(const Arrival& arrival, const FrameTime& time, std::int64_t index) {
    GstVideoFrame mapped;
    if (!gst_video_frame_map(&mapped, &info_, gst_sample_get_buffer(arrival.sample.get()), GST_MAP_READ)) {
      throw Error(ErrorCode::corrupt, "[read video] " + input_ + ": frame " + std::to_string(index) +
                                          " is smaller than its description says", "convert the file with another tool");
    }
    auto mapping = std::make_shared<Mapping>(mapped);
    if (!pixel_format_of(GST_VIDEO_INFO_FORMAT(&info_))) {
      mapping = std::make_shared<Mapping>(converter_.convert(mapping->frame));
    }
    VideoFrame frame;
    frame.view = view_of(mapping->frame, arrival.orientation);
    frame.view.pts_ns = time.stream_ns;
    frame.view.tag.running_ns = time.running_ns;
    frame.index = index;
    frame.owner = std::move(mapping);
    return frame;
  }

  template <typename Change>
  void announce(Change&& change) {
    {
      std::lock_guard lock(shared_.mutex);
      change(shared_);
    }
    shared_.changed.notify_one();
  }

  // Callbacks: GStreamer's threads.

  static void on_pad(GstElement*, GstPad* pad, gpointer self) { static_cast<Impl*>(self)->connect(pad); }

  void connect(GstPad* pad) {
    CapsHandle caps(gst_pad_get_current_caps(pad));
    if (!caps) caps.reset(gst_pad_query_caps(pad, nullptr));
    GstElement* target = nullptr;
    if (!sink_added_ && begins_with(caps.get(), {"video/x-raw"})) {
      sink_added_ = true;
      target = sink_;
    } else {
      target = gst_element_factory_make("fakesink", nullptr);
      if (target == nullptr) return;
      g_object_set(target, "sync", FALSE, "async", FALSE, nullptr);
    }
    gst_bin_add(GST_BIN(pipeline_.get()), target);
    gst_element_sync_state_with_parent(target);
    const PadHandle sink_pad(gst_element_get_static_pad(target, "sink"));
    gst_pad_link(pad, sink_pad.get());
  }

  static void on_no_more_pads(GstElement*, gpointer self) {
    auto& reader = *static_cast<Impl*>(self);
    if (!reader.sink_added_) reader.announce([](Shared& shared) { shared.no_video = true; });
  }

  /// Sound and text are not decoded, only drained.
  static gboolean on_autoplug(GstElement*, GstPad*, GstCaps* caps, gpointer) {
    return begins_with(caps, {"audio/", "text/", "subpicture/", "application/x-subtitle"}) ? FALSE : TRUE;
  }

  static void on_element(GstBin*, GstBin*, GstElement* element, gpointer self) {
    if (GST_IS_VIDEO_DECODER(element)) static_cast<Impl*>(self)->watch(element);
  }

  void watch(GstElement* decoder) {
    if (options_.decoder_threads > 0 && g_object_class_find_property(G_OBJECT_GET_CLASS(decoder), "max-threads") != nullptr) {
      g_object_set(decoder, "max-threads", options_.decoder_threads, nullptr);
    }
    const PadHandle pad(gst_element_get_static_pad(decoder, "sink"));
    if (pad) gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, on_coded, this, nullptr);
  }

  static GstPadProbeReturn on_coded(GstPad* pad, GstPadProbeInfo* info, gpointer self) {
    const GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    if (GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT) || !GST_BUFFER_PTS_IS_VALID(buffer)) return GST_PAD_PROBE_OK;
    const EventHandle event(gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0));
    if (!event) return GST_PAD_PROBE_OK;
    const GstSegment* segment = nullptr;
    gst_event_parse_segment(event.get(), &segment);
    const GstClockTime time = gst_segment_to_stream_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    if (GST_CLOCK_TIME_IS_VALID(time)) {
      Shared& shared = static_cast<Impl*>(self)->shared_;
      std::lock_guard lock(shared.mutex);
      shared.key_times.push_back(static_cast<std::int64_t>(time));
    }
    return GST_PAD_PROBE_OK;
  }

  static GstFlowReturn on_sample(GstAppSink*, gpointer self) {
    auto& reader = *static_cast<Impl*>(self);
    reader.announce([&](Shared& shared) {
      shared.arrived.push_back(reader.stream_orientation_.value_or(
          reader.global_orientation_.value_or(Orientation::rotate_0)));
    });
    return GST_FLOW_OK;
  }

  static void on_end(GstAppSink*, gpointer self) {
    static_cast<Impl*>(self)->announce([](Shared& shared) { shared.ended = true; });
  }

  static GstPadProbeReturn on_event(GstPad*, GstPadProbeInfo* info, gpointer self) {
    auto& reader = *static_cast<Impl*>(self);
    GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
    if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) {
      // The appsink drops its samples when this reaches it, and no new one comes before: streaming stands still.
      reader.announce([](Shared& shared) {
        shared.arrived.clear();
        shared.ended = false;
      });
    } else if (GST_EVENT_TYPE(event) == GST_EVENT_STREAM_START) {
      reader.stream_orientation_.reset();
    } else if (GST_EVENT_TYPE(event) == GST_EVENT_TAG) {
      GstTagList* tags = nullptr;
      gst_event_parse_tag(event, &tags);
      if (const auto orientation = orientation_of(tags)) {
        const bool global = gst_tag_list_get_scope(tags) == GST_TAG_SCOPE_GLOBAL;
        (global ? reader.global_orientation_ : reader.stream_orientation_) = orientation;
      }
    }
    return GST_PAD_PROBE_OK;
  }

  static GstBusSyncReply on_message(GstBus*, GstMessage* message, gpointer self) {
    static_cast<Impl*>(self)->note(message);
    gst_message_unref(message);
    return GST_BUS_DROP;
  }

  void note(GstMessage* message) {
    GError* failure = nullptr;
    switch (GST_MESSAGE_TYPE(message)) {
      case GST_MESSAGE_ERROR: {
        gst_message_parse_error(message, &failure, nullptr);
        const ErrorHandle error(failure);
        announce([&](Shared& shared) {
          if (!shared.error) shared.error = read_error(input_, *error, shared.missing);
        });
        break;
      }
      case GST_MESSAGE_WARNING: {
        gst_message_parse_warning(message, &failure, nullptr);
        const ErrorHandle warning(failure);
        log(LogLevel::info, "[read video] " + input_ + ": " + warning->message);
        break;
      }
      case GST_MESSAGE_ELEMENT: {
        if (!gst_is_missing_plugin_message(message)) break;
        const TextHandle what(gst_missing_plugin_message_get_description(message));
        announce([&](Shared& shared) { shared.missing.emplace_back(what ? what.get() : "an unknown format"); });
        break;
      }
      default: break;
    }
  }

  const std::string input_;
  const ReaderOptions options_;
  ElementHandle pipeline_;
  GstElement* decoder_ = nullptr;  ///< the pipeline's
  GstElement* sink_ = nullptr;     ///< the pipeline's once `sink_added_`
  bool sink_added_ = false;        ///< touched by the decoder's signals only, and after they stopped
  std::optional<Orientation> stream_orientation_;  ///< the video's streaming thread only
  std::optional<Orientation> global_orientation_;
  Shared shared_;

  CapsHandle caps_;
  GstVideoInfo info_{};
  FrameClock clock_;
  RgbxConverter converter_;
  std::int64_t next_index_ = 0;
  bool timed_out_ = false;
};

VideoReader::VideoReader(const std::string& input, const ReaderOptions& options)
    : impl_(std::make_unique<Impl>(input, options)) {}
VideoReader::~VideoReader() = default;
VideoReader::VideoReader(VideoReader&&) noexcept = default;
VideoReader& VideoReader::operator=(VideoReader&&) noexcept = default;

std::optional<VideoFrame> VideoReader::next() { return impl_->next(); }
bool VideoReader::skip() { return impl_->skip().has_value(); }
std::optional<std::int64_t> VideoReader::skip_timed() { return impl_->skip(); }
bool VideoReader::seek(std::int64_t stream_ns) { return impl_->seek(stream_ns); }
std::vector<std::int64_t> VideoReader::key_times() const { return impl_->key_times(); }
bool VideoReader::timed_out() const { return impl_->timed_out(); }

}  // namespace vifi
