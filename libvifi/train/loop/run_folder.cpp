#include "loop/run_folder.h"

#include <filesystem>
#include <fstream>
#include <tuple>
#include <utility>

#include "base/atomic_file.h"
#include "vifi/error.h"
#include "vifi/log.h"
#include "weights/torch_archive.h"
#include "weights/torch_writer.h"

namespace vifi::train {
namespace {

namespace fs = std::filesystem;

/// Epoch and step at which a checkpoint goes on; nothing for other files. @throws Error where it is damaged
std::optional<std::pair<std::int64_t, std::int64_t>> place_of(const std::string& path) {
  const TorchValue root = read_torch_value(path);
  const auto* dict = root.as<TorchDict>();
  const auto integer = [](const TorchDict* in, const char* key) -> const std::int64_t* {
    const TorchValue* value = in == nullptr ? nullptr : in->find(key);
    return value == nullptr ? nullptr : value->as<std::int64_t>();
  };
  const std::int64_t* epoch = integer(dict, "epoch");
  if (epoch == nullptr || dict->find("optimizer") == nullptr) {
    return std::nullopt;
  }
  const TorchValue* own = dict->find("vifi");
  const std::int64_t* step = integer(own == nullptr ? nullptr : own->as<TorchDict>(), "step");
  return std::pair(*epoch + 1, step == nullptr ? 0 : *step);
}

}  // namespace

RunFolder::RunFolder(std::string path) : path_(std::move(path)) {
  std::error_code error;
  fs::create_directories(path_, error);
  if (path_.empty() || !fs::is_directory(path_)) {
    throw Error(ErrorCode::unreadable, "[train] output folder \"" + path_ + "\" cannot be made: " + error.message(),
                "name a folder that you may write: --output FOLDER");
  }
}

void RunFolder::save(const std::string& name, const TorchDict& state, const std::string& root) const {
  save_torch_archive((fs::path(path_) / name).string(), state, root);
}

void RunFolder::save_epoch(std::int64_t epoch, const TorchDict& state, bool best) const {
  const std::string stem = "ckpt_epoch_" + std::to_string(epoch);
  save(stem + ".pth", state, stem);
  if (best) {
    save("best.pth", state, stem);
  }
}

void RunFolder::save_interrupted(const TorchDict& state) const { save("interrupted.pth", state, "interrupted"); }

void RunFolder::forget_interrupted() const {
  std::error_code error;
  fs::remove(fs::path(path_) / "interrupted.pth", error);
}

void RunFolder::write_config(const std::string& yaml) const {
  AtomicFile file((fs::path(path_) / "config.yaml").string(), "write configuration");
  file.write(yaml);
  file.commit();
}

void RunFolder::log(const nlohmann::json& line) const {
  std::ofstream file(fs::path(path_) / "log.jsonl", std::ios::app);
  file << line.dump() << '\n';
  if (!file.flush()) {
    vifi::log(LogLevel::warning, "[train] " + path_ + "/log.jsonl cannot be written");
  }
}

std::optional<std::string> newest_checkpoint(const std::string& folder) {
  std::optional<std::string> newest;
  std::pair<std::int64_t, std::int64_t> farthest{-1, -1};
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".pth" || name.starts_with('.') || name == "best.pth") {
      continue;
    }
    try {
      const auto place = place_of(entry.path().string());
      if (place && *place > farthest) {
        farthest = *place;
        newest = entry.path().string();
      }
    } catch (const std::exception& problem) {
      vifi::log(LogLevel::warning, std::string(problem.what()) + "; passed over");
    }
  }
  return newest;
}

}  // namespace vifi::train
