#pragma once

#include <optional>
#include <string>

#include "methods/method.h"
#include "vifi/bundle.h"

namespace vifi {

/// What a path names, read but not yet built.
struct ModelSource {
  std::string path;  ///< as given, or the default model's
  std::string name;  ///< short: the bundle's folder or the checkpoint's stem
  std::optional<Bundle> bundle;
  MethodSource method;
};

/// @param path  a bundle folder, its vifi.json, a checkpoint, or a fetched model's name; empty: `default_model_path()`
/// @throws Error, WeightsError
ModelSource read_source(const std::string& path);

}  // namespace vifi
