#include "video/permuted_taps.h"

#include <algorithm>

#include "video/resize_table.h"

namespace vifi {
namespace {

/// Takes the lowest byte off as a signed one.
std::int8_t take_byte(std::int32_t& value) {
  const auto byte = static_cast<std::int8_t>(value & 0xff);
  value = (value - byte) / 256;
  return byte;
}

void set_tap(PermutedTaps::Quad& quad, std::size_t byte, int sample, std::int32_t weight) {
  quad.sample[byte] = static_cast<std::uint8_t>(sample);
  quad.low[byte] = take_byte(weight);
  quad.middle[byte] = take_byte(weight);
  quad.high[byte] = static_cast<std::int8_t>(weight);  // 22 bits and a sign: fits
}

}  // namespace

PermutedTaps permuted_taps(const ResizeTable& table) {
  constexpr std::size_t outputs = PermutedTaps::kOutputs;
  const std::size_t count = table.first.size();
  PermutedTaps permuted;
  for (std::size_t from = 0; from < count; from += outputs) {
    const int begin = table.first[from];
    for (std::size_t i = from; i < std::min(from + outputs, count); ++i) {
      if (table.first[i] + table.used[i] - begin > PermutedTaps::kWindow) {
        return {};
      }
    }
    permuted.groups.push_back({begin, std::min(table.source_end - begin, PermutedTaps::kWindow)});
  }
  permuted.quads = (*std::max_element(table.used.begin(), table.used.end()) + 3) / 4;
  permuted.taps.resize(permuted.groups.size() * static_cast<std::size_t>(permuted.quads));
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t group = i / outputs;
    for (int k = 0; k < table.used[i]; ++k) {
      const auto tap = static_cast<std::size_t>(k);
      set_tap(permuted.taps[group * static_cast<std::size_t>(permuted.quads) + tap / 4], 4 * (i % outputs) + tap % 4,
              table.first[i] + k - permuted.groups[group].begin,
              table.fixed(i * static_cast<std::size_t>(table.taps) + tap));
    }
  }
  return permuted;
}

}  // namespace vifi
