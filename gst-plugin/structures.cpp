#include "structures.h"

namespace vifi::gst {
namespace {

/// Adds `field`, an array with one value for each label.
template <typename Set>
void add_array(GstStructure* structure, const char* field, GType type, const Result& result, Set&& set) {
  GValue array = G_VALUE_INIT;
  gst_value_array_init(&array, static_cast<guint>(result.labels.size()));
  for (const ScoredLabel& label : result.labels) {
    GValue value = G_VALUE_INIT;
    g_value_init(&value, type);
    set(&value, label);
    gst_value_array_append_and_take_value(&array, &value);
  }
  gst_structure_take_value(structure, field, &array);
}

guint64 ns(std::int64_t value) { return value < 0 ? GST_CLOCK_TIME_NONE : static_cast<guint64>(value); }

void add_tag(GstStructure* structure, const FrameTag& tag) {
  gst_structure_set(structure, "utc", G_TYPE_UINT64, static_cast<guint64>(tag.utc_ns), nullptr);
  if (!tag.timecode.empty()) gst_structure_set(structure, "timecode", G_TYPE_STRING, tag.timecode.c_str(), nullptr);
}

const char* name_of_phase(EventPhase phase) {
  switch (phase) {
    case EventPhase::start: return "start";
    case EventPhase::update: return "update";
    case EventPhase::end: return "end";
  }
  return "end";
}

}  // namespace

StructurePtr structure_from(const char* name, const Result& result, bool fresh, std::int64_t age_ns) {
  StructurePtr structure(gst_structure_new(
      name, "seq", G_TYPE_UINT64, static_cast<guint64>(result.seq), "start", G_TYPE_UINT64, ns(result.start_ns), "end",
      G_TYPE_UINT64, ns(result.end_ns), "pts", G_TYPE_UINT64, ns(result.pts_ns), "running", G_TYPE_UINT64,
      ns(result.tag.running_ns), nullptr));
  add_tag(structure.get(), result.tag);
  add_array(structure.get(), "labels", G_TYPE_STRING, result,
            [](GValue* value, const ScoredLabel& label) { g_value_set_string(value, label.name.c_str()); });
  add_array(structure.get(), "ids", G_TYPE_INT, result,
            [](GValue* value, const ScoredLabel& label) { g_value_set_int(value, label.id); });
  add_array(structure.get(), "scores", G_TYPE_DOUBLE, result,
            [](GValue* value, const ScoredLabel& label) { g_value_set_double(value, label.score); });
  add_array(structure.get(), "similarities", G_TYPE_DOUBLE, result,
            [](GValue* value, const ScoredLabel& label) { g_value_set_double(value, label.similarity); });
  gst_structure_set(structure.get(), "accepted", G_TYPE_BOOLEAN, result.accepted, "background", G_TYPE_DOUBLE,
                    static_cast<double>(result.background), "fresh", G_TYPE_BOOLEAN, fresh, "age", G_TYPE_UINT64,
                    static_cast<guint64>(age_ns > 0 ? age_ns : 0), "model", G_TYPE_STRING, result.model.c_str(),
                    nullptr);
  return structure;
}

StructurePtr structure_from(const char* name, const Event& event) {
  StructurePtr structure(gst_structure_new(
      name, "seq", G_TYPE_UINT64, static_cast<guint64>(event.seq), "phase", G_TYPE_STRING, name_of_phase(event.phase),
      "name", G_TYPE_STRING, event.name.c_str(), "id", G_TYPE_INT, event.id, "start", G_TYPE_UINT64,
      ns(event.start_ns), "end", G_TYPE_UINT64, ns(event.end_ns), "score", G_TYPE_DOUBLE,
      static_cast<double>(event.score), "peak", G_TYPE_DOUBLE, static_cast<double>(event.peak), nullptr));
  add_tag(structure.get(), event.tag);
  return structure;
}

}  // namespace vifi::gst
