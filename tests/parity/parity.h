#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace vifi::parity {

/// A tensor of a golden case: little-endian, row-major, host memory.
struct Tensor {
  std::string dtype;                 ///< safetensors' name: "F32", "I64", "U8", "I32", …
  std::vector<std::int64_t> shape;
  std::vector<std::byte> data;

  std::int64_t count() const;
  template <typename T>
  std::span<const T> as() const {    ///< @throws std::runtime_error if T does not fit the dtype
    check_dtype(sizeof(T));
    return {reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)};
  }

 private:
  void check_dtype(std::size_t element_size) const;
};

template <typename T>
Tensor make_tensor(std::string dtype, std::vector<std::int64_t> shape, std::span<const T> values) {
  Tensor tensor{std::move(dtype), std::move(shape), std::vector<std::byte>(values.size_bytes())};
  std::memcpy(tensor.data.data(), values.data(), values.size_bytes());
  return tensor;
}

/// One golden case: what goes in.
struct Case {
  std::filesystem::path folder;
  nlohmann::json params;
  std::map<std::string, Tensor> inputs;             ///< names without "in/"
  std::map<std::string, std::filesystem::path> files;  ///< absolute
};

/// What an operation computed, compared with the case's `expect`.
struct Output {
  std::map<std::string, Tensor> tensors;            ///< names without "out/"
  nlohmann::json values = nlohmann::json::object();
};

/// The operation refused its input with one of the format's own kinds ("too_long", …). An Error of the library
/// thrown by an operation counts as its code's name.
struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;          ///< what() is the kind
  Refused(const std::string& kind, std::string text) : std::runtime_error(kind), message(std::move(text)) {}
  std::string message;                              ///< what the user reads, for `message_contains`; may be empty
};
/// The operation cannot do this case (it counts as unsupported, not as failed).
struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

using Operation = std::function<Output(const Case&)>;

/// Makes `op` known. Each ops_NAME.cpp calls it from its function `register_NAME_operations()`, which main() calls;
/// meson.build picks up the files that exist and whose libraries this build has.
void register_operation(const std::string& op, Operation operation);

void register_text_operations();     // ops_text.cpp: core
void register_sentencepiece_operations();  // ops_sentencepiece.cpp: core
void register_video_operations();    // ops_video.cpp: core
void register_weights_operations();  // ops_weights.cpp: engine
void register_engine_operations();   // ops_engine.cpp: engine
void register_train_config_operations();  // ops_train_config.cpp: train, without libtorch
void register_train_steps_operations();   // ops_train_steps.cpp: train
void register_vifi_clip_operations();  // ops_vifi_clip.cpp: engine

}  // namespace vifi::parity
