#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vifi::text {

/// The characters of a named reference; `name` is without `&` and as written, with its semicolon if it has one.
std::optional<std::u32string> html_entity(std::u32string_view name);

/// Resolves every character reference as the HTML standard does for text: names with or without semicolon, the
/// longest prefix that is a name, numbers with their Windows-1252 and forbidden cases. One pass: `&amp;lt;`
/// becomes `&lt;`.
std::u32string unescape_html(std::u32string_view text);

/// Like unescape_html, for the cautious: only whole references that end in a semicolon, and upper-case names whose
/// lower-case form is meant (`&EACUTE;`).
std::u32string unescape_html_cautiously(std::u32string_view text);

}  // namespace vifi::text
