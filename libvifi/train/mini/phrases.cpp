#include "mini/phrases.h"

#include <fmt/format.h>

#include "base/json.h"
#include "mini/data_paths.h"  // made by the build
#include "vifi/error.h"

// clang-format off
asm(".pushsection .rodata\n"
    ".hidden vifi_mini_phrases_begin\n"
    ".globl vifi_mini_phrases_begin\n"
    ".hidden vifi_mini_phrases_end\n"
    ".globl vifi_mini_phrases_end\n"
    "vifi_mini_phrases_begin:\n"
    ".incbin \"" VIFI_MINI_PHRASES_PATH "\"\n"
    "vifi_mini_phrases_end:\n"
    ".byte 0\n"
    ".popsection\n");
// clang-format on
extern "C" {
extern const char vifi_mini_phrases_begin[];
extern const char vifi_mini_phrases_end[];
}

namespace vifi::train::mini {
namespace {

Facing facing_from(const std::string& text) {
  if (text == "left") return Facing::left;
  if (text == "right") return Facing::right;
  return text == "random" ? Facing::random : Facing::free;
}

std::vector<Phrase> parsed() {
  const auto json = parse_json({vifi_mini_phrases_begin, vifi_mini_phrases_end});
  std::vector<Phrase> all;
  for (const auto& item : json.at("phrases")) {
    Phrase phrase;
    phrase.name = item.at("name");
    phrase.split = item.at("split");
    phrase.family = item.at("family");
    for (const auto& [key, value] : item.at("params").items()) {
      phrase.params[key] = value.is_string() ? value.get<std::string>() : value.dump();
    }
    phrase.facing = facing_from(item.at("facing"));
    phrase.in_pretraining = item.value("in_pretraining", false);
    phrase.in_finetuning = item.value("in_finetuning", false);
    phrase.demo = item.value("demo", false);
    phrase.heldin = item.value("heldin", false);
    phrase.time_order_pair = item.value("time_order_pair", "");
    all.push_back(std::move(phrase));
  }
  return all;
}

}  // namespace

std::string_view Phrase::param(std::string_view key) const {
  const auto found = params.find(std::string(key));
  return found == params.end() ? std::string_view() : std::string_view(found->second);
}

const std::vector<Phrase>& phrases() {
  static const std::vector<Phrase> all = parsed();
  return all;
}

std::vector<std::size_t> phrase_list(std::string_view list) {
  std::vector<std::size_t> chosen;
  const auto& all = phrases();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Phrase& phrase = all[i];
    const bool wanted = list == "all" || phrase.split == list || (list == "finetune" && phrase.in_finetuning) ||
                        (list == "pretraining" && phrase.in_pretraining) || (list == "demo" && phrase.demo) ||
                        (list == "heldin24" && phrase.heldin);
    if (wanted) chosen.push_back(i);
  }
  if (chosen.empty()) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[mini] there is no list of phrases named \"{}\"", list),
                "base, temporal, novel, zero_shot, aux, finetune, pretraining, demo, heldin24 or all");
  }
  return chosen;
}

}  // namespace vifi::train::mini
