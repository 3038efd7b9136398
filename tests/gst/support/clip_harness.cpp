#include "clip_harness.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace vifi::testing {
namespace {

class GStreamer : public ::testing::Environment {
 public:
  void SetUp() override { gst_init(nullptr, nullptr); }
  void TearDown() override { gst_deinit(); }  // the leaks tracer reports here
};
const auto* const kGStreamer = ::testing::AddGlobalTestEnvironment(new GStreamer);

Handle<GstElement> make_element(const std::string& properties) {
  GError* failure = nullptr;
  GstElement* element = gst_parse_launch(("vificlip " + properties).c_str(), &failure);
  if (failure != nullptr) {
    const std::string text = failure->message;
    g_error_free(failure);
    throw std::runtime_error(text);
  }
  return Handle<GstElement>(GST_ELEMENT(gst_object_ref_sink(element)));
}

Handle<GstStructure> stats_of(GstElement* element) {
  GstStructure* structure = nullptr;
  g_object_get(element, "stats", &structure, nullptr);
  return Handle<GstStructure>(structure);
}

void add(Seen& to, Seen from) {
  to.any = to.any || from.any;
  for (auto& result : from.results) {
    if (result.fresh) to.results.push_back(std::move(result));
  }
  for (auto& event : from.events) to.events.push_back(std::move(event));
}

}  // namespace

FakeControl& control() {
  static FakeControl* const block = [] {
    const char* folder = std::getenv("VIFI_ENGINE_DIR");
    const std::string file = std::string(folder == nullptr ? "." : folder) + "/libvifi-torch.so";
    void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    auto* get = library ? reinterpret_cast<FakeControl* (*)()>(dlsym(library, "vifi_fake_control")) : nullptr;
    if (get == nullptr) g_error("%s is not the fake engine", file.c_str());
    return get();
  }();
  return *block;
}

FakeControl& fresh_control() {
  FakeControl& block = control();
  std::lock_guard lock(block.mutex);
  block.hold_encoder = block.hold_embedding = false;
  block.encode_error.clear();
  block.score_error.clear();
  block.encode_time = {};
  block.loads = block.encoded = block.failed = 0;
  return block;
}

ClipHarness::ClipHarness(const std::string& properties, const char* caps)
    : ClipHarness(make_element(properties), caps) {}

ClipHarness::ClipHarness(Handle<GstElement> element, const char* caps)
    : element_(std::move(element)), bus_(gst_bus_new()) {
  gst_element_set_bus(element_.get(), bus_.get());
  harness_ = gst_harness_new_with_element(element_.get(), "sink", "src");
  gst_harness_set_live(harness_, FALSE);
  gst_harness_set_src_caps_str(harness_, caps);
}

ClipHarness::~ClipHarness() {
  gst_harness_teardown(harness_);
  gst_element_set_bus(element_.get(), nullptr);
}

Handle<GstBuffer> ClipHarness::frame(std::optional<std::uint64_t> pts_ms, int level) {
  Handle<GstBuffer> buffer(gst_buffer_new_allocate(nullptr, 16 * 16 * 3, nullptr));
  gst_buffer_memset(buffer.get(), 0, static_cast<guint8>(level), 16 * 16 * 3);
  GST_BUFFER_PTS(buffer.get()) = pts_ms ? *pts_ms * kMs : GST_CLOCK_TIME_NONE;
  return buffer;
}

Seen ClipHarness::push(std::uint64_t pts_ms, int level) { return push(frame(pts_ms, level)); }

Seen ClipHarness::push(Handle<GstBuffer> buffer) {
  EXPECT_EQ(gst_harness_push(harness_, buffer.release()), GST_FLOW_OK);
  const Handle<GstBuffer> out(gst_harness_pull(harness_));
  EXPECT_TRUE(out);
  return out ? seen_on(out.get()) : Seen{};
}

Seen ClipHarness::push_range(std::uint64_t from_ms, std::uint64_t to_ms, int level) {
  Seen all;
  for (std::uint64_t pts = from_ms; pts < to_ms; pts += 50) add(all, push(pts, level));
  return all;
}

void ClipHarness::segment(std::uint64_t start_ms, std::uint64_t time_ms, std::uint64_t base_ms, double rate) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.rate = rate;
  segment.start = start_ms * kMs;
  segment.position = segment.start;
  segment.time = time_ms * kMs;
  segment.base = base_ms * kMs;
  if (rate < 0) segment.stop = segment.start + 3600 * GST_SECOND;
  event(gst_event_new_segment(&segment));
}

void ClipHarness::event(GstEvent* event) { EXPECT_TRUE(gst_harness_push_event(harness_, event)); }

void ClipHarness::flush() {
  event(gst_event_new_flush_start());
  event(gst_event_new_flush_stop(TRUE));
}

Seen ClipHarness::finish() {
  event(gst_event_new_eos());
  return tails();
}

Seen ClipHarness::tails() {
  Seen all;
  while (const Handle<GstEvent> event{gst_harness_try_pull_event(harness_)}) {
    if (gst_event_has_name(event.get(), "vifi-tail")) add(all, seen_in(gst_event_get_structure(event.get())));
  }
  return all;
}

std::vector<Handle<GstMessage>> ClipHarness::messages() {
  std::vector<Handle<GstMessage>> all;
  while (Handle<GstMessage> message{gst_bus_pop(bus_.get())}) all.push_back(std::move(message));
  return all;
}

std::optional<std::string> ClipHarness::text_of(GstMessageType type) {
  std::optional<std::string> text;
  for (const auto& message : messages()) {
    if (GST_MESSAGE_TYPE(message.get()) != type) continue;
    GError* error = nullptr;
    if (type == GST_MESSAGE_ERROR) {
      gst_message_parse_error(message.get(), &error, nullptr);
    } else {
      gst_message_parse_warning(message.get(), &error, nullptr);
    }
    text = error->message;
    g_error_free(error);
  }
  return text;
}

std::uint64_t ClipHarness::stat(const char* field) {
  guint64 value = 0;
  if (!gst_structure_get_uint64(stats_of(element()).get(), field, &value)) g_error("no stat %s", field);
  return value;
}

std::string ClipHarness::stat_text(const char* field) {
  return gst_structure_get_string(stats_of(element()).get(), field);
}

StartFailure start_failure(const std::string& properties) {
  const Handle<GstElement> element = make_element(properties);
  const Handle<GstBus> bus(gst_bus_new());
  gst_element_set_bus(element.get(), bus.get());
  StartFailure failure;
  failure.failed = gst_element_set_state(element.get(), GST_STATE_PAUSED) == GST_STATE_CHANGE_FAILURE;
  if (const Handle<GstMessage> message{gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR)}) {
    GError* error = nullptr;
    gst_message_parse_error(message.get(), &error, nullptr);
    failure.domain = error->domain;
    failure.code = error->code;
    failure.text = error->message;
    g_error_free(error);
  }
  gst_element_set_state(element.get(), GST_STATE_NULL);
  gst_element_set_bus(element.get(), nullptr);
  return failure;
}

}  // namespace vifi::testing
