#include "lockstep_run.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "handles.h"

namespace vifi::testing {
namespace {

constexpr auto kLongestWait = std::chrono::seconds(60);

std::uint64_t stat(GstElement* element, const char* field) {
  GstStructure* stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  const Handle<GstStructure> owner(stats);
  guint64 value = 0;
  if (!gst_structure_get_uint64(stats, field, &value)) g_error("no stat %s", field);
  return value;
}

/// Sees every frame behind both elements, on the streaming thread.
struct Lockstep {
  Handle<GstElement> sync;
  Handle<GstElement> async;
  std::vector<int> represented_by;
  int frames = 0;
  bool stuck = false;

  void frame_passed() {
    represented_by.resize(stat(sync.get(), "samples"), frames);
    ++frames;
    // The worker tells nobody that it is done; its count is all there is to watch.
    const std::uint64_t sampled = stat(sync.get(), "frames-sampled");
    const auto give_up = std::chrono::steady_clock::now() + kLongestWait;
    while (!stuck && stat(async.get(), "frames-sampled") < sampled) {
      stuck = std::chrono::steady_clock::now() > give_up;
      std::this_thread::yield();
    }
  }
};

GstPadProbeReturn on_frame(GstPad*, GstPadProbeInfo*, gpointer lockstep) {
  static_cast<Lockstep*>(lockstep)->frame_passed();
  return GST_PAD_PROBE_OK;
}

void watch_frames(Lockstep& lockstep) {
  GstPad* pad = gst_element_get_static_pad(lockstep.async.get(), "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_frame, &lockstep, nullptr);
  gst_object_unref(pad);
}

}  // namespace

LockstepRun run_in_lockstep(const std::string& video, const std::string& properties) {
  gst_init(nullptr, nullptr);
  GError* failure = nullptr;
  const std::string line = "filesrc location=\"" + video + "\" ! decodebin ! vificlip name=sync mode=sync " +
                           properties + " ! vificlip name=async mode=async " + properties + " ! fakesink sync=false";
  const Handle<GstElement> pipeline(gst_parse_launch(line.c_str(), &failure));
  if (failure != nullptr) g_error("%s", failure->message);
  Lockstep lockstep;
  lockstep.sync.reset(gst_bin_get_by_name(GST_BIN(pipeline.get()), "sync"));
  lockstep.async.reset(gst_bin_get_by_name(GST_BIN(pipeline.get()), "async"));
  watch_frames(lockstep);

  LockstepRun run;
  const Handle<GstBus> bus(gst_element_get_bus(pipeline.get()));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  constexpr auto kWanted = static_cast<GstMessageType>(GST_MESSAGE_ELEMENT | GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  bool ended = false;
  while (const Handle<GstMessage> message{gst_bus_timed_pop_filtered(bus.get(), 60 * GST_SECOND, kWanted)}) {
    if (gst_message_has_name(message.get(), "vificlip-result")) {
      const bool is_sync = GST_MESSAGE_SRC(message.get()) == GST_OBJECT(lockstep.sync.get());
      (is_sync ? run.sync : run.async).push_back(result_from(gst_message_get_structure(message.get())));
    }
    if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) {
      gst_message_parse_error(message.get(), &failure, nullptr);
      ADD_FAILURE() << failure->message;
      g_clear_error(&failure);
    }
    ended = GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS;
    if (GST_MESSAGE_TYPE(message.get()) != GST_MESSAGE_ELEMENT) break;
  }
  EXPECT_TRUE(ended) << video << " did not come to its end";
  run.async_dropped = stat(lockstep.async.get(), "samples-dropped");
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  EXPECT_FALSE(lockstep.stuck) << "the worker did not encode a frame within a minute";
  run.represented_by = std::move(lockstep.represented_by);
  return run;
}

}  // namespace vifi::testing
