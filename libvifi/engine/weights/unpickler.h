#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vifi {

/// What a pickle describes. Values refer to each other freely (a value may be shared, or hold itself); all of them
/// live in the `PickleValues` they were made in.
struct PickleValue {
  enum class Kind : std::uint8_t {
    none,
    boolean,  ///< integer is 0 or 1
    integer,
    real,
    text,   ///< text; UTF-8 is not checked
    bytes,  ///< text
    tuple,  ///< items
    list,   ///< items
    set,    ///< items
    dict,   ///< items: key, value, key, value, …
    global,   ///< text is "module.name"; nothing is imported
    opaque,   ///< an instance of the class `text`, never made: items as of a dict or list, `state` of BUILD
    storage,  ///< integer is a handle of the `PickleHost`
    tensor,   ///< likewise
  };

  Kind kind = Kind::none;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view text{};
  std::vector<const PickleValue*> items{};
  const PickleValue* state = nullptr;
};

/// Owns the values of one pickle. Flat: dropping it needs no recursion, however deep the values nest.
class PickleValues {
 public:
  PickleValue& add(PickleValue value);
  std::string_view keep(std::string text);
  std::size_t size() const noexcept { return values_.size(); }

 private:
  std::deque<PickleValue> values_;
  std::deque<std::string> texts_;
};

/// Decides what a pickle's calls mean. Nothing else in a pickle can have an effect.
class PickleHost {
 public:
  virtual ~PickleHost() = default;
  /// @param label  the newest string below the call: for a dict of tensors, the tensor's name
  virtual PickleValue persistent(const PickleValue& id, std::string_view label) = 0;
  virtual PickleValue call(std::string_view function, const PickleValue& arguments, std::string_view label) = 0;
  /// Something this build does not read; the rest is still looked through for worse.
  virtual void unsupported(const std::string& what) = 0;
};

/// Interprets a pickle of protocols 0 to 5 without executing anything: no name is imported, no class instantiated;
/// what REDUCE, INST and OBJ would call is left to `host`.
/// @param bytes  must outlive `values`, which refer to its strings
/// @throws WeightsError(corrupt, unsupported); its message starts with `path`
const PickleValue& unpickle(std::span<const std::byte> bytes, const std::string& path, PickleHost& host,
                            PickleValues& values);

}  // namespace vifi
