#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "vifi/export.h"

namespace vifi {

/// Parses JSON from an untrusted source: at most 64 levels deep, no name twice in an object, nothing after the value.
/// @throws std::invalid_argument with the reason and its place in the text; the caller adds the file's name
VIFI_API nlohmann::json parse_json(std::string_view text);

}  // namespace vifi
