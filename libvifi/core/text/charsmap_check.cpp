#include "text/charsmap_check.h"

#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

namespace vifi::text {
namespace {

constexpr const char* kBrokenMessage = "a field ends beyond its message";

/// One field of a protobuf message.
struct Field {
  std::uint64_t number = 0;
  std::string_view bytes;  ///< of a length-delimited field; else empty
};

/// Goes through the fields of a message (protobuf's wire format). Groups, which no model has, count as damage.
class Fields {
 public:
  explicit Fields(std::string_view message) : rest_(message) {}

  bool done() const { return rest_.empty(); }

  /// The next field; nothing where the message is damaged.
  std::optional<Field> next() {
    enum WireType : std::uint64_t { varint = 0, fixed64 = 1, delimited = 2, fixed32 = 5 };
    const auto tag = read_varint();
    if (!tag) {
      return std::nullopt;
    }
    switch (*tag & 7) {
      case varint: return read_varint() ? std::optional<Field>({*tag >> 3, {}}) : std::nullopt;
      case fixed64: return take(8) ? std::optional<Field>({*tag >> 3, {}}) : std::nullopt;
      case fixed32: return take(4) ? std::optional<Field>({*tag >> 3, {}}) : std::nullopt;
      case delimited: {
        const auto size = read_varint();
        const auto bytes = size ? take(*size) : std::nullopt;
        return bytes ? std::optional<Field>({*tag >> 3, *bytes}) : std::nullopt;
      }
      default: return std::nullopt;
    }
  }

 private:
  std::optional<std::string_view> take(std::uint64_t count) {
    if (count > rest_.size()) {
      return std::nullopt;
    }
    const std::string_view bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return bytes;
  }

  std::optional<std::uint64_t> read_varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
    return std::nullopt;
  }

  std::string_view rest_;
};

/// One unit of the trie (darts-clone's layout).
class Unit {
 public:
  explicit Unit(std::uint32_t bits) : bits_(bits) {}
  bool is_value() const { return bits_ >> 31 != 0; }  // no letter leads here
  std::uint32_t value() const { return bits_ & 0x7fffffffU; }
  bool has_value() const { return (bits_ >> 8 & 1) != 0; }
  std::uint32_t offset() const { return bits_ >> 10 << ((bits_ & 1U << 9) >> 6); }

 private:
  std::uint32_t bits_;
};

/// @param table  size of the trie in bytes (32 bits), the trie, strings that end in NUL
std::string table_fault(std::string_view table) {
  std::uint32_t trie_bytes = 0;
  if (table.size() <= sizeof(trie_bytes)) {
    return "its normalisation table is cut off";
  }
  std::memcpy(&trie_bytes, table.data(), sizeof(trie_bytes));
  table.remove_prefix(sizeof(trie_bytes));
  if (trie_bytes == 0 || trie_bytes % sizeof(std::uint32_t) != 0 || trie_bytes >= table.size()) {
    return "its normalisation trie has an impossible size";
  }
  std::vector<std::uint32_t> units(trie_bytes / sizeof(std::uint32_t));
  std::memcpy(units.data(), table.data(), trie_bytes);
  const std::string_view strings = table.substr(trie_bytes);
  if (strings.back() != '\0') {
    return "its last normalised string has no end";
  }
  for (std::size_t position = 0; position < units.size(); ++position) {
    const Unit unit(units[position]);
    if (unit.is_value()) {
      continue;
    }
    const std::size_t next = position ^ unit.offset();
    constexpr std::size_t kAnyLetter = 0xff;  // the next byte of a text is applied to `next` with xor
    if ((next | kAnyLetter) >= units.size()) {
      return "its normalisation trie leads outside";
    }
    if (unit.has_value() && Unit(units[next]).value() >= strings.size()) {
      return "its normalisation trie names a string outside";
    }
  }
  return {};
}

/// @param spec  a NormalizerSpec
std::string spec_fault(std::string_view spec) {
  constexpr std::uint64_t kTable = 2;  // precompiled_charsmap
  for (Fields fields(spec); !fields.done();) {
    const auto field = fields.next();
    if (!field) {
      return kBrokenMessage;
    }
    if (field->number == kTable && !field->bytes.empty()) {
      if (std::string fault = table_fault(field->bytes); !fault.empty()) {
        return fault;
      }
    }
  }
  return {};
}

}  // namespace

std::string charsmap_fault(std::string_view model) {
  constexpr std::uint64_t kNormalizer = 3, kDenormalizer = 5;  // of ModelProto
  for (Fields fields(model); !fields.done();) {
    const auto field = fields.next();
    if (!field) {
      return kBrokenMessage;
    }
    if (field->number == kNormalizer || field->number == kDenormalizer) {
      if (std::string fault = spec_fault(field->bytes); !fault.empty()) {
        return fault;
      }
    }
  }
  return {};
}

}  // namespace vifi::text
