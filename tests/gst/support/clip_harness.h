#pragma once

#include <gst/check/gstharness.h>
#include <gst/gst.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fake_engine/fake_engine.h"
#include "handles.h"
#include "seen.h"

namespace vifi::testing {

inline constexpr std::uint64_t kMs = GST_MSECOND;

/// The control block of the fake engine, set back to its defaults (but for the counts of models).
FakeControl& fresh_control();
FakeControl& control();

/// vificlip between two pads, with a bus of its own, behind a source that is not live. 16x16 RGB frames of one brightness.
class ClipHarness {
 public:
  /// @param properties  as in a launch line: `labels="a;b" mode=sync`
  explicit ClipHarness(const std::string& properties = {}, const char* caps = kCaps);
  /// Another element, or a bin, in its place.
  ClipHarness(Handle<GstElement> element, const char* caps);
  ~ClipHarness();
  ClipHarness(const ClipHarness&) = delete;
  ClipHarness& operator=(const ClipHarness&) = delete;

  static constexpr const char* kCaps = "video/x-raw,format=RGB,width=16,height=16,framerate=20/1";

  GstElement* element() { return element_.get(); }
  GstHarness* get() { return harness_; }

  /// A frame whose pixels are all `level` (0..255). @param pts_ms  nothing: no time stamp
  static Handle<GstBuffer> frame(std::optional<std::uint64_t> pts_ms, int level = 0);

  /// Pushes a frame and takes it from the other side.
  Seen push(std::uint64_t pts_ms, int level = 0);
  Seen push(Handle<GstBuffer> buffer);
  /// Frames from `from_ms` to before `to_ms`, one every 50 ms. @return what all of them carried that was fresh
  Seen push_range(std::uint64_t from_ms, std::uint64_t to_ms, int level = 0);

  void segment(std::uint64_t start_ms, std::uint64_t time_ms, std::uint64_t base_ms, double rate = 1.0);
  void event(GstEvent* event);
  void flush();
  /// Sends EOS. @return what the tail event before it carried
  Seen finish();
  /// The contents of all tail events that came out since the last call.
  Seen tails();

  /// Names of the messages since the last call, and the newest of a type.
  std::vector<Handle<GstMessage>> messages();
  std::optional<std::string> text_of(GstMessageType type);

  std::uint64_t stat(const char* field);
  std::string stat_text(const char* field);

 private:
  Handle<GstElement> element_;
  Handle<GstBus> bus_;
  GstHarness* harness_ = nullptr;
};

/// Sets an element made from `properties` to PAUSED. @return the error on its bus, empty if it started
struct StartFailure {
  bool failed = false;
  GQuark domain = 0;
  int code = 0;
  std::string text;
};
StartFailure start_failure(const std::string& properties);

}  // namespace vifi::testing
