#include "weights/safetensors_writer.h"

#include <cstdint>
#include <span>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "vifi/error.h"

namespace vifi {
namespace {

std::string_view dtype_name(const std::string& name, at::ScalarType type) {
  static constexpr std::pair<at::ScalarType, std::string_view> kTypes[] = {
      {at::kDouble, "F64"}, {at::kFloat, "F32"}, {at::kHalf, "F16"}, {at::kBFloat16, "BF16"}, {at::kLong, "I64"},
      {at::kInt, "I32"},    {at::kShort, "I16"}, {at::kChar, "I8"},  {at::kByte, "U8"},       {at::kBool, "BOOL"}};
  for (const auto& [known, text] : kTypes) {
    if (known == type) {
      return text;
    }
  }
  throw Error(ErrorCode::unsupported, "[safetensors] " + name + " holds " + std::string(c10::toString(type)) +
                                          " values, which are not written");
}

}  // namespace

void write_safetensors(AtomicFile& file, const NamedTensors& tensors) {
  constexpr std::size_t kAlignment = 64;
  nlohmann::ordered_json header{{"__metadata__", {{"format", "pt"}}}};  // transformers asks for it
  std::uint64_t end = 0;
  for (const auto& [name, tensor] : tensors) {
    const std::uint64_t begin = end;
    end += tensor.nbytes();
    header[name] = {{"dtype", dtype_name(name, tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {begin, end}}};
  }
  std::string text = header.dump();
  const std::size_t prefix = sizeof(std::uint64_t);
  text.append((kAlignment - (prefix + text.size()) % kAlignment) % kAlignment, ' ');
  const std::uint64_t size = text.size();
  file.write(std::as_bytes(std::span(&size, 1)));
  file.write(text);
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor values = tensor.detach().to(at::kCPU).contiguous();
    file.write({static_cast<const std::byte*>(values.const_data_ptr()), values.nbytes()});
  }
}

}  // namespace vifi
