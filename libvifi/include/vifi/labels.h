#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vifi/export.h"

namespace vifi {

struct Label {
  int id = 0;               ///< position in the list, or the file's id
  std::string name;         ///< what a person typed
  bool background = false;  ///< absorbs what is not an action; never reported as one

  bool operator==(const Label&) const = default;
};

/// What a model is asked to tell apart. A plain value; equal by content.
struct VIFI_API LabelSet {
  std::vector<Label> labels;           ///< actions first, then backgrounds
  std::vector<std::string> templates;  ///< prompts with `{}` for the name; empty: the model's own

  bool operator==(const LabelSet&) const = default;

  std::size_t action_count() const;
  /// Appends names as background labels, ids going on after the last.
  void add_backgrounds(const std::vector<std::string>& names);

  /// @throws Error(invalid_argument) if there is no action label, an action follows a background, a name is empty
  ///         or occurs twice, a template lacks `{}`, or one of them has more than 4096 bytes
  void validate() const;
};

/// Splits `walking;running` at `;` and newlines (`\;` is a semicolon; blanks around names are cut).
/// Blank lines are no labels, so blank text has none.
/// @throws Error(invalid_argument) naming the empty or repeated label
VIFI_API std::vector<std::string> split_labels(std::string_view text);

/// A set of names with ids 0, 1, ….
VIFI_API LabelSet make_label_set(const std::vector<std::string>& names, std::vector<std::string> templates = {});

/// Reads one name a line, or CSV with a header `id,name` (quotes, CRLF, BOM), or a JSON list of strings: the content
/// tells which. UTF-8, at most 16 MiB.
/// @throws Error(not_found, unreadable, corrupt)
VIFI_API LabelSet read_label_file(const std::string& path);

/// Puts a name into a template: every `{}` is replaced; `name` itself is never searched for `{}`.
VIFI_API std::string fill_template(std::string_view prompt_template, std::string_view name);

}  // namespace vifi
