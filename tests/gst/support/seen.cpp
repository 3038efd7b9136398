#include "seen.h"

namespace vifi::testing {
namespace {

std::uint64_t uint64_of(const GstStructure* structure, const char* field) {
  guint64 value = 0;
  if (!gst_structure_get_uint64(structure, field, &value)) g_error("no field %s", field);
  return value;
}

double double_of(const GstStructure* structure, const char* field) {
  gdouble value = 0;
  if (!gst_structure_get_double(structure, field, &value)) g_error("no field %s", field);
  return value;
}

bool bool_of(const GstStructure* structure, const char* field) {
  gboolean value = FALSE;
  if (!gst_structure_get_boolean(structure, field, &value)) g_error("no field %s", field);
  return value != FALSE;
}

std::string string_of(const GstStructure* structure, const char* field) {
  const char* text = gst_structure_get_string(structure, field);
  return text == nullptr ? "" : text;
}

template <typename Get>
auto array_of(const GstStructure* structure, const char* field, Get get) {
  const GValue* array = gst_structure_get_value(structure, field);
  if (array == nullptr) g_error("no field %s", field);
  std::vector<decltype(get(array))> values;
  for (guint i = 0; i < gst_value_array_get_size(array); ++i) values.push_back(get(gst_value_array_get_value(array, i)));
  return values;
}

double value_of(const SeenResult& result, const std::vector<double>& values, const std::string& label) {
  for (std::size_t i = 0; i < result.labels.size(); ++i) {
    if (result.labels[i] == label) return values[i];
  }
  return -1;
}

}  // namespace

double SeenResult::score_of(const std::string& label) const { return value_of(*this, scores, label); }
double SeenResult::similarity_of(const std::string& label) const { return value_of(*this, similarities, label); }

SeenResult result_from(const GstStructure* structure) {
  SeenResult result;
  result.seq = uint64_of(structure, "seq");
  result.start = uint64_of(structure, "start");
  result.end = uint64_of(structure, "end");
  result.pts = uint64_of(structure, "pts");
  result.running = uint64_of(structure, "running");
  result.utc = uint64_of(structure, "utc");
  result.age = uint64_of(structure, "age");
  result.accepted = bool_of(structure, "accepted");
  result.fresh = bool_of(structure, "fresh");
  result.background = double_of(structure, "background");
  result.model = string_of(structure, "model");
  result.timecode = string_of(structure, "timecode");
  result.labels = array_of(structure, "labels", [](const GValue* v) { return std::string(g_value_get_string(v)); });
  result.ids = array_of(structure, "ids", [](const GValue* v) { return g_value_get_int(v); });
  result.scores = array_of(structure, "scores", [](const GValue* v) { return g_value_get_double(v); });
  result.similarities = array_of(structure, "similarities", [](const GValue* v) { return g_value_get_double(v); });
  return result;
}

SeenEvent event_from(const GstStructure* structure) {
  SeenEvent event;
  event.seq = uint64_of(structure, "seq");
  event.start = uint64_of(structure, "start");
  event.end = uint64_of(structure, "end");
  event.phase = string_of(structure, "phase");
  event.name = string_of(structure, "name");
  event.score = double_of(structure, "score");
  event.peak = double_of(structure, "peak");
  return event;
}

Seen seen_in(const GstStructure* structure) {
  Seen seen;
  if (structure == nullptr) return seen;
  seen.any = true;
  seen.element = string_of(structure, "element");
  seen.results = array_of(structure, "results", [](const GValue* v) { return result_from(gst_value_get_structure(v)); });
  seen.events = array_of(structure, "events", [](const GValue* v) { return event_from(gst_value_get_structure(v)); });
  return seen;
}

Seen seen_on(GstBuffer* buffer) {
  GstCustomMeta* meta = gst_buffer_get_custom_meta(buffer, "VifiActionMeta");
  return seen_in(meta == nullptr ? nullptr : gst_custom_meta_get_structure(meta));
}

}  // namespace vifi::testing
