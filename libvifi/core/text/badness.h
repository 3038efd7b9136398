#pragma once

#include <string_view>

namespace vifi::text {

/// Whether `text` holds a sequence of characters that is far likelier to come from a misread encoding than from a
/// person, such as an accented capital before a currency sign. The rules are those of ftfy 6.3.1 (`is_bad`).
bool looks_garbled(std::u32string_view text);

}  // namespace vifi::text
