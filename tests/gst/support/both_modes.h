#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "clip_harness.h"

namespace vifi::testing {

/// One stream through two elements in a row, the first in sync, the second in async mode, in lockstep: no frame enters
/// before the worker has encoded the one before it, so that both must tell the same.
class BothModes {
 public:
  /// @param properties  of both elements, as in a launch line
  explicit BothModes(const std::string& properties = {}, const char* caps = ClipHarness::kCaps);

  void frame(std::optional<std::uint64_t> pts_ms, int level = 0);
  void push(Handle<GstBuffer> buffer);
  /// One every 50 ms, from `from_ms` to before `to_ms`.
  void frames(std::uint64_t from_ms, std::uint64_t to_ms, int level = 0);
  void caps(const char* caps);

  /// For events: `stream().segment(…)`, `stream().flush()`, …
  ClipHarness& stream() { return stream_; }

  /// All results and events since the last call, as messages told them. Fails where the modes differ.
  Seen told();
  /// Sends EOS, then as `told`.
  Seen end();

  /// Of either element, which must agree.
  std::uint64_t stat(const char* field);

 private:
  ClipHarness stream_;
  Handle<GstElement> sync_;
  Handle<GstElement> async_;
  int encoded_at_start_;
};

}  // namespace vifi::testing
