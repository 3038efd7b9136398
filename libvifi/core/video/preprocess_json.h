#pragma once

#include <nlohmann/json.hpp>

#include "base/json_object.h"
#include "vifi/export.h"
#include "vifi/preprocess.h"

namespace vifi {

/// A spec as a bundle's "preprocess" holds it (docs/bundle.md), with every key.
VIFI_API nlohmann::ordered_json preprocess_json(const PreprocessSpec& spec);

/// The spec that such an object describes; what it leaves out is CLIP's own.
/// @throws what the object's refusal throws, for values that no spec has
VIFI_API PreprocessSpec preprocess_from(const JsonObject& object);

}  // namespace vifi
