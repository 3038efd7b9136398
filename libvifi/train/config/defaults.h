#pragma once

#include <nlohmann/json.hpp>

namespace vifi::train {

/// The reference's keys with its values. Data: which methods there are and what they need stands in their recipes.
const nlohmann::json& default_config();

/// Keys that the reference lacks, with the values that do as it does. They may be set, and stand in a resolved
/// configuration where they were.
const nlohmann::json& own_config();

}  // namespace vifi::train
