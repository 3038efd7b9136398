#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vifi::text {

/// A text as CLIP's tokenizer cleans it: fixed, entities resolved twice, runs of white space made one blank,
/// lower-cased.
std::u32string clean_for_clip(std::u32string_view text);

/// White space at the ends taken away, every run of it inside made one blank.
std::u32string with_single_blanks(std::u32string_view text);

/// The pieces of a cleaned text that are looked up on their own: special tokens, contractions, runs of letters, single
/// numbers, runs of anything else but white space. Views into `text`.
std::vector<std::u32string_view> split_for_clip(std::u32string_view text);

inline constexpr std::u32string_view kClipStart = U"<|startoftext|>";
inline constexpr std::u32string_view kClipEnd = U"<|endoftext|>";

}  // namespace vifi::text
