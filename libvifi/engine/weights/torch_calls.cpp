#include "weights/torch_calls.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "weights/gather.h"
#include "weights/weights_error.h"

namespace vifi {
namespace {

using Kind = PickleValue::Kind;

constexpr std::size_t kMaxDimensions = 64;

std::optional<at::ScalarType> storage_type(std::string_view name) {
  static constexpr std::pair<std::string_view, at::ScalarType> kTypes[] = {
      {"Double", at::kDouble}, {"Float", at::kFloat},   {"Half", at::kHalf},
      {"BFloat16", at::kBFloat16}, {"Long", at::kLong}, {"Int", at::kInt},
      {"Short", at::kShort},   {"Char", at::kChar},     {"Byte", at::kByte},
      {"Bool", at::kBool},     {"ComplexFloat", at::kComplexFloat}, {"ComplexDouble", at::kComplexDouble}};
  for (const std::string_view prefix : {"torch.cuda.", "torch."}) {
    if (name.starts_with(prefix)) {
      name.remove_prefix(prefix.size());
      break;
    }
  }
  for (const auto& [type, dtype] : kTypes) {
    if (name.size() == type.size() + 7 && name.starts_with(type) && name.ends_with("Storage")) {
      return dtype;
    }
  }
  return std::nullopt;
}

bool one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Constructors without an effect that training files contain; their values are of no use here.
bool is_inert(std::string_view function) {
  return one_of(function, {"torch.Size", "torch.device", "numpy.dtype", "numpy.core.multiarray.scalar",
                           "numpy._core.multiarray.scalar", "_codecs.encode", "pathlib.Path", "pathlib.PosixPath",
                           "pathlib.WindowsPath", "pathlib.PurePosixPath", "pathlib.PureWindowsPath",
                           "pathlib._local.PosixPath", "pathlib._local.WindowsPath"});
}

/// Functions of torch that make tensors this build does not read, or lists inside TorchScript modules.
bool is_foreign_tensor(std::string_view function) {
  return one_of(function, {"torch.serialization._get_layout", "torch._tensor._rebuild_from_type_v2"}) ||
         function.starts_with("torch._utils._rebuild_");
}

bool is_torchscript_list(std::string_view function) { return function.starts_with("torch.jit._pickle."); }

}  // namespace

TorchCalls::TorchCalls(const ZipArchive& archive, std::string root) : archive_(archive), root_(std::move(root)) {}

void TorchCalls::unsupported(const std::string& what) {
  if (unsupported_.empty()) {
    unsupported_ = what;
  }
}

void TorchCalls::report() const {
  const std::string& path = archive_.file()->path();
  if (!forbidden_.empty()) {
    throw WeightsError(WeightsErrorKind::forbidden_pickle,
                       path + ": the pickle calls " + forbidden_ + ", which no list of weights needs; nothing was run",
                       "do not load this file with Python either; get it from a source you trust, as safetensors");
  }
  if (!unsupported_.empty()) {
    throw WeightsError(WeightsErrorKind::unsupported, path + ": " + unsupported_,
                       "save the model's state_dict of plain tensors, or safetensors");
  }
}

void TorchCalls::corrupt(std::string_view label, const std::string& what) const {
  throw WeightsError(WeightsErrorKind::corrupt,
                     archive_.file()->path() + ": " + (label.empty() ? "" : "tensor " + std::string(label) + ": ") + what,
                     "the file is damaged: copy or download it again");
}

StoredBytes TorchCalls::record(const std::string& key, std::string_view label) const {
  const auto bytes = archive_.find(root_ + "data/" + key);
  if (!bytes) {
    corrupt(label, "its record " + root_ + "data/" + key + " is not in the archive");
  }
  return {archive_.file(), *bytes};
}

PickleValue TorchCalls::persistent(const PickleValue& id, std::string_view label) {
  // ("storage", class, key, where it was, number of elements)
  const bool form = id.kind == Kind::tuple && id.items.size() == 5 && id.items[0]->kind == Kind::text &&
                    id.items[0]->text == "storage" && id.items[1]->kind == Kind::global &&
                    id.items[2]->kind == Kind::text && id.items[4]->kind == Kind::integer;
  if (!form) {
    corrupt(label, "the pickle refers to a storage in an unknown form");
  }
  const std::string key(id.items[2]->text);
  const std::int64_t elements = id.items[4]->integer;
  const std::string_view type = id.items[1]->text;
  const StoredBytes stored = record(key, label);
  const auto dtype = storage_type(type);
  if (!dtype) {
    unsupported("tensor " + std::string(label) + " is stored as " + std::string(type));
    return {.kind = Kind::opaque, .text = type};
  }
  const auto item = static_cast<std::int64_t>(c10::elementSize(*dtype));
  std::int64_t size = 0;
  if (elements < 0 || __builtin_mul_overflow(elements, item, &size) ||
      static_cast<std::uint64_t>(size) != stored.bytes.size()) {
    corrupt(label, "its record data/" + key + " holds " + std::to_string(stored.bytes.size()) + " bytes, expected " +
                       std::to_string(elements) + " elements of " + std::to_string(item));
  }
  if (reinterpret_cast<std::uintptr_t>(stored.bytes.data()) % static_cast<std::uintptr_t>(item) != 0) {
    count_bytes(size, label);
  }
  storages_.push_back({aligned(stored, static_cast<std::size_t>(item)), *dtype, elements});
  return {.kind = Kind::storage, .integer = static_cast<std::int64_t>(storages_.size()) - 1};
}

PickleValue TorchCalls::call(std::string_view function, const PickleValue& arguments, std::string_view label) {
  if (function == "torch._utils._rebuild_tensor_v2") {
    return rebuild_tensor(arguments, label);
  }
  if (function == "torch._utils._rebuild_parameter") {
    if (arguments.items.empty()) {
      corrupt(label, "a parameter without data");
    }
    return *arguments.items.front();
  }
  if (function == "collections.OrderedDict") {
    PickleValue dict{.kind = Kind::dict};
    if (!arguments.items.empty()) {  // a list of pairs
      for (const PickleValue* pair : arguments.items.front()->items) {
        if (pair->items.size() != 2) {
          corrupt(label, "an OrderedDict of what are no pairs");
        }
        dict.items.insert(dict.items.end(), pair->items.begin(), pair->items.end());
      }
    }
    return dict;
  }
  if (one_of(function, {"__builtin__.set", "builtins.set"})) {
    return {.kind = Kind::set, .items = arguments.items.empty() ? std::vector<const PickleValue*>{}
                                                                : arguments.items.front()->items};
  }
  if (is_foreign_tensor(function)) {
    unsupported("tensor " + std::string(label) + " is quantized, sparse or of another special kind (" +
                std::string(function) + ")");
  } else if (is_torchscript_list(function)) {
    return arguments.items.empty() ? PickleValue{} : *arguments.items.front();
  } else if (!is_inert(function) && forbidden_.empty()) {
    forbidden_ = function;
  }
  return {.kind = Kind::opaque, .text = function};
}

std::vector<std::int64_t> TorchCalls::sizes_of(const PickleValue& value, std::string_view label) const {
  std::vector<std::int64_t> sizes;
  const bool list = value.kind == Kind::tuple || value.kind == Kind::list;
  if (!list || value.items.size() > kMaxDimensions) {
    corrupt(label, "its sizes or strides are no tuple");
  }
  for (const PickleValue* item : value.items) {
    if (item->kind != Kind::integer || item->integer < 0) {
      corrupt(label, "its sizes or strides are negative or no integers");
    }
    sizes.push_back(item->integer);
  }
  return sizes;
}

void TorchCalls::count_bytes(std::int64_t bytes, std::string_view label) {
  // Tensors may share storages, but a small file that stands for very much is an attempt to exhaust the machine.
  constexpr std::int64_t kSlack = 64 << 20;
  const std::int64_t most = 4 * static_cast<std::int64_t>(archive_.file()->bytes().size()) + kSlack;
  if (bytes > most - viewed_bytes_) {
    throw WeightsError(WeightsErrorKind::unsupported,
                       archive_.file()->path() + ": tensor " + std::string(label) +
                           ": the tensors are views of each other that add up to many times the file");
  }
  viewed_bytes_ += bytes;
}

PickleValue TorchCalls::rebuild_tensor(const PickleValue& arguments, std::string_view label) {
  // (storage, offset, sizes, strides, requires_grad, hooks[, metadata])
  const auto& items = arguments.items;
  if (items.size() < 4 || items[1]->kind != Kind::integer) {
    corrupt(label, "a tensor without storage, offset, sizes or strides");
  }
  if (items[0]->kind == Kind::opaque && !unsupported_.empty()) {
    return {.kind = Kind::opaque, .text = items[0]->text};  // of a storage that was already noted
  }
  if (items[0]->kind != Kind::storage) {
    corrupt(label, "a tensor whose storage is none");
  }
  if (items.size() > 6 && !items[6]->items.empty()) {
    unsupported("tensor " + std::string(label) + " is a conjugated or negated view");
  }
  const Storage& storage = storages_.at(static_cast<std::size_t>(items[0]->integer));
  const std::int64_t offset = items[1]->integer;
  const std::vector<std::int64_t> sizes = sizes_of(*items[2], label);
  const std::vector<std::int64_t> strides = sizes_of(*items[3], label);
  const auto count = element_count(sizes);
  if (!count || sizes.size() != strides.size() || offset < 0) {
    corrupt(label, "sizes " + shape_text(sizes) + " with strides " + shape_text(strides) + " and offset " +
                       std::to_string(offset));
  }
  std::int64_t last = offset;
  bool outside = false;
  for (std::size_t i = 0; i < sizes.size() && *count > 0; ++i) {
    std::int64_t reach = 0;
    outside |= __builtin_mul_overflow(sizes[i] - 1, strides[i], &reach) || __builtin_add_overflow(last, reach, &last);
  }
  if (outside || (*count > 0 ? last >= storage.elements : offset > storage.elements)) {
    corrupt(label, "sizes " + shape_text(sizes) + " with strides " + shape_text(strides) + " from element " +
                       std::to_string(offset) + " reach beyond its storage of " + std::to_string(storage.elements));
  }
  std::int64_t bytes = 0;
  if (__builtin_mul_overflow(*count, c10::elementSize(storage.dtype), &bytes)) {
    corrupt(label, "its size exceeds all memory");
  }
  count_bytes(bytes, label);
  tensors_.push_back(view_of(storage.stored, storage.dtype, sizes, strides, offset));
  return {.kind = Kind::tensor, .integer = static_cast<std::int64_t>(tensors_.size()) - 1};
}

}  // namespace vifi
