#include "text/mojibake.h"

namespace vifi::text {
std::u32string fix_encoding(std::u32string text) { return text; }
}  // namespace vifi::text
