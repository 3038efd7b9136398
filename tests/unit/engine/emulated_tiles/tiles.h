#pragma once

// The tile registers of AMX in plain C++, in place of the intrinsics: for a compiler's -include. So code for them runs on
// any processor that has the rest of what it needs, and a sanitizer it is built with sees what it reads and writes.

#include <cstddef>

#include "cpu/avx512.h"

namespace vifi::emulated_tiles {

/// From 64 bytes: palette 1, then the bytes of a row of each tile from byte 16 and the rows of each from byte 48. Aborts
/// where a processor would raise an exception, as all of these do.
void load_config(const void* config);
void release();
void zero(int tile);
/// @param stride  bytes between rows
void load(int tile, const void* base, std::ptrdiff_t stride);
void store(int tile, void* base, std::ptrdiff_t stride);
/// `sums` (float32) += `a` (rows of pairs of bf16) times `b` (the pairs of a column beside each other).
void multiply_bf16(int sums, int a, int b);

}  // namespace vifi::emulated_tiles

#undef _tile_loadconfig
#undef _tile_release
#undef _tile_zero
#undef _tile_loadd
#undef _tile_stored
#undef _tile_dpbf16ps
#define _tile_loadconfig(config) vifi::emulated_tiles::load_config(config)
#define _tile_release() vifi::emulated_tiles::release()
#define _tile_zero(tile) vifi::emulated_tiles::zero(tile)
#define _tile_loadd(tile, base, stride) vifi::emulated_tiles::load(tile, base, stride)
#define _tile_stored(tile, base, stride) vifi::emulated_tiles::store(tile, base, stride)
#define _tile_dpbf16ps(sums, a, b) vifi::emulated_tiles::multiply_bf16(sums, a, b)
