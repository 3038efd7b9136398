#include <algorithm>
#include <array>

#include "methods/method.h"
#include "methods/pe_core/pe_core.h"
#include "methods/siglip/siglip.h"
#include "methods/vifi_clip/vifi_clip.h"
#include "vifi/error.h"

namespace vifi {
namespace {

/// In the order in which they are asked whether weights are theirs; the last one takes what is left.
const std::array kMethods{siglip_entry(), pe_core_entry(), vifi_clip_entry()};

}  // namespace

Method::~Method() = default;

std::unique_ptr<Method> create_method(std::string_view name, const MethodSource& source, const TowerOptions& options) {
  const auto* found = std::find_if(kMethods.begin(), kMethods.end(), [&](const MethodEntry& entry) {
    return name.empty() ? entry.detect(source.checkpoint) : entry.name == name;
  });
  if (found != kMethods.end()) {
    return found->create(source, options);
  }
  if (name.empty()) {
    return kMethods.back().create(source, options);
  }
  std::string known;
  for (const MethodEntry& entry : kMethods) {
    known += (known.empty() ? "" : ", ") + std::string(entry.name);
  }
  throw Error(ErrorCode::unsupported,
              "[load model] method \"" + std::string(name) + "\": expected one of " + known, "correct \"method\" in vifi.json");
}

}  // namespace vifi
