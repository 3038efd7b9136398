#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mini/clip.h"
#include "vifi/export.h"

namespace vifi::train::mini {

/// What is known of one picture of pretraining.
struct ImageFacts {
  enum class Content { empty, prop, idle, action };

  Content content = Content::action;
  SceneKind scene = SceneKind::plain;
  std::size_t prop = 0;           ///< position in prop_names()
  int phrase = -1;                ///< position in phrases(); -1: no action
  std::size_t shirt = 0;          ///< positions in kColors
  std::size_t trousers = 0;
  bool person = false;
  std::array<float, 22> joints{}; ///< x, y of JointPlaces in parts of the 64 x 64 input
};

/// Draws pictures by their number: 3 % empty scenes, 3 % things, 4 % idle persons, else actions of a list. One thread.
class VIFI_API ImageMaker {
 public:
  /// @param list     phrase_list's name
  /// @param closest  short side of the closest frame of which a square is shown; 64: always the middle of the whole height
  explicit ImageMaker(std::uint64_t seed, const std::string& list = "pretraining", int closest = kInputSize);
  /// @param out  [3, 64, 64] 8-bit RGB
  ImageFacts make(std::uint64_t number, std::span<std::uint8_t> out);

 private:
  std::uint64_t seed_;
  int closest_;
  Renderer renderer_;
  Reducer reducer_;
  std::vector<std::size_t> phrases_;
  std::vector<std::uint8_t> rgb_;
};

/// A caption in one of many wordings: 60 % the phrase, 25 % a part of it, 15 % clothes and scene alone.
VIFI_API std::string caption_of(const ImageFacts& facts, Random& random);

/// The phrase and what is left of it without one of its modifiers; see captions.cpp.
VIFI_API std::vector<std::string> parts_of_phrase(const std::string& phrase);

/// Wordings without clothes or scene, with `{}` for the phrase.
VIFI_API std::span<const char* const> plain_wordings();

/// Texts in which every word of every caption occurs.
VIFI_API std::vector<std::string> caption_vocabulary();

}  // namespace vifi::train::mini
