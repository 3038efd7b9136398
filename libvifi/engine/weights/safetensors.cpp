#include "weights/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "weights/tensor_view.h"
#include "weights/weights_error.h"

namespace vifi {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

constexpr std::uint64_t kMaxHeaderSize = 100'000'000;  // the format's own limit
constexpr std::size_t kPrefixSize = sizeof(std::uint64_t);
constexpr std::size_t kMaxDimensions = 64;

std::optional<at::ScalarType> dtype_from(std::string_view name) {
  static constexpr std::pair<std::string_view, at::ScalarType> kTypes[] = {
      {"F64", at::kDouble},     {"F32", at::kFloat},          {"F16", at::kHalf},
      {"BF16", at::kBFloat16},  {"I64", at::kLong},           {"I32", at::kInt},
      {"I16", at::kShort},      {"I8", at::kChar},            {"U8", at::kByte},
      {"BOOL", at::kBool},      {"U64", at::kUInt64},         {"U32", at::kUInt32},
      {"U16", at::kUInt16},     {"C64", at::kComplexFloat},   {"F8_E4M3", at::kFloat8_e4m3fn},
      {"F8_E5M2", at::kFloat8_e5m2}};
  for (const auto& [known, type] : kTypes) {
    if (known == name) {
      return type;
    }
  }
  return std::nullopt;
}

/// One line of the header.
struct Entry {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;  ///< bytes from the start of the data
  std::uint64_t end = 0;
};

class Reader {
 public:
  explicit Reader(const std::shared_ptr<const MappedFile>& file) : file_(file), bytes_(file->bytes()) {}

  TensorMap read() {
    std::vector<Entry> entries;
    const nlohmann::json header = read_header();
    for (const auto& [name, value] : header.items()) {
      if (name != "__metadata__") {
        entries.push_back(entry_from(name, value));
      }
    }
    check_ranges(entries);
    TensorMap tensors;
    for (const Entry& entry : entries) {
      tensors.emplace(entry.name, tensor_of(entry));
    }
    return tensors;
  }

 private:
  [[noreturn]] void refuse(WeightsErrorKind kind, const std::string& what) const {
    throw WeightsError(kind, file_->path() + ": " + what,
                       kind == WeightsErrorKind::unsupported ? "" : "the file is damaged: copy or download it again");
  }

  nlohmann::json read_header() {
    if (bytes_.size() < kPrefixSize) {
      refuse(WeightsErrorKind::truncated,
             std::to_string(bytes_.size()) + " bytes, a safetensors file has at least " + std::to_string(kPrefixSize));
    }
    std::uint64_t size = 0;
    std::memcpy(&size, bytes_.data(), kPrefixSize);
    if (size > kMaxHeaderSize) {
      refuse(WeightsErrorKind::corrupt, "header of " + std::to_string(size) + " bytes, at most " +
                                            std::to_string(kMaxHeaderSize) + " are allowed");
    }
    if (size > bytes_.size() - kPrefixSize) {
      refuse(WeightsErrorKind::truncated, "header of " + std::to_string(size) + " bytes in a file of " +
                                              std::to_string(bytes_.size()));
    }
    data_ = bytes_.subspan(kPrefixSize + size);
    const std::string_view text(reinterpret_cast<const char*>(bytes_.data()) + kPrefixSize, size);
    try {
      nlohmann::json header = parse_json(text);
      if (header.is_object()) {
        return header;
      }
    } catch (const std::invalid_argument& e) {
      refuse(WeightsErrorKind::corrupt, std::string("header: ") + e.what());
    }
    refuse(WeightsErrorKind::corrupt, "the header is not a JSON object");
  }

  Entry entry_from(const std::string& name, const nlohmann::json& value) const {
    const auto wrong = [&](const std::string& what) { refuse(WeightsErrorKind::corrupt, "tensor " + name + ": " + what); };
    if (!value.is_object() || !value.contains("dtype") || !value.contains("shape") ||
        !value.contains("data_offsets")) {
      wrong("needs dtype, shape and data_offsets");
    }
    const auto& dtype = value.at("dtype");
    const auto& shape = value.at("shape");
    const auto& offsets = value.at("data_offsets");
    const auto is_size = [](const nlohmann::json& v) {
      return v.is_number_unsigned() && v.get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX);
    };
    if (!dtype.is_string()) {
      wrong("dtype is not a string");
    }
    if (!shape.is_array() || shape.size() > kMaxDimensions || !std::all_of(shape.begin(), shape.end(), is_size)) {
      wrong("shape is not a list of sizes");
    }
    if (!offsets.is_array() || offsets.size() != 2 || !std::all_of(offsets.begin(), offsets.end(), is_size)) {
      wrong("data_offsets are not two positions");
    }
    return {name, dtype, shape, offsets[0], offsets[1]};
  }

  /// Every byte of the data belongs to exactly one tensor.
  void check_ranges(std::vector<Entry>& entries) const {
    for (const Entry& entry : entries) {
      if (entry.begin <= entry.end && entry.end > data_.size()) {
        refuse(WeightsErrorKind::truncated, "tensor " + entry.name + " ends at byte " + std::to_string(entry.end) +
                                                " of the data, which has " + std::to_string(data_.size()));
      }
    }
    for (const Entry& entry : entries) {
      const auto count = element_count(entry.shape);
      const auto dtype = dtype_from(entry.dtype);
      std::int64_t size = 0;
      if (!count || (dtype && __builtin_mul_overflow(*count, c10::elementSize(*dtype), &size))) {
        refuse(WeightsErrorKind::corrupt, "tensor " + entry.name + ": its shape exceeds all memory");
      }
      if (entry.end < entry.begin || (dtype && entry.end - entry.begin != static_cast<std::uint64_t>(size))) {
        refuse(WeightsErrorKind::corrupt, "tensor " + entry.name + ": bytes " + std::to_string(entry.begin) + " to " +
                                              std::to_string(entry.end) + " for " + std::to_string(*count) + " " +
                                              entry.dtype);
      }
    }
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
    std::uint64_t reached = 0;
    for (const Entry& entry : entries) {
      if (entry.begin != reached) {
        refuse(WeightsErrorKind::corrupt, "tensor " + entry.name + " begins at byte " + std::to_string(entry.begin) +
                                              ", the one before it ends at " + std::to_string(reached));
      }
      reached = entry.end;
    }
    if (reached != data_.size()) {
      refuse(WeightsErrorKind::corrupt, std::to_string(data_.size() - reached) + " bytes belong to no tensor");
    }
  }

  at::Tensor tensor_of(const Entry& entry) const {
    const auto dtype = dtype_from(entry.dtype);
    if (!dtype) {
      refuse(WeightsErrorKind::unsupported, "tensor " + entry.name + " is of the unknown type " + entry.dtype);
    }
    const StoredBytes stored{file_, data_.subspan(entry.begin, entry.end - entry.begin)};
    return view_of(aligned(stored, c10::elementSize(*dtype)), *dtype, entry.shape, row_major_strides(entry.shape), 0);
  }

  std::shared_ptr<const MappedFile> file_;
  std::span<std::byte> bytes_;
  std::span<std::byte> data_;  // after the header
};

}  // namespace

TensorMap read_safetensors(const std::shared_ptr<const MappedFile>& file) { return Reader(file).read(); }

}  // namespace vifi
