#pragma once

// The tile registers of a processor with AMX, for files of this folder; include it before anything that includes ATen.

#include "cpu/avx512.h"

#if defined(__x86_64__) && defined(__linux__)

#define VIFI_AMX __attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))

namespace vifi::amx {

using Bits = std::uint16_t;  // of a bf16

inline constexpr std::int64_t kRows = 16;             // of a tile
inline constexpr std::int64_t kDeep = 32;             // bf16 in a row of a tile
inline constexpr std::int64_t kWide = 16;             // float32 in a row of a tile
inline constexpr std::int64_t kTile = kRows * kDeep;  // bf16 in a tile
inline constexpr int kRowBytes = 64;                  // of a tile that lies in one piece

constexpr std::int64_t rounded_up(std::int64_t value, std::int64_t to) { return (value + to - 1) / to * to; }

/// Eight tiles of 16 rows of 64 bytes.
struct alignas(64) TileConfig {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(TileConfig) == 64);

}  // namespace vifi::amx

#endif
