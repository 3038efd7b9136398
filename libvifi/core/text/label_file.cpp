#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "text/label_limits.h"
#include "text/utf8.h"
#include "vifi/error.h"
#include "vifi/labels.h"

namespace vifi {
namespace {

using text::in_quotes;
using text::trimmed;

constexpr std::size_t kLargestFile = 16u << 20;  // bytes; the longest published list has some 100 kB
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct Line {
  std::size_t number = 0;  // from 1
  std::string_view text;
};

/// A label and where it stands, for messages.
struct Entry {
  Label label;
  std::string place;  // "line 3", "item 3"
};

/// Reads one label file. Every format ends in a list of entries, which are checked in one place.
class LabelFile {
 public:
  explicit LabelFile(const std::string& path) : path_(path) {}

  LabelSet read() {
    const std::string content = read_bytes();
    std::string_view text = content;
    if (text.starts_with(kByteOrderMark)) {
      text.remove_prefix(kByteOrderMark.size());
    }
    reject_binary(text);
    if (!read_json(text)) {
      const std::vector<Line> lines = split_lines(text);
      if (!read_csv(lines)) {
        read_plain(lines);
      }
    }
    return checked_set();
  }

 private:
  [[noreturn]] void fail(ErrorCode code, const std::string& what, const std::string& hint) const {
    throw Error(code, fmt::format("[labels] {}: {}", path_, what), hint);
  }
  [[noreturn]] void corrupt(const std::string& what, const std::string& hint) const {
    fail(ErrorCode::corrupt, what, hint);
  }

  std::string read_bytes() const {
    std::error_code error;
    const auto status = std::filesystem::status(path_, error);
    if (status.type() == std::filesystem::file_type::not_found) {
      fail(ErrorCode::not_found, "no such file", "check the path of the label file");
    }
    if (std::filesystem::is_directory(status)) {
      fail(ErrorCode::unreadable, "is a folder, expected a file", "name the label file inside it");
    }
    std::ifstream file(path_, std::ios::binary);
    if (!file) {
      fail(ErrorCode::unreadable, "cannot be opened", "check that you may read it");
    }
    std::string content;
    char block[64 * 1024];
    while (file.read(block, sizeof block), file.gcount() > 0) {  // not by size: a pipe has none
      content.append(block, static_cast<std::size_t>(file.gcount()));
      if (content.size() > kLargestFile) {
        corrupt(fmt::format("more than {} MiB, too large for a label file", kLargestFile >> 20),
                "give a file with one label a line");
      }
    }
    if (file.bad()) {
      fail(ErrorCode::unreadable, "reading it failed", "check the disk");
    }
    return content;
  }

  void reject_binary(std::string_view text) const {
    const auto line_of = [&](std::size_t offset) {
      return 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n');
    };
    if (const auto offset = text::first_invalid_utf8(text)) {
      corrupt(fmt::format("line {} is not UTF-8", line_of(*offset)), "save the file as UTF-8");
    }
    if (const std::size_t offset = text.find('\0'); offset != std::string_view::npos) {
      corrupt(fmt::format("line {} holds a NUL byte, not text", line_of(offset)), "save the file as UTF-8");
    }
  }

  /// Lines end in LF, CRLF or CR; blank ones are left out.
  static std::vector<Line> split_lines(std::string_view text) {
    std::vector<Line> lines;
    for (std::size_t number = 1; !text.empty(); ++number) {
      const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
      if (const std::string_view line = trimmed(text.substr(0, end)); !line.empty()) {
        lines.push_back({number, line});
      }
      text.remove_prefix(end);
      text.remove_prefix(text.starts_with("\r\n") ? 2 : text.empty() ? 0 : 1);
    }
    return lines;
  }

  /// False if `text` is no JSON list. A plain list may begin with `[` too, `["` is taken for broken JSON.
  bool read_json(std::string_view text) {
    text = trimmed(text);
    if (!text.starts_with('[')) {
      return false;
    }
    nlohmann::json list;
    bool nested = false;
    const auto flat = [&nested](int depth, nlohmann::json::parse_event_t event, nlohmann::json&) {
      const bool opens =
          event == nlohmann::json::parse_event_t::array_start || event == nlohmann::json::parse_event_t::object_start;
      nested = nested || (opens && depth > 0);
      return !(opens && depth > 0);  // a megabyte of brackets is not worth a gigabyte of lists
    };
    try {
      list = nlohmann::json::parse(text, flat);
    } catch (const nlohmann::json::exception& error) {  // out_of_range too: a number beyond a double's range
      if (!trimmed(text.substr(1)).starts_with('"')) {
        return false;
      }
      const auto* const syntax = dynamic_cast<const nlohmann::json::parse_error*>(&error);
      corrupt(syntax ? fmt::format("the JSON list is broken at byte {}", syntax->byte)
                     : "the JSON list holds a number out of range, expected strings",
              "expected [\"walking\", \"running\"]");
    }
    if (nested) {
      corrupt("the JSON list holds a list or an object, expected strings", "expected [\"walking\", \"running\"]");
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string place = fmt::format("item {}", i + 1);
      if (!list[i].is_string()) {
        corrupt(fmt::format("{} is a JSON {}, expected a string", place, list[i].type_name()),
                "expected [\"walking\", \"running\"]");
      }
      add(static_cast<int>(i), list[i].get<std::string>(), place);
    }
    return true;
  }

  /// False if the first line is no CSV header with the columns `id` and `name`.
  bool read_csv(const std::vector<Line>& lines) {
    if (lines.empty()) {
      return false;
    }
    const std::vector<std::string> header = split_csv(lines.front());
    const auto id = std::find(header.begin(), header.end(), "id");
    const auto name = std::find(header.begin(), header.end(), "name");
    if (id == header.end() || name == header.end()) {
      return false;
    }
    const auto id_column = static_cast<std::size_t>(id - header.begin());
    const auto name_column = static_cast<std::size_t>(name - header.begin());
    for (std::size_t i = 1; i < lines.size(); ++i) {
      const std::vector<std::string> fields = split_csv(lines[i]);
      const std::string place = fmt::format("line {}", lines[i].number);
      if (fields.size() != header.size()) {
        corrupt(fmt::format("{} has {} fields, expected {}", place, fields.size(), header.size()),
                "put a name that holds a comma in double quotes");
      }
      add(parse_id(fields[id_column], place), fields[name_column], place);
    }
    return true;
  }

  int parse_id(const std::string& field, const std::string& place) const {
    int id = -1;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), id);
    if (error != std::errc() || end != field.data() + field.size() || id < 0 || id > text::kLargestLabelId) {
      corrupt(fmt::format("{} has the id {}, expected a whole number from 0 to {}", place, in_quotes(field),
                          text::kLargestLabelId),
              "number the labels in the column \"id\"");
    }
    return id;
  }

  /// Fields without quotes and outer blanks. In a quoted field "" is one quote.
  std::vector<std::string> split_csv(const Line& line) const {
    std::vector<std::string> fields;
    std::string_view rest = line.text;
    for (;;) {
      rest = rest.substr(std::min(rest.find_first_not_of(" \t"), rest.size()));
      std::string field;
      if (rest.starts_with('"')) {
        field = take_quoted(rest, line);
      } else {
        const std::string_view bare = rest.substr(0, rest.find(','));
        rest.remove_prefix(bare.size());
        field = trimmed(bare);
      }
      fields.push_back(std::move(field));
      if (rest.empty()) {
        return fields;
      }
      rest.remove_prefix(1);  // the comma
    }
  }

  /// Takes a quoted field from the front of `rest`, up to the comma or the end.
  std::string take_quoted(std::string_view& rest, const Line& line) const {
    std::string field;
    std::size_t i = 1;
    for (;; ++i) {
      if (i >= rest.size()) {
        corrupt(fmt::format("line {} opens a quote that does not close", line.number), "close it with a \"");
      }
      if (rest[i] != '"') {
        field += rest[i];
      } else if (i + 1 < rest.size() && rest[i + 1] == '"') {
        field += rest[i++];
      } else {
        break;
      }
    }
    rest.remove_prefix(i + 1);
    rest = rest.substr(std::min(rest.find_first_not_of(" \t"), rest.size()));
    if (!rest.empty() && rest.front() != ',') {
      corrupt(fmt::format("line {} goes on after a closing quote", line.number), "write a quote inside quotes as \"\"");
    }
    return std::string(trimmed(field));
  }

  void read_plain(const std::vector<Line>& lines) {
    for (const Line& line : lines) {
      add(static_cast<int>(entries_.size()), line.text, fmt::format("line {}", line.number));
    }
  }

  void add(int id, std::string_view name, std::string place) {
    entries_.push_back({{id, std::string(trimmed(name)), false}, std::move(place)});
  }

  LabelSet checked_set() const {
    if (entries_.empty()) {
      corrupt("holds no label", "write one label a line");
    }
    LabelSet set;
    std::unordered_map<std::string, std::string> place_of;
    std::unordered_set<int> ids;
    for (const auto& [label, place] : entries_) {
      if (label.name.empty()) {
        corrupt(place + " has an empty name", "give every label a name");
      }
      if (label.name.size() > text::kLongestLabel) {
        corrupt(fmt::format("{} has a name of {} bytes, expected at most {}", place, label.name.size(),
                            text::kLongestLabel),
                "give one label a line");
      }
      const auto [first, is_new] = place_of.emplace(label.name, place);
      if (!is_new) {
        corrupt(fmt::format("{} is {}, which {} is already", place, in_quotes(label.name), first->second),
                "name each label once");
      }
      if (!ids.insert(label.id).second) {
        corrupt(fmt::format("{} has the id {} a second time", place, label.id), "give every label an id of its own");
      }
      set.labels.push_back(label);
    }
    return set;
  }

  const std::string& path_;
  std::vector<Entry> entries_;
};

}  // namespace

LabelSet read_label_file(const std::string& path) {
  return LabelFile(path).read();
}

}  // namespace vifi
