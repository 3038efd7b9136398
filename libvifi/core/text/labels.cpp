#include "vifi/labels.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "text/label_limits.h"
#include "text/utf8.h"
#include "vifi/error.h"

namespace vifi {
namespace {

using text::in_quotes;
using text::trimmed;

constexpr std::string_view kPlace = "{}";

[[noreturn]] void reject(const std::string& what, const std::string& hint) {
  throw Error(ErrorCode::invalid_argument, "[labels] " + what, hint);
}

/// Cuts `line` at every `;` that no backslash precedes; the backslash goes.
std::vector<std::string> split_at_semicolons(std::string_view line) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == ';') {
      parts.back() += ';';
      ++i;
    } else if (line[i] == ';') {
      parts.emplace_back();
    } else {
      parts.back() += line[i];
    }
  }
  return parts;
}

void reject_too_long(std::string_view what, std::string_view text) {
  if (text.size() > text::kLongestLabel) {
    reject(fmt::format("{} {}: {} bytes, expected at most {}", what, in_quotes(text), text.size(), text::kLongestLabel),
           "a model reads a few dozen words at most");
  }
}

void reject_repeated(const std::vector<std::string>& names) {
  std::unordered_map<std::string_view, std::size_t> first;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto [entry, is_new] = first.emplace(names[i], i);
    if (!is_new) {
      reject(fmt::format("label {} is {}, which label {} is already", i + 1, in_quotes(names[i]), entry->second + 1),
             "name each label once");
    }
  }
}

}  // namespace

std::vector<std::string> split_labels(std::string_view text) {
  if (const auto offset = text::first_invalid_utf8(text)) {
    reject(fmt::format("{} is not UTF-8 at byte {}", in_quotes(text), *offset), "convert the labels to UTF-8");
  }
  std::vector<std::string> names;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = trimmed(text.substr(start, end - start));
    start = end + 1;
    if (line.empty()) {
      continue;
    }
    for (const std::string& part : split_at_semicolons(line)) {
      const std::string_view name = trimmed(part);
      if (name.empty()) {
        reject(fmt::format("label {} of {} is empty", names.size() + 1, in_quotes(text)),
               "separate labels by one ';' or a newline");
      }
      names.emplace_back(name);
    }
  }
  reject_repeated(names);
  return names;
}

LabelSet make_label_set(const std::vector<std::string>& names, std::vector<std::string> templates) {
  LabelSet set;
  set.templates = std::move(templates);
  for (const std::string& name : names) {
    set.labels.push_back({static_cast<int>(set.labels.size()), name, false});
  }
  return set;
}

std::size_t LabelSet::action_count() const {
  return static_cast<std::size_t>(
      std::count_if(labels.begin(), labels.end(), [](const Label& label) { return !label.background; }));
}

void LabelSet::add_backgrounds(const std::vector<std::string>& names) {
  int next_id = 0;
  for (const Label& label : labels) {
    next_id = std::max(next_id, label.id + 1);
  }
  for (const std::string& name : names) {
    labels.push_back({next_id++, name, true});
  }
}

void LabelSet::validate() const {
  if (action_count() == 0) {
    reject("there is no action label, expected at least one", "set labels, or a label file");
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const Label& label = labels[i];
    if (trimmed(label.name).empty()) {
      reject(fmt::format("label {} of {} is empty", i + 1, labels.size()), "give every label a name");
    }
    if (!label.background && i > 0 && labels[i - 1].background) {
      reject(fmt::format("action label {} follows background label {}", in_quotes(label.name),
                         in_quotes(labels[i - 1].name)),
             "put the actions first, then the backgrounds");
    }
    reject_too_long("label", label.name);
    names.push_back(label.name);
  }
  reject_repeated(names);
  for (const std::string& prompt_template : templates) {
    reject_too_long("prompt template", prompt_template);
    if (prompt_template.find(kPlace) == std::string::npos) {
      reject(fmt::format("prompt template {} has no {}", in_quotes(prompt_template), kPlace),
             "put {} where the label's name goes, as in \"a photo of a {}.\"");
    }
  }
}

std::string fill_template(std::string_view prompt_template, std::string_view name) {
  std::string out;
  for (;;) {
    const std::size_t place = prompt_template.find(kPlace);
    out += prompt_template.substr(0, place);
    if (place == std::string_view::npos) {
      return out;
    }
    out += name;
    prompt_template.remove_prefix(place + kPlace.size());
  }
}

}  // namespace vifi
