#include "model_arguments.h"

#include "commands.h"
#include "vifi/error.h"

namespace vifi::tools {

void ModelArguments::add_to(CLI::App& command) {
  const std::string group = "Model";
  command.add_option("-m,--model", path_, "Bundle folder, vifi.json, checkpoint, or a fetched model's name [the installed default]")
      ->type_name("PATH")
      ->group(group);
  command.add_option("--device", device_, "Where it runs: auto, cpu, cuda, cuda:1")->type_name("DEVICE")->group(group);
  command.add_option("--precision", precision_, "auto, fp32, bf16 or fp16")
      ->check(CLI::IsMember({"auto", "fp32", "bf16", "fp16"}).description(""))
      ->type_name("NAME")
      ->group(group);
  command.add_option("--threads", threads_, "Compute threads on the CPU; -1: one a core")
      ->check(within(-1, 1024))
      ->type_name("N")
      ->group(group);
}

ModelOptions ModelArguments::options() const {
  ModelOptions options;
  options.path = path_;
  options.device = device_;
  options.precision = precision_from(precision_);
  options.threads = threads_ == 0 ? -1 : threads_;
  return options;
}

void LabelArguments::add_to(CLI::App& command) {
  const std::string group = "Labels";
  CLI::Option* labels = command
                            .add_option("-l,--labels", labels_,
                                        "Names separated by ';' ('\\;' is a semicolon) [the model's own]")
                            ->type_name("NAMES")
                            ->group(group);
  command.add_option("--label-file", label_file_, "One name a line, CSV with a header id,name, or a JSON list")
      ->type_name("FILE")
      ->excludes(labels)
      ->group(group);
  command.add_option("--background-labels", backgrounds_, "Names that absorb what is not an action")
      ->type_name("NAMES")
      ->group(group);
  command.add_option("--prompt-template", templates_, "'{}' stands for the name; may be repeated [the model's own]")
      ->type_name("TEXT")
      ->allow_extra_args(false)
      ->group(group);
}

LabelSet LabelArguments::complete(const LabelSet& of_model) const {
  LabelSet set = of_model;
  if (!labels_.empty()) set = make_label_set(split_labels(labels_));
  if (!label_file_.empty()) set = read_label_file(label_file_);
  if (!backgrounds_.empty()) {
    std::erase_if(set.labels, [](const Label& label) { return label.background; });
    set.add_backgrounds(split_labels(backgrounds_));
  }
  if (!templates_.empty()) set.templates = templates_;
  return set;
}

void LabelArguments::check() const {
  if (!labels_.empty() || !label_file_.empty()) complete({}).validate();
}

LabelSet LabelArguments::set_for(const ModelInfo& model) const {
  LabelSet set = complete(model.labels);
  if (set.action_count() == 0) {
    throw Error(ErrorCode::invalid_argument, "[labels] none are given, and model " + model.name + " brings none",
                "--labels 'walking;running', or --label-file FILE");
  }
  set.validate();
  return set;
}

}  // namespace vifi::tools
