#include "both_modes.h"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>

namespace vifi::testing {
namespace {

constexpr auto kLongestWait = std::chrono::seconds(60);

Handle<GstElement> two_in_a_row(const std::string& properties) {
  GError* failure = nullptr;
  const std::string line = "vificlip name=sync mode=sync " + properties + " ! vificlip name=async mode=async " + properties;
  GstElement* bin = gst_parse_bin_from_description(line.c_str(), TRUE, &failure);
  if (failure != nullptr) {
    const std::string text = failure->message;
    g_error_free(failure);
    throw std::runtime_error(text);
  }
  return Handle<GstElement>(GST_ELEMENT(gst_object_ref_sink(bin)));
}

Handle<GstElement> child(GstElement* bin, const char* name) {
  return Handle<GstElement>(gst_bin_get_by_name(GST_BIN(bin), name));
}

int encoded() {
  std::lock_guard lock(control().mutex);
  return control().encoded;
}

std::uint64_t stat_of(GstElement* element, const char* field) {
  GstStructure* stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  const Handle<GstStructure> owner(stats);
  guint64 value = 0;
  if (!gst_structure_get_uint64(stats, field, &value)) g_error("no stat %s", field);
  return value;
}

void expect_equal(const std::vector<SeenResult>& async, const std::vector<SeenResult>& sync) {
  ASSERT_EQ(async.size(), sync.size());
  for (std::size_t i = 0; i < sync.size(); ++i) {
    SCOPED_TRACE("result " + std::to_string(i));
    EXPECT_EQ(async[i].seq, sync[i].seq);
    EXPECT_EQ(async[i].start, sync[i].start);
    EXPECT_EQ(async[i].end, sync[i].end);
    EXPECT_EQ(async[i].pts, sync[i].pts);
    EXPECT_EQ(async[i].running, sync[i].running);
    EXPECT_EQ(async[i].labels, sync[i].labels);
    EXPECT_EQ(async[i].similarities, sync[i].similarities);
  }
}

void expect_equal(const std::vector<SeenEvent>& async, const std::vector<SeenEvent>& sync) {
  ASSERT_EQ(async.size(), sync.size());
  for (std::size_t i = 0; i < sync.size(); ++i) {
    SCOPED_TRACE("event " + std::to_string(i));
    EXPECT_EQ(async[i].seq, sync[i].seq);
    EXPECT_EQ(async[i].phase, sync[i].phase);
    EXPECT_EQ(async[i].name, sync[i].name);
    EXPECT_EQ(async[i].start, sync[i].start);
    EXPECT_EQ(async[i].end, sync[i].end);
  }
}

}  // namespace

BothModes::BothModes(const std::string& properties, const char* caps)
    : stream_(two_in_a_row(properties), caps),
      sync_(child(stream_.element(), "sync")),
      async_(child(stream_.element(), "async")),
      encoded_at_start_(encoded()) {}

void BothModes::frame(std::optional<std::uint64_t> pts_ms, int level) { push(ClipHarness::frame(pts_ms, level)); }

void BothModes::push(Handle<GstBuffer> buffer) {
  stream_.push(std::move(buffer));
  const int expected = encoded_at_start_ + 2 * static_cast<int>(stat_of(sync_.get(), "frames-sampled"));
  std::unique_lock lock(control().mutex);
  ASSERT_TRUE(control().changed.wait_for(lock, kLongestWait, [&] { return control().encoded >= expected; }))
      << "the worker did not encode a frame within a minute";
}

void BothModes::frames(std::uint64_t from_ms, std::uint64_t to_ms, int level) {
  for (std::uint64_t pts = from_ms; pts < to_ms; pts += 50) frame(pts, level);
}

void BothModes::caps(const char* caps) { gst_harness_set_src_caps_str(stream_.get(), caps); }

Seen BothModes::told() {
  Seen sync;
  Seen async;
  for (const auto& message : stream_.messages()) {
    Seen& seen = GST_MESSAGE_SRC(message.get()) == GST_OBJECT(sync_.get()) ? sync : async;
    const GstStructure* structure = gst_message_get_structure(message.get());
    if (gst_message_has_name(message.get(), "vificlip-result")) seen.results.push_back(result_from(structure));
    if (gst_message_has_name(message.get(), "vificlip-event")) seen.events.push_back(event_from(structure));
  }
  expect_equal(async.results, sync.results);
  expect_equal(async.events, sync.events);
  return sync;
}

Seen BothModes::end() {
  stream_.event(gst_event_new_eos());
  return told();
}

std::uint64_t BothModes::stat(const char* field) {
  EXPECT_EQ(stat_of(async_.get(), field), stat_of(sync_.get(), field)) << field;
  return stat_of(sync_.get(), field);
}

}  // namespace vifi::testing
