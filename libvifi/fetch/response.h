#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What a server's answer means. Plain functions on text, so that every oddity can be tested without a server.
namespace vifi {

/// "bytes 100-199/1000"
struct ContentRange {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> total;  ///< nothing for "*"
};
/// Nothing where it is not of this form.
std::optional<ContentRange> parse_content_range(std::string_view text);

/// Is this the beginning of a web page, where weights were expected? Login pages and proxies answer with status 200.
/// @param type  Content-Type; may be empty
/// @param head  first bytes of the body, at least 64 where there are as many
bool looks_like_page(std::string_view type, std::string_view head);

/// Does asking again make sense?
bool is_passing_status(long status);

/// A few words on a status: "404 (not found)".
std::string describe_status(long status);

/// The address without what may be secret: user, password, query.
std::string public_address(const std::string& address);

/// File name at the end of an address, made of harmless characters; empty where there is none.
std::string file_name_of(const std::string& address);

}  // namespace vifi
