#pragma once

#include <string>
#include <string_view>

#include "vifi/tokenizer.h"

namespace vifi::text {

/// A text reduced to lower-case words with single blanks between them and without ASCII punctuation, in one of the two
/// ways in use before a SentencePiece model. They differ in `_`, and in mending: open_clip mends mis-decoded text and
/// resolves entities first.
std::u32string plain_words(std::u32string_view text, TextCleaning cleaning);

}  // namespace vifi::text
