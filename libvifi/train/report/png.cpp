#include "report/png.h"

#include <zlib.h>

#include <cstdlib>
#include <string_view>

#include "vifi/error.h"

namespace vifi::train {
namespace {

using Bytes = std::vector<std::uint8_t>;

void append(Bytes& out, std::uint32_t value) {
  for (const int shift : {24, 16, 8, 0})
    out.push_back(static_cast<std::uint8_t>(value >> shift));
}

void add_chunk(Bytes& out, std::string_view type, const Bytes& content) {
  append(out, static_cast<std::uint32_t>(content.size()));
  const std::size_t begin = out.size();
  out.insert(out.end(), type.begin(), type.end());
  out.insert(out.end(), content.begin(), content.end());
  append(out, static_cast<std::uint32_t>(crc32(0, out.data() + begin, static_cast<uInt>(out.size() - begin))));
}

/// PNG's predictor of a byte from its left, upper and upper left neighbours.
int paeth(int left, int up, int corner) {
  const int by_left = std::abs(up - corner), by_up = std::abs(left - corner),
            by_corner = std::abs(left + up - 2 * corner);
  if (by_left <= by_up && by_left <= by_corner) return left;
  return by_up <= by_corner ? up : corner;
}

}  // namespace

std::vector<std::uint8_t> png_of(std::span<const std::uint8_t> planes, int width, int height) {
  constexpr int kMost = 1 << 14;
  if (width < 1 || height < 1 || width > kMost || height > kMost ||
      planes.size() != std::size_t{3} * static_cast<std::size_t>(width) * static_cast<std::size_t>(height)) {
    throw Error(ErrorCode::invalid_argument, "[png] sizes that do not fit");
  }
  const std::size_t area = planes.size() / 3;
  const auto pixel = [&](int x, int y, std::size_t channel) -> int {
    return x < 0 || y < 0 ? 0 : planes[channel * area + static_cast<std::size_t>(y) * width + x];
  };
  Bytes lines;
  lines.reserve(planes.size() + static_cast<std::size_t>(height));
  for (int y = 0; y < height; ++y) {
    lines.push_back(4);  // all lines are filtered by Paeth's predictor
    for (int x = 0; x < width; ++x) {
      for (std::size_t c = 0; c < 3; ++c) {
        const int guess = paeth(pixel(x - 1, y, c), pixel(x, y - 1, c), pixel(x - 1, y - 1, c));
        lines.push_back(static_cast<std::uint8_t>(pixel(x, y, c) - guess));
      }
    }
  }
  uLongf size = compressBound(static_cast<uLong>(lines.size()));
  Bytes packed(size);
  if (compress2(packed.data(), &size, lines.data(), static_cast<uLong>(lines.size()), Z_BEST_COMPRESSION) != Z_OK) {
    throw Error(ErrorCode::out_of_memory, "[png] a picture cannot be packed");
  }
  packed.resize(size);

  Bytes out{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  Bytes header;
  append(header, static_cast<std::uint32_t>(width));
  append(header, static_cast<std::uint32_t>(height));
  header.insert(header.end(), {8, 2, 0, 0, 0});  // 8 bits, RGB, the only packing and filters, not interlaced
  add_chunk(out, "IHDR", header);
  add_chunk(out, "IDAT", packed);
  add_chunk(out, "IEND", {});
  return out;
}

}  // namespace vifi::train
