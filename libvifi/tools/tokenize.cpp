#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "commands.h"
#include "vifi/tokenizer.h"

namespace vifi::tools {
namespace {

struct Arguments {
  std::vector<std::string> texts;
  std::string model;
  int context_length = 0;  // 0: what models with this kind of tokenizer take
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
  const auto options = arguments.model.empty() ? std::nullopt : find_sentencepiece(arguments.model);
  const auto tokenizer = options ? sentencepiece_tokenizer(*options) : clip_tokenizer();
  const int usual = options ? 64 : 77;
  const int length = arguments.context_length == 0 ? usual : arguments.context_length;
  const TokenBatch batch = tokenizer->encode(texts, length, arguments.truncate);
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
  CLI::App* command = program.add_subcommand("tokenize", "Show the token ids of texts");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("TEXT", arguments->texts, "Texts; without any, the lines of standard input");
  command->add_option("-m,--model", arguments->model,
                      "Bundle, checkpoint or SentencePiece model whose tokenizer it is [CLIP's vocabulary]")
      ->type_name("PATH");
  command->add_option("--context-length", arguments->context_length,
                      "Most tokens of a text, start and end included [77; SentencePiece 64]")
      ->check(within(2, 1'000'000))
      ->type_name("N");
  command->add_flag("--truncate", arguments->truncate, "Cut longer texts instead of refusing them");
  command->add_flag("--json", arguments->json, "One JSON object a line: text, ids");
  command->footer("Example:\n  vifi tokenize 'a photo of a playing a guitar.'");
  command->callback([arguments, &action] { action = [arguments] { return tokenize(*arguments); }; });
}

}  // namespace vifi::tools
