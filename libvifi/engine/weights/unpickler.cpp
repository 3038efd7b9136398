#include "weights/unpickler.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "weights/weights_error.h"

namespace vifi {
namespace {

using Kind = PickleValue::Kind;

constexpr std::size_t kMaxValues = 4'000'000;  // a checkpoint has some thousands
constexpr int kNewestProtocol = 5;

/// The opcodes of Python's pickletools, by their names there.
enum Op : unsigned char {
  MARK = '(', STOP = '.', POP = '0', POP_MARK = '1', DUP = '2', FLOAT = 'F', INT = 'I', BININT = 'J', BININT1 = 'K',
  LONG = 'L', BININT2 = 'M', NONE = 'N', PERSID = 'P', BINPERSID = 'Q', REDUCE = 'R', STRING = 'S', BINSTRING = 'T',
  SHORT_BINSTRING = 'U', UNICODE = 'V', BINUNICODE = 'X', APPEND = 'a', BUILD = 'b', GLOBAL = 'c', DICT = 'd',
  EMPTY_DICT = '}', APPENDS = 'e', GET = 'g', BINGET = 'h', INST = 'i', LONG_BINGET = 'j', LIST = 'l',
  EMPTY_LIST = ']', OBJ = 'o', PUT = 'p', BINPUT = 'q', LONG_BINPUT = 'r', SETITEM = 's', TUPLE = 't',
  EMPTY_TUPLE = ')', SETITEMS = 'u', BINFLOAT = 'G',
  PROTO = 0x80, NEWOBJ = 0x81, EXT1 = 0x82, EXT2 = 0x83, EXT4 = 0x84, TUPLE1 = 0x85, TUPLE2 = 0x86, TUPLE3 = 0x87,
  NEWTRUE = 0x88, NEWFALSE = 0x89, LONG1 = 0x8a, LONG4 = 0x8b,
  BINBYTES = 'B', SHORT_BINBYTES = 'C',
  SHORT_BINUNICODE = 0x8c, BINUNICODE8 = 0x8d, BINBYTES8 = 0x8e, EMPTY_SET = 0x8f, ADDITEMS = 0x90, FROZENSET = 0x91,
  NEWOBJ_EX = 0x92, STACK_GLOBAL = 0x93, MEMOIZE = 0x94, FRAME = 0x95,
  BYTEARRAY8 = 0x96, NEXT_BUFFER = 0x97, READONLY_BUFFER = 0x98,
};

class Machine {
 public:
  Machine(std::span<const std::byte> bytes, const std::string& path, PickleHost& host, PickleValues& values)
      : bytes_(bytes), path_(path), host_(host), values_(values) {}

  const PickleValue& run() {
    for (;;) {
      const auto op = number<unsigned char>();
      if (op == STOP) {
        return pop();
      }
      step(op);
    }
  }

 private:
  [[noreturn]] void corrupt(const std::string& what) const {
    throw WeightsError(WeightsErrorKind::corrupt,
                       path_ + ": malformed pickle, byte " + std::to_string(at_) + ": " + what,
                       "the file is damaged: copy or download it again");
  }

  // --- reading ---

  std::string_view take(std::uint64_t size) {
    if (size > bytes_.size() - at_) {
      corrupt("the pickle ends in the middle of an item");
    }
    const std::string_view text(reinterpret_cast<const char*>(bytes_.data()) + at_, size);
    at_ += size;
    return text;
  }

  template <typename T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }

  std::string_view line() {
    const auto* begin = reinterpret_cast<const char*>(bytes_.data()) + at_;
    const void* end = std::memchr(begin, '\n', bytes_.size() - at_);
    if (end == nullptr) {
      corrupt("a line without an end");
    }
    const std::string_view text = take(static_cast<std::size_t>(static_cast<const char*>(end) - begin));
    take(1);
    return text;
  }

  /// The decimal number of a line; 0 where it is none.
  std::int64_t line_integer() { return std::strtoll(std::string(line()).c_str(), nullptr, 10); }

  // --- stack ---

  PickleValue& make(PickleValue value) {
    if (values_.size() >= kMaxValues) {
      throw WeightsError(WeightsErrorKind::unsupported,
                         path_ + ": more than " + std::to_string(kMaxValues) + " values in the pickle");
    }
    return values_.add(std::move(value));
  }

  void push(PickleValue value) { stack_.push_back(&make(std::move(value))); }
  void push_text(Kind kind, std::string_view text) { push({.kind = kind, .text = text}); }
  void push_integer(Kind kind, std::int64_t value) { push({.kind = kind, .integer = value}); }

  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  PickleValue& top() {
    if (stack_.size() <= floor()) {
      corrupt("the stack is empty");
    }
    return *stack_.back();
  }

  PickleValue& pop() {
    PickleValue& value = top();
    stack_.pop_back();
    return value;
  }

  std::vector<const PickleValue*> pop_to_mark() {
    if (marks_.empty()) {
      corrupt("no mark on the stack");
    }
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<const PickleValue*> items(first, stack_.end());
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return items;
  }

  /// The newest string on the stack: in a dict of tensors, the name of the one that is being made.
  std::string_view label() const {
    constexpr std::size_t kFarthest = 8;
    for (std::size_t i = 0; i < std::min(kFarthest, stack_.size()); ++i) {
      const PickleValue& value = *stack_[stack_.size() - 1 - i];
      if (value.kind == Kind::text) {
        return value.text;
      }
    }
    return {};
  }

  void memoize(std::uint64_t index) { memo_[index] = &top(); }

  void recall(std::uint64_t index) {
    const auto it = memo_.find(index);
    if (it == memo_.end()) {
      corrupt("memo entry " + std::to_string(index) + " was never stored");
    }
    stack_.push_back(it->second);
  }

  // --- operations ---

  void tuple(std::size_t count) {
    std::vector<const PickleValue*> items(count);
    for (std::size_t i = count; i-- > 0;) {
      items[i] = &pop();
    }
    push({.kind = Kind::tuple, .items = std::move(items)});
  }

  static bool is_mapping(const PickleValue& value) { return value.kind == Kind::dict || value.kind == Kind::opaque; }
  static bool is_sequence(const PickleValue& value) {
    return value.kind == Kind::list || value.kind == Kind::set || value.kind == Kind::opaque;
  }

  void set_items(const std::vector<const PickleValue*>& items) {
    PickleValue& target = top();
    if (!is_mapping(target) || items.size() % 2 != 0) {
      corrupt("items for what is no dict");
    }
    target.items.insert(target.items.end(), items.begin(), items.end());
  }

  void append(const std::vector<const PickleValue*>& items) {
    PickleValue& target = top();
    if (!is_sequence(target)) {
      corrupt("elements for what is no list or set");
    }
    target.items.insert(target.items.end(), items.begin(), items.end());
  }

  void global(std::string_view module, std::string_view name) {
    push_text(Kind::global, values_.keep(std::string(module) + "." + std::string(name)));
  }

  void call(const PickleValue& function, const PickleValue& arguments) {
    if (function.kind != Kind::global || arguments.kind != Kind::tuple) {
      corrupt("a call of what is no function, or without arguments");
    }
    push(host_.call(function.text, arguments, label()));
  }

  void new_object(const PickleValue& type, const PickleValue& arguments) {
    if (type.kind != Kind::global || arguments.kind != Kind::tuple) {
      corrupt("an instance of what is no class");
    }
    if (type.text == "collections.OrderedDict" && arguments.items.empty()) {
      push({.kind = Kind::dict});
    } else {
      push({.kind = Kind::opaque, .text = type.text});
    }
  }

  void build() {
    const PickleValue& state = pop();
    PickleValue& target = top();
    switch (target.kind) {
      case Kind::opaque:
        target.state = &state;
        break;
      case Kind::dict:    // OrderedDict: attributes such as `_metadata`
      case Kind::set:
      case Kind::tensor:  // attributes somebody hung on a parameter
        break;
      default:
        corrupt("BUILD of what has no attributes");
    }
  }

  void persistent(const PickleValue& id) { push(host_.persistent(id, label())); }

  void big_integer(std::string_view digits) {
    if (digits.size() > sizeof(std::int64_t)) {
      push_text(Kind::opaque, "int");
      return;
    }
    std::uint64_t value = 0;
    std::memcpy(&value, digits.data(), digits.size());
    const bool negative = !digits.empty() && (static_cast<unsigned char>(digits.back()) & 0x80U) != 0;
    if (negative && digits.size() < sizeof value) {
      value |= ~std::uint64_t{0} << (8 * digits.size());
    }
    push_integer(Kind::integer, static_cast<std::int64_t>(value));
  }

  void step(unsigned char op);
  void step_new(unsigned char op);

  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  const std::string& path_;
  PickleHost& host_;
  PickleValues& values_;
  std::vector<PickleValue*> stack_;
  std::vector<std::size_t> marks_;  // stack sizes
  std::unordered_map<std::uint64_t, PickleValue*> memo_;
  int protocol_ = 0;
};

/// Protocols 0 and 1; the rest goes to `step_new`.
void Machine::step(unsigned char op) {
  switch (op) {
    case MARK: marks_.push_back(stack_.size()); break;
    case POP:
      if (stack_.size() == floor() && !marks_.empty()) {
        marks_.pop_back();
      } else {
        pop();
      }
      break;
    case POP_MARK: pop_to_mark(); break;
    case DUP: stack_.push_back(&top()); break;
    case NONE: push({}); break;
    case FLOAT: push({.kind = Kind::real, .real = std::strtod(std::string(line()).c_str(), nullptr)}); break;
    case BINFLOAT: {
      const std::uint64_t bits = __builtin_bswap64(number<std::uint64_t>());  // the one big-endian number
      push({.kind = Kind::real, .real = std::bit_cast<double>(bits)});
      break;
    }
    case INT:
    case LONG: push_integer(Kind::integer, line_integer()); break;
    case BININT: push_integer(Kind::integer, number<std::int32_t>()); break;
    case BININT1: push_integer(Kind::integer, number<std::uint8_t>()); break;
    case BININT2: push_integer(Kind::integer, number<std::uint16_t>()); break;
    case STRING:
    case UNICODE: push_text(Kind::text, line()); break;
    case BINSTRING:
    case BINUNICODE: push_text(Kind::text, take(number<std::uint32_t>())); break;
    case SHORT_BINSTRING: push_text(Kind::text, take(number<std::uint8_t>())); break;
    case EMPTY_TUPLE: push({.kind = Kind::tuple}); break;
    case EMPTY_LIST: push({.kind = Kind::list}); break;
    case EMPTY_DICT: push({.kind = Kind::dict}); break;
    case TUPLE: push({.kind = Kind::tuple, .items = pop_to_mark()}); break;
    case LIST: push({.kind = Kind::list, .items = pop_to_mark()}); break;
    case DICT: {
      auto items = pop_to_mark();
      push({.kind = Kind::dict});
      set_items(items);
      break;
    }
    case APPEND: {
      const PickleValue& value = pop();
      append({&value});
      break;
    }
    case APPENDS: append(pop_to_mark()); break;
    case SETITEM: {
      const PickleValue& value = pop();
      const PickleValue& key = pop();
      set_items({&key, &value});
      break;
    }
    case SETITEMS: set_items(pop_to_mark()); break;
    case GLOBAL: {
      const std::string_view module = line();
      global(module, line());
      break;
    }
    case REDUCE: {
      const PickleValue& arguments = pop();
      const PickleValue& function = pop();
      call(function, arguments);
      break;
    }
    case INST: {
      const std::string_view module = line();
      const PickleValue type{.kind = Kind::global, .text = values_.keep(std::string(module) + "." + std::string(line()))};
      call(type, make({.kind = Kind::tuple, .items = pop_to_mark()}));
      break;
    }
    case OBJ: {
      auto items = pop_to_mark();
      if (items.empty()) {
        corrupt("OBJ without a class");
      }
      const PickleValue& type = *items.front();
      items.erase(items.begin());
      call(type, make({.kind = Kind::tuple, .items = std::move(items)}));
      break;
    }
    case BUILD: build(); break;
    case PERSID: persistent(make({.kind = Kind::text, .text = line()})); break;
    case BINPERSID: persistent(pop()); break;
    case GET: recall(static_cast<std::uint64_t>(line_integer())); break;
    case BINGET: recall(number<std::uint8_t>()); break;
    case LONG_BINGET: recall(number<std::uint32_t>()); break;
    case PUT: memoize(static_cast<std::uint64_t>(line_integer())); break;
    case BINPUT: memoize(number<std::uint8_t>()); break;
    case LONG_BINPUT: memoize(number<std::uint32_t>()); break;
    default: step_new(op);
  }
}

/// Protocols 2 to 5.
void Machine::step_new(unsigned char op) {
  switch (op) {
    case PROTO:
      protocol_ = number<std::uint8_t>();
      if (protocol_ > kNewestProtocol) {
        host_.unsupported("pickle protocol " + std::to_string(protocol_));
      }
      break;
    case FRAME:
      if (number<std::uint64_t>() > bytes_.size() - at_) {
        corrupt("a frame beyond the end");
      }
      break;
    case NEWTRUE: push_integer(Kind::boolean, 1); break;
    case NEWFALSE: push_integer(Kind::boolean, 0); break;
    case LONG1: big_integer(take(number<std::uint8_t>())); break;
    case LONG4: {
      const auto size = number<std::int32_t>();
      if (size < 0) {
        corrupt("an integer of negative length");
      }
      big_integer(take(static_cast<std::uint64_t>(size)));
      break;
    }
    case TUPLE1: tuple(1); break;
    case TUPLE2: tuple(2); break;
    case TUPLE3: tuple(3); break;
    case SHORT_BINUNICODE: push_text(Kind::text, take(number<std::uint8_t>())); break;
    case BINUNICODE8: push_text(Kind::text, take(number<std::uint64_t>())); break;
    case SHORT_BINBYTES: push_text(Kind::bytes, take(number<std::uint8_t>())); break;
    case BINBYTES: push_text(Kind::bytes, take(number<std::uint32_t>())); break;
    case BINBYTES8:
    case BYTEARRAY8: push_text(Kind::bytes, take(number<std::uint64_t>())); break;
    case EMPTY_SET: push({.kind = Kind::set}); break;
    case ADDITEMS: append(pop_to_mark()); break;
    case FROZENSET: push({.kind = Kind::set, .items = pop_to_mark()}); break;
    case NEWOBJ: {
      const PickleValue& arguments = pop();
      const PickleValue& type = pop();
      new_object(type, arguments);
      break;
    }
    case NEWOBJ_EX: {
      pop();  // keyword arguments
      const PickleValue& arguments = pop();
      const PickleValue& type = pop();
      new_object(type, arguments);
      break;
    }
    case STACK_GLOBAL: {
      const PickleValue& name = pop();
      const PickleValue& module = pop();
      if (name.kind != Kind::text || module.kind != Kind::text) {
        corrupt("a global without a name");
      }
      global(module.text, name.text);
      break;
    }
    case MEMOIZE: memoize(memo_.size()); break;
    case EXT1:
    case EXT2:
    case EXT4:
      take(op == EXT1 ? 1 : op == EXT2 ? 2 : 4);
      host_.unsupported("extension codes in the pickle");
      push_text(Kind::opaque, "extension");
      break;
    case NEXT_BUFFER:
      host_.unsupported("buffers outside the pickle");
      push_text(Kind::opaque, "buffer");
      break;
    case READONLY_BUFFER: top(); break;
    default:
      if (protocol_ > kNewestProtocol) {
        throw WeightsError(WeightsErrorKind::unsupported, path_ + ": pickle protocol " + std::to_string(protocol_));
      }
      corrupt("unknown operation " + std::to_string(op));
  }
}

}  // namespace

PickleValue& PickleValues::add(PickleValue value) { return values_.emplace_back(std::move(value)); }

std::string_view PickleValues::keep(std::string text) { return texts_.emplace_back(std::move(text)); }

const PickleValue& unpickle(std::span<const std::byte> bytes, const std::string& path, PickleHost& host,
                            PickleValues& values) {
  return Machine(bytes, path, host, values).run();
}

}  // namespace vifi
