#include "playback.h"

#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <stdexcept>

#include "handles.h"

namespace vifi::testing {
namespace {

constexpr std::chrono::seconds kPatience{10};  // a busy machine takes seconds to the first frame
constexpr std::chrono::milliseconds kLook{100};

struct UnrefPad {
  void operator()(GstPad* pad) const { gst_object_unref(pad); }
};
using PadHandle = std::unique_ptr<GstPad, UnrefPad>;

std::string checksum_of(GstBuffer* buffer, GstVideoInfo info) {
  GstVideoFrame frame;
  if (!gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ)) return "cannot be mapped";
  const std::unique_ptr<GChecksum, void (*)(GChecksum*)> sum(g_checksum_new(G_CHECKSUM_MD5), g_checksum_free);
  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS(&frame); ++c) {
    const auto* row = static_cast<const guchar*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, GST_VIDEO_FRAME_COMP_PLANE(&frame, c)));
    // Components that share a plane are summed more than once: no harm.
    const gssize length = static_cast<gssize>(GST_VIDEO_FRAME_COMP_WIDTH(&frame, c)) * GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, c);
    for (gint y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(&frame, c); ++y) {
      g_checksum_update(sum.get(), row, length);
      row += GST_VIDEO_FRAME_COMP_STRIDE(&frame, c);
    }
  }
  gst_video_frame_unmap(&frame);
  return g_checksum_get_string(sum.get());
}

class Player {
 public:
  Player(const std::filesystem::path& file, const std::string& middle) {
    GError* failure = nullptr;
    const std::string line = middle + " name=middle ! fakesink name=sink filesrc name=source ! decodebin name=decoder";
    pipeline_.reset(gst_parse_launch(line.c_str(), &failure));
    if (failure != nullptr) {
      const std::string text = failure->message;
      g_error_free(failure);
      throw std::runtime_error(text);
    }
    g_object_set(named("source").get(), "location", file.c_str(), nullptr);
    g_signal_connect(pipeline_.get(), "deep-element-added", G_CALLBACK(on_element), nullptr);
    g_signal_connect(named("decoder").get(), "pad-added", G_CALLBACK(on_pad), this);
    g_signal_connect(named("decoder").get(), "no-more-pads", G_CALLBACK(on_no_more_pads), this);
    const PadHandle pad(gst_element_get_static_pad(named("sink").get(), "sink"));
    gst_pad_add_probe(pad.get(), static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER |
                                                             GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
                      on_data, this, nullptr);
  }

  ~Player() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  Playback play() {
    const Handle<GstBus> bus(gst_element_get_bus(pipeline_.get()));
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    const Handle<GstMessage> message = wait_for_end(bus.get());
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    if (!message) {
      played_.end = "no end";
    } else if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS) {
      played_.end = "EOS";
    } else {
      GError* error = nullptr;
      gst_message_parse_error(message.get(), &error, nullptr);
      played_.end = std::string("error ") + g_quark_to_string(error->domain) + " " + std::to_string(error->code);
      played_.text = error->message;
      g_error_free(error);
    }
    return std::move(played_);
  }

 private:
  Handle<GstElement> named(const char* name) const {
    return Handle<GstElement>(gst_bin_get_by_name(GST_BIN(pipeline_.get()), name));
  }

  std::size_t arrived() {
    std::lock_guard lock(mutex_);
    return played_.frames.size();
  }

  /// @return null when no frame came for as long as our patience lasts
  Handle<GstMessage> wait_for_end(GstBus* bus) {
    std::size_t before = 0;
    auto newest = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - newest < kPatience) {
      Handle<GstMessage> message(gst_bus_timed_pop_filtered(
          bus, GstClockTime{std::chrono::nanoseconds(kLook).count()},
          static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
      if (message) return message;
      const std::size_t now = arrived();
      if (now != before) newest = std::chrono::steady_clock::now();
      before = now;
    }
    return nullptr;
  }

  /// How several threads of libav share out damaged pictures changes from run to run.
  static void on_element(GstBin*, GstBin*, GstElement* element, gpointer) {
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(element), "max-threads") != nullptr) {
      g_object_set(element, "max-threads", 1, nullptr);
    }
  }

  static void on_pad(GstElement*, GstPad* pad, gpointer self) {
    auto& player = *static_cast<Player*>(self);
    const Handle<GstCaps> caps(gst_pad_query_caps(pad, nullptr));
    const bool video = gst_caps_get_size(caps.get()) > 0 &&
                       gst_structure_has_name(gst_caps_get_structure(caps.get(), 0), "video/x-raw");
    const PadHandle middle(gst_element_get_static_pad(player.named("middle").get(), "sink"));
    if (video && !gst_pad_is_linked(middle.get())) {
      gst_pad_link(pad, middle.get());
      player.video_ = true;
    } else {
      player.others_.emplace_back(GST_PAD(gst_object_ref(pad)));
    }
  }

  static void on_no_more_pads(GstElement*, gpointer self) {
    auto& player = *static_cast<Player*>(self);
    if (player.video_) {
      for (const PadHandle& pad : player.others_) player.drain(pad.get());
    }
    player.others_.clear();
  }

  void drain(GstPad* pad) {
    GstElement* sink = gst_element_factory_make("fakesink", nullptr);
    g_object_set(sink, "async", FALSE, nullptr);
    gst_bin_add(GST_BIN(pipeline_.get()), sink);
    gst_element_sync_state_with_parent(sink);
    const PadHandle sink_pad(gst_element_get_static_pad(sink, "sink"));
    gst_pad_link(pad, sink_pad.get());
  }

  static GstPadProbeReturn on_data(GstPad*, GstPadProbeInfo* info, gpointer self) {
    auto& player = *static_cast<Player*>(self);
    if ((GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) != 0) {
      player.note(GST_PAD_PROBE_INFO_BUFFER(info));
    } else {
      player.note(GST_PAD_PROBE_INFO_EVENT(info));
    }
    return GST_PAD_PROBE_OK;
  }

  void note(GstBuffer* buffer) {
    PlayedFrame frame{GST_BUFFER_PTS(buffer), checksum_of(buffer, info_),
                      gst_buffer_get_custom_meta(buffer, "VifiActionMeta") != nullptr};
    std::lock_guard lock(mutex_);
    played_.frames.push_back(std::move(frame));
  }

  void note(GstEvent* event) {
    if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
      GstCaps* caps = nullptr;
      gst_event_parse_caps(event, &caps);
      EXPECT_TRUE(gst_video_info_from_caps(&info_, caps));
    } else if (gst_event_has_name(event, "vifi-tail")) {
      std::lock_guard lock(mutex_);
      ++played_.tails;
    }
  }

  bool video_ = false;              // the decoder's thread alone
  std::vector<PadHandle> others_;   // the decoder's thread alone
  GstVideoInfo info_{};             // the video's thread alone
  std::mutex mutex_;                // of played_
  Playback played_;
  Handle<GstElement> pipeline_;
};

}  // namespace

Playback play(const std::filesystem::path& file, const std::string& middle) { return Player(file, middle).play(); }

}  // namespace vifi::testing
