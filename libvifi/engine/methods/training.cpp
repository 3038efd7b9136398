#include "methods/training.h"

#include <algorithm>
#include <array>

#include "methods/vifi_clip/vifi_clip_training.h"
#include "vifi/error.h"

namespace vifi {
namespace {

struct TrainableEntry {
  std::string_view name;
  std::unique_ptr<Trainable> (*create)(const MethodSource& source, const nlohmann::json& config, std::uint64_t seed);
};

/// The methods that can be trained; the first takes weights that name none.
constexpr std::array kTrainable{TrainableEntry{"vifi-clip", train_vifi_clip}};

}  // namespace

Trainable::~Trainable() = default;

std::unique_ptr<Trainable> create_trainable(std::string_view name, const MethodSource& source,
                                            const nlohmann::json& config, std::uint64_t seed) {
  const auto* found = std::find_if(kTrainable.begin(), kTrainable.end(), [&](const TrainableEntry& entry) {
    return name.empty() || entry.name == name;
  });
  if (found == kTrainable.end()) {
    throw Error(ErrorCode::unsupported, "[train] method \"" + std::string(name) + "\" can be run, but not trained",
                "start from a CLIP's weights");
  }
  return found->create(source, config, seed);
}

}  // namespace vifi
