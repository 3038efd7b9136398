#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "weights/tensor_view.h"
#include "weights/unpickler.h"
#include "weights/zip_archive.h"

namespace vifi {

/// Gives meaning to the few calls that a pickle of tensors needs: it makes storages and tensors, knows inert
/// constructors, and takes note of everything else, which is reported once the pickle was read to its end (a
/// malformed pickle is the graver finding).
class TorchCalls : public PickleHost {
 public:
  /// @param root  folder of the archive with its slash: records lie under `root`data/
  TorchCalls(const ZipArchive& archive, std::string root);

  PickleValue persistent(const PickleValue& id, std::string_view label) override;
  PickleValue call(std::string_view function, const PickleValue& arguments, std::string_view label) override;
  void unsupported(const std::string& what) override;

  /// @throws WeightsError(forbidden_pickle, unsupported) for the first of what was noted
  void report() const;

  const at::Tensor& tensor(const PickleValue& value) const {
    return tensors_.at(static_cast<std::size_t>(value.integer));
  }

 private:
  struct Storage {
    StoredBytes stored;
    at::ScalarType dtype = at::kFloat;
    std::int64_t elements = 0;
  };

  [[noreturn]] void corrupt(std::string_view label, const std::string& what) const;
  StoredBytes record(const std::string& key, std::string_view label) const;
  PickleValue rebuild_tensor(const PickleValue& arguments, std::string_view label);
  std::vector<std::int64_t> sizes_of(const PickleValue& value, std::string_view label) const;
  void count_bytes(std::int64_t bytes, std::string_view label);

  const ZipArchive& archive_;
  std::string root_;
  std::vector<Storage> storages_;
  std::vector<at::Tensor> tensors_;
  std::int64_t viewed_bytes_ = 0;
  std::string forbidden_;    // the first one; empty: none
  std::string unsupported_;
};

}  // namespace vifi
