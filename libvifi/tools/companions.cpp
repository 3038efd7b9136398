// Subcommands that are programs of their own: data sets and training need libraries that recognising does not.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "commands.h"
#include "vifi/error.h"

namespace vifi::tools {
namespace {

namespace fs = std::filesystem;

struct Companion {
  const char* name;     ///< subcommand
  const char* program;
  bool takes_name;      ///< the program has several subcommands
  const char* about;
};

constexpr std::array kCompanions{
    Companion{"pretrain", "vifi-train", true, "Train a small CLIP from nothing on drawn pictures"},
    Companion{"train", "vifi-train", true, "Train or fine-tune a model"},
    Companion{"eval", "vifi-train", true, "Evaluate a model on a data set, or its events with --timeline"},
    Companion{"scores", "vifi-train", true, "Join evaluations: mean and deviation over seeds, beside published figures"},
    Companion{"report", "vifi-train", true, "Make an HTML page of trainings and their results"},
    Companion{"dataset", "vifi-dataset", false, "Make, check and list data sets"},
};

/// In one of the folders of $VIFI_PROGRAM_DIR (separated by ':'), else beside this program; a bare name is looked for
/// in the PATH.
std::string path_of(const std::string& program) {
  std::error_code error;
  std::vector<fs::path> folders{fs::read_symlink("/proc/self/exe", error).parent_path()};
  if (const char* named = std::getenv("VIFI_PROGRAM_DIR"); named != nullptr) {
    std::istringstream list(named);
    folders.clear();
    for (std::string folder; std::getline(list, folder, ':');) folders.emplace_back(folder);
  }
  for (const fs::path& folder : folders) {
    if (fs::exists(folder / program, error)) return (folder / program).string();
  }
  return program;
}

/// Becomes the program. @throws Error(not_found) where it cannot
int become(const Companion& companion, const std::vector<std::string>& arguments) {
  const std::string program = path_of(companion.program);
  std::vector<std::string> words{program};
  if (companion.takes_name) words.emplace_back(companion.name);
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  execvp(program.c_str(), pointers.data());
  throw Error(ErrorCode::not_found, std::string("[") + companion.name + "] the program " + program + " cannot be run: " + std::strerror(errno),
              "build and install vifi with the options train and gstreamer (yaml-cpp, GStreamer), or name its folder in VIFI_PROGRAM_DIR");
}

}  // namespace

void add_companions(CLI::App& program, Action& action) {
  for (const Companion& companion : kCompanions) {
    CLI::App* command = program.add_subcommand(companion.name, companion.about);
    command->set_help_flag();  // all that follows, --help too, is the other program's
    command->set_help_all_flag();
    command->prefix_command();
    command->callback([command, &companion, &action] {
      action = [command, &companion] {
        const std::vector<std::string> words = command->remaining();
#if VIFI_HAVE_MEDIA
        const auto of_timelines = [](const std::string& word) { return word == "--timeline" || word.starts_with("--timeline="); };
        if (companion.name == std::string_view("eval") && std::any_of(words.begin(), words.end(), of_timelines)) {
          return eval_timeline(words);
        }
#endif
        return become(companion, words);
      };
    });
  }
}

}  // namespace vifi::tools
