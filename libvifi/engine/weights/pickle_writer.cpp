#include "weights/pickle_writer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <string_view>
#include <utility>

#include "text/utf8.h"
#include "vifi/error.h"
#include "weights/tensor_view.h"

namespace vifi {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

// Instructions (Python's pickletools documents each).
constexpr std::string_view kProtocol2("\x80\x02", 2);
constexpr char kMark = '(', kStop = '.', kNone = 'N', kGlobal = 'c', kReduce = 'R', kTuple = 't', kEmptyTuple = ')',
               kEmptyList = ']', kAppends = 'e', kEmptyDict = '}', kSetItems = 'u', kText = 'X', kFloat = 'G',
               kInt8 = 'K', kInt32 = 'J', kLong = '\x8a', kTrue = '\x88', kFalse = '\x89', kPersistentId = 'Q';

/// torch's name for a storage of this type. @throws Error(unsupported)
std::string_view storage_class(at::ScalarType type) {
  static constexpr std::pair<at::ScalarType, std::string_view> kClasses[] = {
      {at::kFloat, "FloatStorage"},       {at::kDouble, "DoubleStorage"}, {at::kHalf, "HalfStorage"},
      {at::kBFloat16, "BFloat16Storage"}, {at::kLong, "LongStorage"},     {at::kInt, "IntStorage"},
      {at::kShort, "ShortStorage"},       {at::kChar, "CharStorage"},     {at::kByte, "ByteStorage"},
      {at::kBool, "BoolStorage"}};
  for (const auto& [known, name] : kClasses) {
    if (known == type) {
      return name;
    }
  }
  throw Error(ErrorCode::unsupported, "[pickle] a tensor of type " + std::string(c10::toString(type)) +
                                          " cannot be stored", "convert it to a usual floating-point or integer type");
}

class Writer {
 public:
  PickledValue write(const TorchValue& value) {
    bytes_ = kProtocol2;
    put(value);
    bytes_ += kStop;
    return {std::move(bytes_), std::move(storages_)};
  }

 private:
  void put(const TorchValue& value) {
    std::visit([this](const auto& item) { put(item); }, value.value);
  }

  void put(std::monostate) { bytes_ += kNone; }
  void put(bool value) { bytes_ += value ? kTrue : kFalse; }

  void put(std::int64_t value) {
    if (value >= 0 && value <= std::numeric_limits<std::uint8_t>::max()) {
      bytes_ += kInt8;
      raw(static_cast<std::uint8_t>(value));
    } else if (value >= std::numeric_limits<std::int32_t>::min() && value <= std::numeric_limits<std::int32_t>::max()) {
      bytes_ += kInt32;
      raw(static_cast<std::int32_t>(value));
    } else {
      bytes_ += kLong;
      raw(static_cast<std::uint8_t>(sizeof(value)));
      raw(value);
    }
  }

  void put(double value) {
    bytes_ += kFloat;
    auto bits = std::bit_cast<std::array<char, sizeof(value)>>(value);
    std::reverse(bits.begin(), bits.end());  // the only number that is big-endian
    bytes_.append(bits.data(), bits.size());
  }

  void put(const std::string& value) {
    if (text::first_invalid_utf8(value)) {
      throw Error(ErrorCode::invalid_argument, "[pickle] the text " + text::in_quotes(value) + " is not UTF-8");
    }
    put_text(value);
  }

  void put(const TorchList& list) {
    bytes_ += kEmptyList;
    put_all(list, kAppends);
  }

  void put(const TorchTuple& tuple) {
    if (tuple.items.empty()) {
      bytes_ += kEmptyTuple;
    } else {
      put_all(tuple.items, kTuple);
    }
  }

  void put(const TorchDict& dict) {
    if (dict.ordered) {
      put_empty_ordered_dict();
    } else {
      bytes_ += kEmptyDict;
    }
    if (dict.items.empty()) {
      return;
    }
    bytes_ += kMark;
    for (const auto& [key, value] : dict.items) {
      put(key);
      put(value);
    }
    bytes_ += kSetItems;
  }

  /// torch._utils._rebuild_tensor_v2(storage, offset, sizes, strides, requires_grad, hooks)
  void put(const at::Tensor& tensor) {
    if (!tensor.defined() || tensor.layout() != at::kStrided) {
      throw Error(ErrorCode::unsupported, "[pickle] a tensor that is not dense cannot be stored");
    }
    put_global("torch._utils", "_rebuild_tensor_v2");
    bytes_ += kMark;
    put_storage(tensor);
    put(std::int64_t{0});
    put_sizes(tensor.sizes());
    put_sizes(row_major_strides(tensor.sizes()));
    put(false);
    put_empty_ordered_dict();
    bytes_ += kTuple;
    bytes_ += kReduce;
  }

  /// ("storage", class, key, device, elements), a reference that the reader resolves
  void put_storage(const at::Tensor& tensor) {
    bytes_ += kMark;
    put_text("storage");
    put_global("torch", storage_class(tensor.scalar_type()));
    put_text(std::to_string(storages_.size()));
    put_text("cpu");
    put(tensor.numel());
    bytes_ += kTuple;
    bytes_ += kPersistentId;
    storages_.push_back(tensor);
  }

  void put_sizes(at::IntArrayRef sizes) {
    put(TorchTuple{TorchList(sizes.begin(), sizes.end())});
  }

  void put_empty_ordered_dict() {
    put_global("collections", "OrderedDict");
    bytes_ += kEmptyTuple;
    bytes_ += kReduce;
  }

  void put_global(std::string_view module, std::string_view name) {
    ((((bytes_ += kGlobal) += module) += '\n') += name) += '\n';
  }

  void put_text(std::string_view value) {
    bytes_ += kText;
    raw(static_cast<std::uint32_t>(value.size()));
    bytes_ += value;
  }

  void put_all(const TorchList& list, char closing) {
    if (list.empty()) {
      return;
    }
    bytes_ += kMark;
    for (const TorchValue& item : list) {
      put(item);
    }
    bytes_ += closing;
  }

  template <typename T>
  void raw(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }

  std::string bytes_;
  std::vector<at::Tensor> storages_;
};

}  // namespace

PickledValue pickle(const TorchValue& value) { return Writer().write(value); }

}  // namespace vifi
