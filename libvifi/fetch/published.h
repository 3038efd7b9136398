#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "vifi/fetch.h"

namespace vifi {

/// The published model of this name, whatever its capitals; nullptr where there is none.
const PublishedModel* published_model(std::string_view name);

/// What a vifi.json says of a published model besides its weights: how pictures and prompts are prepared for it.
nlohmann::ordered_json published_bundle(const PublishedModel& model);

}  // namespace vifi
