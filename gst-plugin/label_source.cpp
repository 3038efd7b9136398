#include "label_source.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <vifi/error.h>

namespace vifi::gst {
namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

LabelSet chosen_set(const LabelSettings& settings, const LabelSet& of_model) {
  switch (settings.origin) {
    case LabelOrigin::text: return make_label_set(split_labels(settings.labels));
    case LabelOrigin::file: return read_label_file(settings.label_file);
    case LabelOrigin::model: break;
  }
  return of_model;
}

LabelSet complete_set(const LabelSettings& settings, const LabelSet& of_model) {
  LabelSet set = chosen_set(settings, of_model);
  if (!settings.background_labels.empty()) {
    std::erase_if(set.labels, [](const Label& label) { return label.background; });
    set.add_backgrounds(split_labels(settings.background_labels));
  }
  if (!settings.prompt_template.empty()) set.templates = lines_of(settings.prompt_template);
  return set;
}

}  // namespace

LabelSet label_set_from(const LabelSettings& settings, const ModelInfo& model) {
  LabelSet set = complete_set(settings, model.labels);
  if (set.action_count() == 0 && settings.origin == LabelOrigin::model) {
    throw Error(ErrorCode::invalid_argument,
                "[labels] none are given: neither `labels` nor `label-file` is set, and model " + model.name +
                    " brings none of its own",
                "for example: vificlip labels=\"walking;running;sitting\"");
  }
  set.validate();
  return set;
}

void check_labels(const LabelSettings& settings) {
  if (settings.origin != LabelOrigin::model) complete_set(settings, {}).validate();
}

}  // namespace vifi::gst
