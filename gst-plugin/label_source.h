#pragma once

#include <vifi/labels.h>
#include <vifi/model.h>

#include "settings.h"

namespace vifi::gst {

/// The label set that the properties ask for; the model's own where they ask for none.
/// @throws Error(invalid_argument, not_found, unreadable, corrupt) naming the label, template or file
LabelSet label_set_from(const LabelSettings& settings, const ModelInfo& model);

/// As above, as far as it can be told without a model.
void check_labels(const LabelSettings& settings);

}  // namespace vifi::gst
