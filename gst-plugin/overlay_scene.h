#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include <vifi/result.h>

#include "metadata.h"

namespace vifi::gst {

/// What an overlay knows at a moment of the stream: the newest result, and the events of the last minute or so.
/// Streaming thread only.
class OverlayScene {
 public:
  /// An action's span; stream time.
  struct Span {
    std::uint64_t seq = 0;
    std::string name;
    int id = 0;
    std::int64_t start_ns = 0;
    std::int64_t end_ns = 0;
    bool open = false;  ///< goes on: reaches to now
  };

  /// Takes over what a buffer at `now_ns` tells, and forgets what ended before `now_ns - history_ns`.
  void update(const Report* report, std::int64_t now_ns, std::int64_t history_ns);

  /// The newest result; nothing before the first, and where it is older than two of its windows.
  const Result* result() const { return result_ ? &*result_ : nullptr; }
  const std::deque<Span>& spans() const { return spans_; }  ///< by start
  std::int64_t now_ns() const { return now_ns_; }

  void clear();

 private:
  void add(const Event& event);

  std::optional<Result> result_;
  std::deque<Span> spans_;
  std::int64_t now_ns_ = 0;
};

}  // namespace vifi::gst
