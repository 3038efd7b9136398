#pragma once

#include <gst/gst.h>

#include "settings.h"

namespace vifi::gst {

enum class Property : guint {
  model_file = 1,
  labels,
  label_file,
  prompt_template,
  background_labels,
  threshold,
  top_k,
  skip_unchanged,
  frames,
  window,
  hop,
  mode,
  device,
  precision,
  threads,
  batch_size,
  batch_timeout,
  model_instance_id,
  attach,
  messages,
  smoothing,
  enter_threshold,
  exit_threshold,
  min_duration,
  merge_gap,
  on_error,
  stats,
  model_info,
};

void install_properties(GObjectClass* klass);

/// What a change of a property asks of a running session.
enum class Change { none, labels, recogniser, restart };

/// Stores the value. Call with the object lock held.
Change set_property(Settings& settings, Property property, const GValue* value);

/// Reads every property but `stats` and `model-info`. Call with the object lock held.
void get_property(const Settings& settings, Property property, GValue* value);

}  // namespace vifi::gst
