#pragma once

#include <nlohmann/json.hpp>

namespace vifi::train {

/// The reference's keys with its values. Data: which methods there are and what they need stands in their recipes.
const nlohmann::json& default_config();

}  // namespace vifi::train
