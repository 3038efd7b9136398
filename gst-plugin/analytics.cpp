#include "analytics.h"

#ifdef HAVE_ANALYTICS

#include <gst/analytics/analytics.h>

#include <vector>

namespace vifi::gst {

void attach_classification(GstBuffer* buffer, const Result& result) {
  if (!result.accepted || result.labels.empty()) return;
  std::vector<GQuark> quarks;
  std::vector<gfloat> scores;
  for (const ScoredLabel& label : result.labels) {
    quarks.push_back(g_quark_from_string(label.name.c_str()));
    scores.push_back(label.score);
  }
  GstAnalyticsRelationMeta* relations = gst_buffer_add_analytics_relation_meta(buffer);
  GstAnalyticsClsMtd classification;
  gst_analytics_relation_meta_add_cls_mtd(relations, quarks.size(), scores.data(), quarks.data(), &classification);
}

}  // namespace vifi::gst

#else

namespace vifi::gst {

void attach_classification(GstBuffer*, const Result&) {}

}  // namespace vifi::gst

#endif
