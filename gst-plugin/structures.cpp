#include "structures.h"

#include <string>
#include <utility>

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

EventPhase phase_of(const std::string& name) {
  if (name == "start") return EventPhase::start;
  return name == "update" ? EventPhase::update : EventPhase::end;
}

std::string valid_text(const char* text) {
  if (text == nullptr) return {};
  gchar* valid = g_utf8_make_valid(text, -1);
  std::string copy(valid);
  g_free(valid);
  return copy;
}

std::string text_of(const GstStructure* structure, const char* field) {
  return valid_text(gst_structure_get_string(structure, field));
}

guint64 uint64_of(const GstStructure* structure, const char* field, guint64 missing) {
  guint64 value = missing;
  gst_structure_get_uint64(structure, field, &value);
  return value;
}

std::int64_t time_of(const GstStructure* structure, const char* field) {
  return static_cast<std::int64_t>(uint64_of(structure, field, GST_CLOCK_TIME_NONE));
}

float float_of(const GstStructure* structure, const char* field) {
  gdouble value = 0;
  gst_structure_get_double(structure, field, &value);
  return static_cast<float>(value);
}

FrameTag tag_of(const GstStructure* structure) {
  FrameTag tag;
  tag.running_ns = time_of(structure, "running");
  tag.utc_ns = static_cast<std::int64_t>(uint64_of(structure, "utc", 0));
  tag.timecode = text_of(structure, "timecode");
  return tag;
}

/// Value `index` of the array `field`, where it is there and has the type.
const GValue* item(const GstStructure* structure, const char* field, guint index, GType type) {
  const GValue* array = gst_structure_get_value(structure, field);
  if (array == nullptr || !GST_VALUE_HOLDS_ARRAY(array) || index >= gst_value_array_get_size(array)) return nullptr;
  const GValue* value = gst_value_array_get_value(array, index);
  return G_VALUE_HOLDS(value, type) ? value : nullptr;
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

Result result_from(const GstStructure* structure) {
  Result result;
  result.seq = uint64_of(structure, "seq", 0);
  result.start_ns = time_of(structure, "start");
  result.end_ns = time_of(structure, "end");
  result.pts_ns = time_of(structure, "pts");
  result.tag = tag_of(structure);
  for (guint i = 0; const GValue* name = item(structure, "labels", i, G_TYPE_STRING); ++i) {
    ScoredLabel label;
    label.name = valid_text(g_value_get_string(name));
    if (const GValue* id = item(structure, "ids", i, G_TYPE_INT)) label.id = g_value_get_int(id);
    if (const GValue* score = item(structure, "scores", i, G_TYPE_DOUBLE)) {
      label.score = static_cast<float>(g_value_get_double(score));
    }
    if (const GValue* similarity = item(structure, "similarities", i, G_TYPE_DOUBLE)) {
      label.similarity = static_cast<float>(g_value_get_double(similarity));
    }
    result.labels.push_back(std::move(label));
  }
  gboolean accepted = FALSE;
  gst_structure_get_boolean(structure, "accepted", &accepted);
  result.accepted = accepted != FALSE;
  result.background = float_of(structure, "background");
  result.model = text_of(structure, "model");
  return result;
}

Event event_from(const GstStructure* structure) {
  Event event;
  event.seq = uint64_of(structure, "seq", 0);
  event.phase = phase_of(text_of(structure, "phase"));
  event.name = text_of(structure, "name");
  gst_structure_get_int(structure, "id", &event.id);
  event.start_ns = time_of(structure, "start");
  event.end_ns = time_of(structure, "end");
  event.tag = tag_of(structure);
  event.score = float_of(structure, "score");
  event.peak = float_of(structure, "peak");
  return event;
}

}  // namespace vifi::gst
