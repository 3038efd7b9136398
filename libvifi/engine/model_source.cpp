#include "model_source.h"

#include <filesystem>

#include "vifi/error.h"
#include "vifi/model_cache.h"

namespace vifi {
namespace {

namespace fs = std::filesystem;

/// "ViT-B-16" for models/ViT-B-16.pt, and for the folder models/ViT-B-16/.
std::string short_name(const fs::path& path) {
  const fs::path clean = path.has_filename() ? path : path.parent_path();
  std::error_code error;
  return fs::is_directory(clean, error) ? clean.filename().string() : clean.stem().string();
}

}  // namespace

ModelSource read_source(const std::string& given) {
  ModelSource source;
  source.path = find_model(given);
  std::error_code error;
  if (!fs::exists(source.path, error)) {
    throw Error(ErrorCode::not_found, "[load model] " + source.path + ": no such file or folder, and no fetched model of that name",
                "give a bundle, its vifi.json or a checkpoint; `vifi fetch --list` names models to download");
  }
  std::string weights = source.path;
  source.name = short_name(source.path);
  if (is_bundle(source.path)) {
    source.bundle = read_bundle(source.path);
    source.name = short_name(source.bundle->folder);
    weights = source.bundle->weights;
    verify_weights(*source.bundle);
    if (!source.bundle->base_weights.empty()) {
      source.method.base = read_checkpoint(source.bundle->base_weights);
    }
    if (source.bundle->activation) {
      source.method.overrides.activation = activation_from(*source.bundle->activation);
    }
    source.method.overrides.preprocess = source.bundle->preprocess;
  }
  source.method.checkpoint = read_checkpoint(weights);
  return source;
}

}  // namespace vifi
