#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include "export.h"
#include "vifi/preprocess.h"

namespace vifi {

/// Tensors by name.
using TensorMap = std::map<std::string, at::Tensor>;

/// The tensors of a parameter file or folder as they are stored: names, types and strides untouched.
/// Most are views of the mapped file, which lives as long as the last of them; writing to one never reaches the file.
struct Checkpoint {
  std::string path;
  /// "safetensors", "torch" (torch.save) or "torchscript"
  std::string container;
  /// The entry of the pickled dict that held the tensors ("state_dict", "model", …); empty: the dict itself.
  std::string entry;
  /// Names of the entries beside it ("epoch", "optimizer", …).
  std::set<std::string> other_entries;
  TensorMap tensors;
  /// How the training that wrote the file prepared frames; empty: the file does not say.
  std::optional<PreprocessSpec> preprocess;
  /// Content of config.json or open_clip_config.json beside the weights; null: there is none.
  nlohmann::json config;
  std::string config_path;  ///< where `config` was read; empty: nowhere
};

/// Reads safetensors files, ZIP archives of torch.save, TorchScript archives (whose code is never run), and folders as
/// Hugging Face and open_clip publish them. What a file is, is found from its content, never from its name. Nothing
/// in a pickle is executed.
/// @throws WeightsError; Error(unreadable) where the system refuses to open the file
VIFI_ENGINE_API Checkpoint read_checkpoint(const std::string& path);

}  // namespace vifi
