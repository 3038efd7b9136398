#include "metadata.h"

#include <utility>

#include "analytics.h"
#include "structures.h"

namespace vifi::gst {
namespace {

void append(GValue* array, StructurePtr structure) {
  GValue value = G_VALUE_INIT;
  g_value_init(&value, GST_TYPE_STRUCTURE);
  g_value_take_boxed(&value, structure.release());
  gst_value_array_append_and_take_value(array, &value);
}

void fill(GstStructure* target, GstElement* element, const Told& told) {
  GValue results = G_VALUE_INIT;
  GValue events = G_VALUE_INIT;
  gst_value_array_init(&results, 1);
  gst_value_array_init(&events, 0);
  for (const Result& result : told.fresh.results) {
    append(&results, structure_from("result", result, /*fresh=*/true, told.now_ns - result.pts_ns));
  }
  if (told.fresh.results.empty() && told.newest != nullptr) {
    append(&results, structure_from("result", *told.newest, /*fresh=*/false, told.now_ns - told.newest->pts_ns));
  }
  for (const Event& event : told.fresh.events) append(&events, structure_from("event", event));

  gchar* name = gst_object_get_name(GST_OBJECT(element));
  gst_structure_set(target, "element", G_TYPE_STRING, name, nullptr);
  g_free(name);
  gst_structure_take_value(target, "results", &results);
  gst_structure_take_value(target, "events", &events);
}

template <typename Use>
void for_each_structure(const GstStructure* in, const char* field, Use&& use) {
  const GValue* array = gst_structure_get_value(in, field);
  if (array == nullptr || !GST_VALUE_HOLDS_ARRAY(array)) return;
  for (guint i = 0; i < gst_value_array_get_size(array); ++i) {
    const GValue* value = gst_value_array_get_value(array, i);
    if (GST_VALUE_HOLDS_STRUCTURE(value)) use(gst_value_get_structure(value));
  }
}

bool nothing_in(const Outcome& outcome) { return outcome.results.empty() && outcome.events.empty(); }

}  // namespace

void register_action_meta() {
  if (gst_meta_get_info(kActionMeta) != nullptr) return;
  // Without tags it survives every change of the picture.
  static const gchar* no_tags[] = {nullptr};
  gst_meta_register_custom(kActionMeta, no_tags, nullptr, nullptr, nullptr);
}

void attach(GstElement* element, GstBuffer* buffer, const Told& told) {
  if (nothing_in(told.fresh) && told.newest == nullptr) return;
  GstCustomMeta* meta = gst_buffer_add_custom_meta(buffer, kActionMeta);
  fill(gst_custom_meta_get_structure(meta), element, told);
  const Result* result = told.fresh.results.empty() ? told.newest : &told.fresh.results.back();
  if (result != nullptr) attach_classification(buffer, *result);
}

GstEvent* tail_event(GstElement* element, const Outcome& last) {
  if (nothing_in(last)) return nullptr;
  GstStructure* structure = gst_structure_new_empty(kTailEvent);
  Told told{last, nullptr, 0};
  if (!last.results.empty()) told.now_ns = last.results.back().pts_ns;
  fill(structure, element, told);
  return gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, structure);
}

Report report_in(const GstStructure* structure) {
  Report report;
  if (const char* name = gst_structure_get_string(structure, "element")) report.element = name;
  for_each_structure(structure, "results", [&](const GstStructure* told) {
    Report::TimedResult timed;
    timed.result = result_from(told);
    gboolean fresh = FALSE;
    guint64 age = 0;
    gst_structure_get_boolean(told, "fresh", &fresh);
    gst_structure_get_uint64(told, "age", &age);
    timed.fresh = fresh != FALSE;
    timed.age_ns = static_cast<std::int64_t>(age);
    report.results.push_back(std::move(timed));
  });
  for_each_structure(structure, "events",
                     [&](const GstStructure* told) { report.events.push_back(event_from(told)); });
  return report;
}

std::vector<Report> reports_on(GstBuffer* buffer, const std::string& element) {
  std::vector<Report> reports;
  const GstMetaInfo* info = gst_meta_get_info(kActionMeta);
  gpointer state = nullptr;
  while (GstMeta* meta = gst_buffer_iterate_meta(buffer, &state)) {
    if (meta->info != info) continue;
    const GstStructure* structure = gst_custom_meta_get_structure(reinterpret_cast<GstCustomMeta*>(meta));
    if (structure == nullptr) continue;
    if (!element.empty() && g_strcmp0(gst_structure_get_string(structure, "element"), element.c_str()) != 0) continue;
    reports.push_back(report_in(structure));
  }
  return reports;
}

}  // namespace vifi::gst
