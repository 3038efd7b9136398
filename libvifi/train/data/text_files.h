#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "vifi/export.h"

namespace vifi::train {

/// Calls `take` for each line that is not blank, without its end and without outer blanks. At most 256 MiB.
/// @param operation  for messages: "annotations"
/// @param take       number from 1, text
/// @throws Error(not_found, unreadable, corrupt)
VIFI_API void for_each_line(const std::string& operation, const std::string& file,
                            const std::function<void(std::size_t number, std::string_view line)>& take);

/// Writes a file under another name and renames it, so that it is whole or not there.
/// @throws Error(unreadable)
VIFI_API void write_whole(const std::string& operation, const std::string& file, std::string_view content);

/// A field of a CSV line, in quotes where it needs them (RFC 4180).
VIFI_API std::string csv_field(std::string_view text);

}  // namespace vifi::train
