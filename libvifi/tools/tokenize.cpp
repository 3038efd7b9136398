#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <span>

#include "commands.h"
#include "vifi/tokenizer.h"

namespace vifi::tools {
namespace {

struct Arguments {
  std::vector<std::string> texts;
  int context_length = 77;
  bool truncate = false;
  bool json = false;
};

std::vector<std::string> lines_of(std::istream& in) {
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

int tokenize(const Arguments& arguments) {
  const std::vector<std::string> texts = arguments.texts.empty() ? lines_of(std::cin) : arguments.texts;
  const TokenBatch batch = clip_tokenizer()->encode(texts, arguments.context_length, arguments.truncate);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto ids = std::span(batch.ids).subspan(i * static_cast<std::size_t>(batch.length),
                                                  static_cast<std::size_t>(batch.used[i]));
    if (arguments.json) {
      nlohmann::ordered_json line{{"text", texts[i]}, {"ids", std::vector(ids.begin(), ids.end())}};
      std::cout << line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
    } else {
      std::cout << fmt::format("{}\n", fmt::join(ids, " "));
    }
  }
  return kDone;
}

}  // namespace

void add_tokenize(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("tokenize", "Show the token ids of texts (CLIP's vocabulary)");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("TEXT", arguments->texts, "Texts; without any, the lines of standard input");
  command->add_option("--context-length", arguments->context_length, "Most tokens of a text, start and end included")
      ->check(within(2, 1'000'000))
      ->type_name("N")
      ->capture_default_str();
  command->add_flag("--truncate", arguments->truncate, "Cut longer texts instead of refusing them");
  command->add_flag("--json", arguments->json, "One JSON object a line: text, ids");
  command->footer("Example:\n  vifi tokenize 'a photo of a playing a guitar.'");
  command->callback([arguments, &action] { action = [arguments] { return tokenize(*arguments); }; });
}

}  // namespace vifi::tools
