#include "weights/torch_value.h"

#include <algorithm>

namespace vifi {

void TorchDict::add(TorchValue key, TorchValue value) { items.emplace_back(std::move(key), std::move(value)); }

const TorchValue* TorchDict::find(std::string_view key) const {
  const auto found = std::find_if(items.begin(), items.end(), [&](const auto& item) {
    const auto* name = item.first.template as<std::string>();
    return name != nullptr && *name == key;
  });
  return found == items.end() ? nullptr : &found->second;
}

}  // namespace vifi
