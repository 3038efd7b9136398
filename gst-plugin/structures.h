#pragma once

#include <gst/gst.h>

#include <memory>

#include <vifi/result.h>

namespace vifi::gst {

struct FreeStructure {
  void operator()(GstStructure* structure) const { gst_structure_free(structure); }
};
using StructurePtr = std::unique_ptr<GstStructure, FreeStructure>;

/// `seq, start, end, pts, running, utc, timecode, labels, ids, scores, similarities, accepted, background, fresh, age,
/// model`. Times are ns (guint64): stream time but for `running` and `utc` (0: unknown).
/// @param fresh   is this the first time it is told?
/// @param age_ns  stream time that has passed since the frame that completed the result
StructurePtr structure_from(const char* name, const Result& result, bool fresh, std::int64_t age_ns);

/// `seq, phase, name, id, start, end, utc, timecode, score, peak`.
StructurePtr structure_from(const char* name, const Event& event);

/// The way back, for elements that read what another one wrote. Fields that are missing keep their defaults; texts
/// come out as valid UTF-8.
Result result_from(const GstStructure* structure);
Event event_from(const GstStructure* structure);

}  // namespace vifi::gst
