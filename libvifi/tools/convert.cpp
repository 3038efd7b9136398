#include <csignal>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <string>

#include "commands.h"
#include "vifi/engine.h"

namespace vifi::tools {
namespace {

const std::map<std::string, WeightsLayout>& layouts() {
  static const std::map<std::string, WeightsLayout> kLayouts = {{"bundle", WeightsLayout::bundle},
                                                                {"safetensors", WeightsLayout::safetensors},
                                                                {"open-clip", WeightsLayout::open_clip},
                                                                {"hugging-face", WeightsLayout::hugging_face},
                                                                {"vifi-clip", WeightsLayout::vifi_clip}};
  return kLayouts;
}

/// The output's ending tells where nothing else does.
std::string usual_layout(const std::string& output) {
  const std::string ending = std::filesystem::path(output).extension().string();
  if (ending == ".safetensors") return "safetensors";
  return ending == ".pth" || ending == ".pt" ? "vifi-clip" : "bundle";
}

struct Arguments {
  ConvertOptions options;
  std::string layout;
};

int convert(Arguments& arguments) {
  ConvertOptions& options = arguments.options;
  options.layout = layouts().at(arguments.layout.empty() ? usual_layout(options.output) : arguments.layout);
  std::signal(SIGXFSZ, SIG_IGN);  // a file too large becomes an error, after which nothing is left
  const ConvertReport report = engine().convert(options);
  std::cerr << options.output << ": " << report.tensors << " tensors, " << report.bytes << " bytes, read back and compared\n";
  return kDone;
}

}  // namespace

void add_convert(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("convert", "Write weights in another layout");
  auto arguments = std::make_shared<Arguments>();
  ConvertOptions& options = arguments->options;
  command->add_option("INPUT", options.input, "Bundle folder, vifi.json or checkpoint")->required();
  command->add_option("OUTPUT", options.output, "File or folder to make; must not exist")->required();
  command->add_option("--to", arguments->layout,
                      "bundle, safetensors, open-clip, hugging-face or vifi-clip (the authors' .pth) [by OUTPUT's ending]")
      ->check(CLI::IsMember(layouts()).description(""))
      ->type_name("LAYOUT");
  command->add_option("--base", options.base, "CLIP that INPUT was trained from: the authors' .pth files need it")
      ->type_name("CLIP");
  command->add_option("--average", options.average, "Checkpoints of other epochs, whose mean with INPUT is taken; once for each")
      ->type_name("FILE")
      ->expected(1)
      ->take_all();
  CLI::Option* with = command->add_option("--with", options.with, "CLIP to interpolate with")->type_name("CLIP");
  CLI::Option* share = command->add_option("--interpolate", options.interpolation, "Share of that CLIP in the result, 0 to 1")
                           ->check(within(0.0, 1.0))
                           ->type_name("R");
  with->needs(share);
  share->needs(with);
  command->add_flag("--half", options.half, "Store float16: half the size of float32");
  command->footer(
      "Examples:\n  vifi convert --base ViT-B-16.pt vifi_clip_k400.pth vifi-clip-k400\n"
      "  vifi convert --interpolate 0.5 --with ViT-B-16.pt vifi_clip_k400.pth half.safetensors\n"
      "  vifi convert --average ckpt_epoch_8.pth --average ckpt_epoch_9.pth ckpt_epoch_7.pth mean.pth");
  command->callback([arguments, &action] { action = [arguments] { return convert(*arguments); }; });
}

}  // namespace vifi::tools
