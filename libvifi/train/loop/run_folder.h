#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "vifi/export.h"
#include "weights/torch_value.h"

namespace vifi::train {

/// The folder of one training: checkpoints under the reference's names, config.yaml, and log.jsonl with one JSON object
/// a line.
class VIFI_API RunFolder {
 public:
  /// Makes the folder where it does not exist. @throws Error(unreadable)
  explicit RunFolder(std::string path);

  const std::string& path() const noexcept { return path_; }

  /// `ckpt_epoch_N.pth`, and `best.pth` beside it. Whole or not at all; a full disk leaves what was there.
  void save_epoch(std::int64_t epoch, const TorchDict& state, bool best) const;
  /// `interrupted.pth`: a training that was stopped within an epoch.
  void save_interrupted(const TorchDict& state) const;
  /// Once the epoch is saved, what was interrupted in it is of no use.
  void forget_interrupted() const;

  void write_config(const std::string& yaml) const;
  void log(const nlohmann::json& line) const;

 private:
  void save(const std::string& name, const TorchDict& state, const std::string& root) const;

  std::string path_;
};

/// The checkpoint that stands farthest in the training, of those that can be read; damaged ones are named by a warning
/// and passed over.
VIFI_API std::optional<std::string> newest_checkpoint(const std::string& folder);

}  // namespace vifi::train
