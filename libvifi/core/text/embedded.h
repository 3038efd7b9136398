#pragma once

#include <string>
#include <string_view>

namespace vifi::text {

/// The files of data/, which the build puts into the library.
std::string_view embedded_bpe_merges();     ///< gzip of: a header line, then one merge a line
std::string_view embedded_html_entities();  ///< one entity a line, see data/NOTICE

/// Unpacks a gzip stream of at most `largest` bytes.
/// @throws Error(corrupt)
std::string gunzip(std::string_view packed, std::size_t largest);

}  // namespace vifi::text
