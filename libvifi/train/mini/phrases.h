#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "vifi/export.h"

namespace vifi::train::mini {

enum class Facing { free, left, right, random };

/// One action of the miniature world. Parameters say which form of its family it is ("x": "left").
struct Phrase {
  std::string name;
  std::string split;   ///< base, temporal, novel, zero_shot, aux
  std::string family;
  std::map<std::string, std::string> params;
  Facing facing = Facing::free;
  bool in_pretraining = false;
  bool in_finetuning = false;
  bool demo = false;
  bool heldin = false;          ///< of 24 held-in labels that are easy to tell apart
  std::string time_order_pair;  ///< shows the same frames in the other order; empty: none

  /// A parameter's text; empty where there is none.
  std::string_view param(std::string_view key) const;
  bool is(std::string_view key, std::string_view value) const { return param(key) == value; }
};

/// All 174, in order.
VIFI_API const std::vector<Phrase>& phrases();

/// Positions in phrases(). @param list  a split, or "finetune", "pretraining", "demo", "heldin24", "all"
/// @throws Error(invalid_argument) for any other
VIFI_API std::vector<std::size_t> phrase_list(std::string_view list);

}  // namespace vifi::train::mini
