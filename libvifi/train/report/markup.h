#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "vifi/export.h"

namespace vifi::train {

/// Text as it may stand in HTML, between tags and in quoted attributes: `&<>"'` become entities; control characters
/// and bytes that are no UTF-8 become U+FFFD.
VIFI_API std::string escaped(std::string_view text);

/// RFC 4648 with padding.
VIFI_API std::string base64(std::span<const std::uint8_t> bytes);

/// "71.9"; never "-0.0".
VIFI_API std::string fixed(double value, int decimals);

/// At most `characters` of a text, the last one an ellipsis where it was longer.
VIFI_API std::string shortened(std::string_view text, std::size_t characters);

}  // namespace vifi::train
