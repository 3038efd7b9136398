#include <exception>
#include <iostream>

#include "commands.h"
#include "output.h"

namespace {

int run(int argc, char** argv) {
  using namespace vifi::tools;
  CLI::App program{"Recognises actions in video by name.", "vifi"};
  program.set_version_flag("--version", "vifi " VIFI_VERSION);
  program.set_help_all_flag("--help-all", "Help of all commands");
  program.require_subcommand(1);
  program.footer("Example:\n  vifi classify --labels 'walking;running' holiday.mp4\n`vifi COMMAND --help` tells more.");

  Action action;
  for (const auto add : kCommands) add(program, action);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? kDone : kUsage;
  }
  const int status = action();
  std::cout.flush();
  if (!std::cout) {
    std::cerr << "vifi: [output] the results could not be written\n  hint: is the disk full?\n";
    return kFailed;
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    vifi::tools::report(error);
  }
  return vifi::tools::kFailed;
}
