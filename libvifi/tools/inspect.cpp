#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "output.h"
#include "vifi/bundle.h"
#include "vifi/engine.h"

namespace vifi::tools {
namespace {

struct Arguments {
  std::string path;
  bool tensors = false;
  bool json = false;
};

using Json = nlohmann::ordered_json;

std::vector<std::string> names_of(const LabelSet& set, bool background) {
  std::vector<std::string> names;
  for (const Label& label : set.labels) {
    if (label.background == background) names.push_back(label.name);
  }
  return names;
}

Json json_of(const ModelReport& report, bool tensors) {
  const ModelInfo& info = report.info;
  Json json{{"name", info.name},
            {"method", info.method},
            {"format", report.format},
            {"path", info.path},
            {"findings", report.findings},
            {"learned_prompts", {{"vision", {{"tokens", report.learned.vision_tokens}, {"depth", report.learned.vision_depth}}},
                                 {"text", {{"tokens", report.learned.text_tokens}, {"depth", report.learned.text_depth}}}}},
            {"parameters", info.parameters},
            {"embed_dim", info.embed_dim},
            {"state_size", info.state_size},
            {"states_reusable", info.states_reusable},
            {"macs_per_frame", info.macs_per_frame},
            {"macs_per_prompt", info.macs_per_prompt},
            {"window", {{"frames", info.frames}, {"duration_ns", info.window_ns}, {"hop_ns", info.hop_ns}}},
            {"temperature", info.temperature},
            {"logit_scale", info.logit_scale},
            {"logit_bias", info.logit_bias},
            {"preprocess", Json::parse(to_json(info.preprocess))},
            {"prompt_templates", info.templates},
            {"labels", names_of(info.labels, false)},
            {"background_labels", names_of(info.labels, true)},
            {"assumptions", info.assumptions}};
  if (tensors) {
    Json list = Json::array();
    for (const auto& tensor : report.tensors) {
      list.push_back({{"name", tensor.name}, {"dtype", tensor.dtype}, {"shape", tensor.shape}});
    }
    json["tensors"] = list;
  }
  return json;
}

std::string text_of(const PreprocessSpec& spec) {
  const Json words = Json::parse(to_json(spec));
  const int resize = words.at("resize_size");
  const std::string side = spec.resize == ResizeMode::squash ? fmt::format("to {0}x{0}", resize)
                                                              : fmt::format("short side to {}", resize);
  const std::string crop = spec.crop == CropMode::center ? fmt::format(", centre crop {}", spec.size) : "";
  return fmt::format("{}, {}{} as {}{}", side, words.at("interpolation").get<std::string>(),
                     spec.antialias ? " antialiased" : "", words.at("rounding").get<std::string>(), crop);
}

void print(const ModelReport& report, bool tensors) {
  const ModelInfo& info = report.info;
  Table table;
  table.add({"model", info.name});
  table.add({"method", info.method});
  table.add({"format", report.format});
  table.add({"file", info.path});
  for (const auto& finding : report.findings) table.add({"found", finding});
  table.add({"parameters", fmt::format("{:.2f} M", static_cast<double>(info.parameters) / 1e6)});
  table.add({"work", fmt::format("{:.3f} GMACs a frame, {:.3f} a prompt", info.macs_per_frame / 1e9,
                                 info.macs_per_prompt / 1e9)});
  table.add({"embedding", fmt::format("{} values", info.embed_dim)});
  table.add({"input", text_of(info.preprocess)});
  table.add({"window", fmt::format("{} frames over {:g} s, a result every {:g} s", info.frames,
                                   static_cast<double>(info.window_ns) / 1e9, static_cast<double>(info.hop_ns) / 1e9)});
  for (const auto& text : info.templates) table.add({"prompt", text});
  const auto labels = names_of(info.labels, false);
  table.add({"labels", labels.empty() ? "none of its own" : fmt::format("{}: {}", labels.size(), fmt::join(labels, "; "))});
  for (const auto& assumption : info.assumptions) table.add({"assumed", assumption});
  std::cout << table.text();
  if (!tensors) return;
  Table list;
  for (const auto& tensor : report.tensors) {
    list.add({tensor.name, tensor.dtype, fmt::format("[{}]", fmt::join(tensor.shape, ", "))});
  }
  std::cout << '\n' << list.text();
}

int inspect(const Arguments& arguments) {
  const ModelReport report = engine().inspect(arguments.path.empty() ? default_model_path() : arguments.path);
  if (arguments.json) {
    std::cout << json_of(report, arguments.tensors).dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  } else {
    print(report, arguments.tensors);
  }
  return kDone;
}

}  // namespace

void add_inspect(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("inspect", "Show what a model file is and what was taken for granted");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("MODEL", arguments->path, "Bundle folder, vifi.json, checkpoint, or a fetched model's name [the installed default]");
  command->add_flag("--tensors", arguments->tensors, "List the stored tensors too");
  command->add_flag("--json", arguments->json, "One JSON object");
  command->footer("Example:\n  vifi inspect --tensors ViT-B-16.pt");
  command->callback([arguments, &action] { action = [arguments] { return inspect(*arguments); }; });
}

}  // namespace vifi::tools
