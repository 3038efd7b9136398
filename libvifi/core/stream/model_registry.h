#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "vifi/model_host.h"

namespace vifi {

/// Finds the running host of equal options, as long as somebody holds it. Any thread; a model that is being loaded
/// is waited for, others are not.
class ModelRegistry {
 public:
  using Load = std::function<std::shared_ptr<Model>(const ModelOptions&)>;

  explicit ModelRegistry(Load load) : load_(std::move(load)) {}

  /// @throws what `load` throws
  std::shared_ptr<ModelHost> get(ModelOptions model, const HostOptions& host, std::string_view instance_id);

 private:
  struct Entry {
    ModelOptions model;
    HostOptions host;
    std::string instance_id;
    std::mutex loading;               // protects running; held while the model loads
    std::weak_ptr<ModelHost> running;
  };

  std::shared_ptr<Entry> entry_of(const ModelOptions& model, const HostOptions& host, std::string_view instance_id);

  Load load_;
  std::mutex mutex_;  // protects entries_; never taken with `loading` held
  std::vector<std::shared_ptr<Entry>> entries_;
};

}  // namespace vifi
