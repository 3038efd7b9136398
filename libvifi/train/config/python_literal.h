#pragma once

#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

#include "vifi/export.h"

namespace vifi::train {

/// The value of a text that is a literal of Python: number, quoted text, True, False, None, list or tuple (both become
/// arrays). Nothing for any other text: yacs keeps that as it is (ast.literal_eval).
VIFI_API std::optional<nlohmann::json> python_literal(std::string_view text);

}  // namespace vifi::train
