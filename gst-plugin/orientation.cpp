#include "orientation.h"

#include <vifi/media/gst_frame_view.h>

namespace vifi::gst {

void OrientationTags::add(const GstTagList* tags) {
  const auto orientation = orientation_of(tags);
  if (!orientation) return;
  (gst_tag_list_get_scope(tags) == GST_TAG_SCOPE_GLOBAL ? global_ : stream_) = orientation;
}

void OrientationTags::clear() {
  stream_.reset();
  global_.reset();
}

Orientation OrientationTags::current() const {
  if (stream_) return *stream_;
  return global_.value_or(Orientation::rotate_0);
}

}  // namespace vifi::gst
