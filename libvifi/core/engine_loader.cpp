#include "engine_loader.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "install_paths.h"
#include "vifi/error.h"

namespace vifi {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEngineFile = "libvifi-torch.so";
constexpr const char* kCure = "run setup.sh, or set VIFI_ENGINE_DIR to the folder of libvifi-torch.so";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// The folder of the file that this code was loaded from; empty if that cannot be told.
fs::path own_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&engine_folders), &info) == 0 || !info.dli_fname) {
    return {};
  }
  std::error_code error;
  const fs::path file = fs::canonical(info.dli_fname, error);
  return error ? fs::path() : file.parent_path();
}

std::string joined(const std::vector<std::string>& folders) {
  std::string text;
  for (const auto& folder : folders) {
    text += (text.empty() ? "" : ", ") + folder;
  }
  return text;
}

}  // namespace

std::vector<std::string> engine_folders() {
  if (const std::string chosen = environment("VIFI_ENGINE_DIR"); !chosen.empty()) {
    return {chosen};
  }
  std::vector<std::string> folders{install_paths::kEngineDir};
  if (const fs::path folder = own_folder(); !folder.empty() && folder / "vifi" != folders.front()) {
    folders.push_back(folder / "vifi");
  }
  return folders;
}

Engine& open_engine(const std::vector<std::string>& folders) {
  fs::path file;
  for (const auto& folder : folders) {
    std::error_code error;
    if (fs::path candidate = fs::path(folder) / kEngineFile; fs::exists(candidate, error)) {
      file = std::move(candidate);
      break;
    }
  }
  if (file.empty()) {
    throw Error(ErrorCode::not_found,
                std::string("[open engine] ") + kEngineFile + ": no such file in " + joined(folders), kCure);
  }
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!library) {
    const char* reason = dlerror();
    throw Error(ErrorCode::not_found,
                "[open engine] " + file.string() + " cannot be loaded: " + (reason ? reason : "unknown reason"), kCure);
  }
  const auto open = reinterpret_cast<EngineOpen>(dlsym(library, "vifi_engine_open"));
  Engine* engine = open ? open(kEngineAbi) : nullptr;
  if (!engine) {
    throw Error(ErrorCode::unsupported,
                "[open engine] " + file.string() + ": expected an engine with interface " + std::to_string(kEngineAbi) +
                    (open ? ", got one of another version" : ", got a library without vifi_engine_open"),
                "install libvifi and its engine from the same release");
  }
  return *engine;
}

Engine& engine() {
  static std::mutex mutex;  // protects opened; a failed attempt may be repeated
  static Engine* opened = nullptr;
  std::lock_guard lock(mutex);
  if (!opened) {
    opened = &open_engine(engine_folders());
  }
  return *opened;
}

std::shared_ptr<Model> load_model(const ModelOptions& options) { return engine().load_model(options); }

std::string default_model_path() {
  if (std::string chosen = environment("VIFI_DEFAULT_MODEL"); !chosen.empty()) {
    return chosen;
  }
  const fs::path installed = fs::path(install_paths::kModelDir) / "mini";
  std::error_code error;
  if (fs::exists(installed, error)) {
    return installed;
  }
  // A tree that was moved: libvifi.so lies one or two folders (multiarch) below the prefix.
  const fs::path folder = own_folder();
  for (const fs::path& prefix : {folder.parent_path(), folder.parent_path().parent_path()}) {
    if (fs::path moved = prefix / "share/vifi/models/mini"; fs::exists(moved, error)) {
      return moved;
    }
  }
  return installed;
}

}  // namespace vifi
