// vifi-train: trains, evaluates and reports. `vifi train …` and its companions execute it.

#include <exception>
#include <iostream>

#include "commands.h"
#include "interrupt.h"

namespace {

int run(int argc, char** argv) {
  using namespace vifi::training;
  CLI::App program{"Trains and evaluates models that recognise actions in video.", "vifi-train"};
  program.set_version_flag("--version", "vifi-train " VIFI_VERSION);
  program.require_subcommand(1);
  program.footer("Example:\n  vifi-train train --config run.yaml --pretrained ViT-B-16.pt --output runs/one");

  Action action;
  for (const auto add : kCommands) add(program, action);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? kDone : kUsage;
  }
  listen_for_signals();
  const int status = action();
  std::cout.flush();
  if (!std::cout) {
    std::cerr << "vifi-train: [output] the results could not be written\n  hint: is the disk full?\n";
    return kFailed;
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "vifi-train: " << error.what() << '\n';
  }
  return vifi::training::kFailed;
}
