#include <algorithm>

#include "mini/image.h"

namespace vifi::train::mini {
namespace {

constexpr std::array<const char*, 6> kPlainWordings{"a photo of a person {}.", "a person {}.", "a drawing of a person {}.",
                                                    "{}.", "a photo of a {}.", "a photo of {}."};
constexpr std::array<const char*, 9> kPersonWordings{
    "a photo of a person {}.",  "a person {}.", "a drawing of a person {}.", "a person in a {C} shirt {}.",
    "a person {} in {S}.",      "{}.",          "a photo of a {}.",          "a photo of {}.",
    "a person in {D} trousers is {}."};
constexpr std::array<const char*, 4> kLookWordings{"a person in a {C} shirt.", "a person in a {C} shirt and {D} trousers.",
                                                   "a person in {S}.", "a photo of a person in {D} trousers."};
constexpr std::array<const char*, 3> kEmptyWordings{"a photo of {S}.", "an empty scene in {S}.", "nobody in {S}."};
constexpr std::array<const char*, 3> kPropWordings{"a photo of {}.", "{} in {S}.", "a drawing of {}."};
constexpr const char* kIdle = "standing still";
constexpr std::array<const char*, 6> kScenes{"a plain background", "a smooth background", "a room", "a park", "a rough wall",
                                             "a sports hall"};

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

template <typename List>
const auto& one_of(const List& list, Random& random) {
  return list[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(std::size(list))))];
}

}  // namespace

std::span<const char* const> plain_wordings() { return kPlainWordings; }

std::vector<std::string> parts_of_phrase(const std::string& phrase) {
  std::vector<std::string> parts{phrase};
  const auto without = [&](const std::string& modifier) {
    const std::size_t at = phrase.find(modifier);
    if (at == std::string::npos) return false;
    parts.push_back(std::string(phrase).erase(at, modifier.size()));
    return true;
  };
  for (const char* direction : {" to the left", " to the right"}) without(direction);
  for (const char* carried : {" carrying a box", " with an umbrella", " with a balloon", " with a flag"}) {
    if (without(carried)) parts.emplace_back(carried + 1);
  }
  for (const char* arms : {" with arms up", " with arms at the sides", " with arms stretched sideways", " overhead"}) without(arms);
  for (const char* posture : {"sitting on a chair and ", "kneeling and "}) {
    if (without(posture)) parts.push_back(std::string(posture).substr(0, std::string(posture).size() - 5));
  }
  return parts;
}

std::string caption_of(const ImageFacts& facts, Random& random) {
  const std::string scene = kScenes[static_cast<std::size_t>(facts.scene)];
  const std::string shirt = kColors[facts.shirt].name, trousers = kColors[facts.trousers].name;
  const auto worded = [&](const auto& wordings, const std::string& what) {
    std::string text = one_of(wordings, random);
    text = replaced(text, "{S}", scene);
    text = replaced(text, "{C}", shirt);
    text = replaced(text, "{D}", trousers);
    return replaced(text, "{}", what);
  };
  if (facts.content == ImageFacts::Content::empty) {
    return worded(kEmptyWordings, "");
  }
  if (facts.content == ImageFacts::Content::prop) {
    return worded(kPropWordings, prop_names()[facts.prop]);
  }
  const double kind = random.uniform();
  if (kind < .15) {
    return worded(kLookWordings, "");
  }
  std::string what = facts.phrase < 0 ? kIdle : phrases()[static_cast<std::size_t>(facts.phrase)].name;
  if (kind < .40) what = one_of(parts_of_phrase(what), random);
  return worded(kPersonWordings, what);
}

std::vector<std::string> caption_vocabulary() {
  std::vector<std::string> texts{kIdle};
  const auto add = [&](const auto& wordings) {
    for (std::string text : wordings) {
      for (const char* place : {"{S}", "{C}", "{D}", "{}"}) text = replaced(std::move(text), place, " ");
      texts.push_back(std::move(text));
    }
  };
  add(kPlainWordings);
  add(kPersonWordings);
  add(kLookWordings);
  add(kEmptyWordings);
  add(kPropWordings);
  texts.insert(texts.end(), kScenes.begin(), kScenes.end());
  texts.insert(texts.end(), prop_names().begin(), prop_names().end());
  for (const auto& color : kColors) texts.emplace_back(color.name);
  for (const Phrase& phrase : phrases()) texts.push_back(phrase.name);
  return texts;
}

ImageMaker::ImageMaker(std::uint64_t seed, const std::string& list, int closest)
    : seed_(seed), closest_(closest), renderer_(kSmallWidth, kSmallHeight), phrases_(phrase_list(list)),
      rgb_(3 * kSmallWidth * kSmallHeight) {}

ImageFacts ImageMaker::make(std::uint64_t number, std::span<std::uint8_t> out) {
  constexpr std::uint64_t kSet = 0x696D616765;  // apart from the clips' draws
  Random random({seed_, kSet, number});
  ImageFacts facts;
  const double kind = random.uniform();
  facts.content = kind < .03   ? ImageFacts::Content::empty
                  : kind < .06 ? ImageFacts::Content::prop
                  : kind < .10 ? ImageFacts::Content::idle
                               : ImageFacts::Content::action;
  if (facts.content == ImageFacts::Content::action) facts.phrase = static_cast<int>(one_of(phrases_, random));
  const Phrase* phrase = facts.phrase < 0 ? nullptr : &phrases()[static_cast<std::size_t>(facts.phrase)];
  const double duration = random.uniform(1, 6);
  const double t = random.uniform(0, duration);
  ClipPlan plan = plan_clip(phrase, duration, Domain::image, random);
  facts.person = plan.person = facts.content == ImageFacts::Content::idle || phrase != nullptr;
  facts.scene = plan.scene.kind;
  facts.shirt = plan.look.shirt_name;
  facts.trousers = plan.look.trousers_name;
  JointPlaces places{};
  if (facts.content == ImageFacts::Content::prop) {
    facts.prop = static_cast<std::size_t>(random.below(static_cast<std::int64_t>(prop_names().size())));
    renderer_.draw_prop(plan, facts.prop, rgb_);
  } else {
    places = renderer_.draw(plan, t, rgb_);
  }
  Square square;
  if (closest_ > kInputSize) {
    square = {kInputSize + static_cast<int>(random.below(closest_ - kInputSize + 1)), random.uniform(.25, .75), random.uniform()};
  }
  const Corner corner = reducer_.reduce(rgb_, out, square);
  for (std::size_t i = 0; i < places.size(); ++i) {  // frame heights to parts of the square
    facts.joints[2 * i] = static_cast<float>((square.short_side * places[i].x - corner.x) / kInputSize);
    facts.joints[2 * i + 1] = static_cast<float>((square.short_side * places[i].y - corner.y) / kInputSize);
  }
  return facts;
}

}  // namespace vifi::train::mini
