#pragma once

#include <string>
#include <string_view>

namespace vifi::text {

/// Repairs what usually went wrong with a text on its way here, as version 6.3.1 of the Python package ftfy does
/// with its defaults: misread encodings, character references, ligatures, full-width forms, curly quotes, line
/// breaks, control characters; then NFC. CLIP's captions went through it, so its tokenizer needs the same.
std::u32string fix_text(std::u32string_view text);

}  // namespace vifi::text
