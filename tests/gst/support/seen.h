#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <string>
#include <vector>

namespace vifi::testing {

/// A result as an application reads it from a structure.
struct SeenResult {
  std::uint64_t seq = 0, start = 0, end = 0, pts = 0, running = 0, utc = 0, age = 0;
  std::vector<std::string> labels;
  std::vector<int> ids;
  std::vector<double> scores, similarities;
  bool accepted = false, fresh = false;
  double background = 0;
  std::string model, timecode;

  std::string top() const { return labels.empty() ? "" : labels.front(); }
  /// Of the label of that name; -1 where the result does not list it.
  double score_of(const std::string& label) const;
  double similarity_of(const std::string& label) const;
};

struct SeenEvent {
  std::uint64_t seq = 0, start = 0, end = 0;
  std::string phase, name;
  double score = 0, peak = 0;
};

struct Seen {
  bool any = false;  ///< was there a structure at all?
  std::string element;
  std::vector<SeenResult> results;
  std::vector<SeenEvent> events;
};

SeenResult result_from(const GstStructure* structure);
SeenEvent event_from(const GstStructure* structure);
/// Of VifiActionMeta or vifi-tail; null gives `any == false`.
Seen seen_in(const GstStructure* structure);
Seen seen_on(GstBuffer* buffer);

}  // namespace vifi::testing
