#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <ATen/core/Tensor.h>

#include "export.h"

namespace vifi {

struct TorchValue;

using TorchList = std::vector<TorchValue>;

struct TorchTuple {
  TorchList items;
};

/// Pairs in the order in which they were put in, as Python's dicts keep them.
struct VIFI_ENGINE_API TorchDict {
  std::vector<std::pair<TorchValue, TorchValue>> items;
  bool ordered = false;  ///< a collections.OrderedDict, as torch's state_dict() makes it; else a plain dict

  /// Appends; the key must be new.
  void add(TorchValue key, TorchValue value);
  /// The value under a text key, or null.
  const TorchValue* find(std::string_view key) const;
};

/// What torch.save stores and `torch.load(weights_only=True)` gives back: None, bool, int, float, str, a tensor, or a
/// list, tuple or dict of these.
///
///     TorchDict model;
///     model.ordered = true;
///     model.add("module.logit_scale", logit_scale);
///     TorchDict group;
///     group.add("lr", 8e-6);
///     group.add("betas", TorchTuple{{0.9, 0.98}});
///     TorchDict checkpoint;
///     checkpoint.add("model", std::move(model));
///     checkpoint.add("param_groups", TorchList{std::move(group)});
///     checkpoint.add("epoch", 3);
///     save_torch_archive("ckpt_epoch_3.pth", checkpoint);
struct TorchValue {
  TorchValue() = default;  ///< None
  template <std::integral T>
  TorchValue(T number) {
    if constexpr (std::same_as<T, bool>) {
      value = number;
    } else {
      value = static_cast<std::int64_t>(number);
    }
  }
  TorchValue(double number) : value(number) {}
  TorchValue(const char* text) : value(std::string(text)) {}
  TorchValue(std::string text) : value(std::move(text)) {}
  TorchValue(at::Tensor tensor) : value(std::move(tensor)) {}
  TorchValue(TorchList list) : value(std::move(list)) {}
  TorchValue(TorchTuple tuple) : value(std::move(tuple)) {}
  TorchValue(TorchDict dict) : value(std::move(dict)) {}

  /// Null where the value is of another type: `const auto* epoch = value.as<std::int64_t>()`.
  template <typename T>
  const T* as() const noexcept {
    return std::get_if<T>(&value);
  }

  std::variant<std::monostate, bool, std::int64_t, double, std::string, at::Tensor, TorchList, TorchTuple, TorchDict>
      value;
};

}  // namespace vifi
