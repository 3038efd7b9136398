#pragma once

#include <string>
#include <string_view>

namespace vifi::text {

/// What is wrong with the normalisation tables of a SentencePiece model file; empty: nothing.
///
/// The library follows these tables (a double-array trie and the strings it points to) without looking at bounds, so a
/// damaged file would make it read beyond them. Checks each table of the file: every step of the trie and every string
/// lies inside. The rest of the file is the library's to judge.
std::string charsmap_fault(std::string_view model);

}  // namespace vifi::text
