#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <string>
#include <vector>

#include <vifi/result.h>

namespace vifi::gst {

/// The custom meta that carries results and events on buffers. Its structure holds `element` (the name of the element
/// that wrote it) and the GstValueArrays of structures `results` and `events`.
inline constexpr const char* kActionMeta = "VifiActionMeta";
/// The custom downstream event for what no buffer carries any more. Same fields.
inline constexpr const char* kTailEvent = "vifi-tail";

/// Once in a process; more often does no harm.
void register_action_meta();

/// What a buffer is to tell.
struct Told {
  const Outcome& fresh;              ///< completed since the last buffer
  const Result* newest = nullptr;    ///< told again where `fresh` has no result; null: nothing is
  std::int64_t now_ns = 0;           ///< stream time of the buffer, for the age of results
};

/// Attaches VifiActionMeta (nothing where there is nothing to tell) and, where the build has it, a GstAnalyticsClsMtd.
/// @param buffer  writable
void attach(GstElement* element, GstBuffer* buffer, const Told& told);

/// @return null where there is nothing to tell
GstEvent* tail_event(GstElement* element, const Outcome& last);

/// What one vificlip wrote, read back.
struct Report {
  struct TimedResult {
    Result result;
    bool fresh = false;       ///< completed by this very buffer
    std::int64_t age_ns = 0;  ///< stream time since it was completed
  };

  std::string element;
  std::vector<TimedResult> results;
  std::vector<Event> events;
};

/// Of every vificlip that the buffer passed, in that order. @param element  of this one alone; empty: of all
std::vector<Report> reports_on(GstBuffer* buffer, const std::string& element = {});

/// Of the structure of a VifiActionMeta or of a vifi-tail event.
Report report_in(const GstStructure* structure);

}  // namespace vifi::gst
