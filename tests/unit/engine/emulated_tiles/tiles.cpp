#include "tiles.h"

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "cpu/amx_available.h"

namespace vifi {
namespace emulated_tiles {
namespace {

constexpr int kTiles = 8, kMostRows = 16, kMostBytes = 64, kWords = kMostBytes / 4;

struct Registers {
  bool configured = false;
  int rows[kTiles], bytes[kTiles];
  std::uint32_t words[kTiles][kMostRows][kWords];
};
thread_local Registers registers;

void require(bool that, const char* what) {
  if (!that) {
    std::fprintf(stderr, "emulated tiles: %s\n", what);
    std::abort();
  }
}

void require_tile(int tile) {
  require(registers.configured, "used without a configuration");
  require(tile >= 0 && tile < kTiles && registers.rows[tile] > 0, "a tile that is not configured");
}

float low(std::uint32_t pair) { return std::bit_cast<float>(pair << 16); }
float high(std::uint32_t pair) { return std::bit_cast<float>(pair & 0xffff0000U); }

}  // namespace

void load_config(const void* config) {
  std::uint8_t bytes[64];
  std::memcpy(bytes, config, sizeof bytes);
  require(bytes[0] == 1, "an unknown palette");
  for (int tile = 0; tile < kTiles; ++tile) {
    registers.bytes[tile] = bytes[16 + 2 * tile] | bytes[17 + 2 * tile] << 8;
    registers.rows[tile] = bytes[48 + tile];
    require(registers.bytes[tile] <= kMostBytes && registers.rows[tile] <= kMostRows, "a tile that is too large");
  }
  std::memset(registers.words, 0, sizeof registers.words);
  registers.configured = true;
}

void release() { registers = {}; }

void zero(int tile) {
  require_tile(tile);
  std::memset(registers.words[tile], 0, sizeof registers.words[tile]);
}

void load(int tile, const void* base, std::ptrdiff_t stride) {
  zero(tile);
  for (int row = 0; row < registers.rows[tile]; ++row) {
    std::memcpy(registers.words[tile][row], static_cast<const std::byte*>(base) + row * stride,
                static_cast<std::size_t>(registers.bytes[tile]));
  }
}

void store(int tile, void* base, std::ptrdiff_t stride) {
  require_tile(tile);
  for (int row = 0; row < registers.rows[tile]; ++row) {
    std::memcpy(static_cast<std::byte*>(base) + row * stride, registers.words[tile][row],
                static_cast<std::size_t>(registers.bytes[tile]));
  }
}

void multiply_bf16(int sums, int a, int b) {
  require_tile(sums);
  require_tile(a);
  require_tile(b);
  require(sums != a && sums != b && a != b, "a product of one tile twice");
  const int rows = registers.rows[sums], pairs = registers.bytes[a] / 4;
  require(registers.rows[a] == rows && registers.rows[b] == pairs && registers.bytes[b] == registers.bytes[sums],
          "tiles whose sizes do not match");
  for (int row = 0; row < rows; ++row) {
    float evens[kWords] = {}, odds[kWords] = {};
    for (int pair = 0; pair < pairs; ++pair) {
      const std::uint32_t left = registers.words[a][row][pair];
      for (int column = 0; column < kWords; ++column) {
        const std::uint32_t right = registers.words[b][pair][column];
        evens[column] += low(left) * low(right);
        odds[column] += high(left) * high(right);
      }
    }
    for (int column = 0; column < kWords; ++column) {
      std::uint32_t& sum = registers.words[sums][row][column];
      sum = std::bit_cast<std::uint32_t>(std::bit_cast<float>(sum) + (evens[column] + odds[column]));
    }
  }
}

}  // namespace emulated_tiles

bool amx_available() { return avx512::available_for_bf16(); }

}  // namespace vifi
