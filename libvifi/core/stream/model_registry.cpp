#include "stream/model_registry.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "vifi/model_cache.h"

namespace vifi {
namespace {

/// One spelling for each model: absolute, without links, a bundle by its folder. As given where that fails: loading
/// will say why.
std::string canonical(const std::string& path) {
  std::error_code error;
  std::filesystem::path result = std::filesystem::absolute(path, error);  // weakly_canonical keeps what is not there
  if (!error) {
    result = std::filesystem::weakly_canonical(result, error);
  }
  if (error) {
    return path;
  }
  if (!result.has_filename()) {  // a trailing slash
    result = result.parent_path();
  }
  return result.filename() == "vifi.json" ? result.parent_path().string() : result.string();
}

}  // namespace

std::shared_ptr<ModelHost> ModelRegistry::get(ModelOptions model, const HostOptions& host,
                                              std::string_view instance_id) {
  model.path = canonical(find_model(model.path));
  const std::shared_ptr<Entry> entry = entry_of(model, host, instance_id);
  std::lock_guard lock(entry->loading);
  std::shared_ptr<ModelHost> running = entry->running.lock();
  if (!running) {
    running = std::make_shared<ModelHost>(load_(model), host);
    entry->running = running;
  }
  return running;
}

std::shared_ptr<ModelRegistry::Entry> ModelRegistry::entry_of(const ModelOptions& model, const HostOptions& host,
                                                              std::string_view instance_id) {
  std::lock_guard lock(mutex_);
  // An entry that only this list holds is not being loaded, and nobody can begin to while the list is locked.
  std::erase_if(entries_, [](const auto& entry) { return entry.use_count() == 1 && entry->running.expired(); });
  for (const auto& entry : entries_) {
    if (entry->model == model && entry->host == host && entry->instance_id == instance_id) {
      return entry;
    }
  }
  auto entry = std::make_shared<Entry>();
  entry->model = model;
  entry->host = host;
  entry->instance_id = instance_id;
  entries_.push_back(entry);
  return entry;
}

}  // namespace vifi
