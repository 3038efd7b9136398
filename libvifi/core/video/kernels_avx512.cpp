#include "video/kernels.h"

#if defined(__x86_64__)

// GCC 12 warns of a variable in its own header that is meant to be undefined.
#pragma GCC diagnostic push
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#pragma GCC diagnostic pop

#include <algorithm>

// As in kernels_avx2.cpp, the target is an attribute of each function. What is asked for beyond AVX-512 itself came with
// Intel's Ice Lake and AMD's Zen 4.
#define VIFI_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vnni")))

namespace vifi {
namespace {

/// The first `count` bytes; nothing beyond them is read.
VIFI_AVX512 inline __m512i load_part(const std::uint8_t* from, int count) {
  const __mmask64 mask = count >= 64 ? ~0ULL : count <= 0 ? 0ULL : (1ULL << count) - 1;
  return _mm512_maskz_loadu_epi8(mask, from);
}

/// Sixteen outputs. The sums are exact modulo 2^32, and the whole sum fits.
VIFI_AVX512 inline __m128i pillow_group(const std::uint8_t* window, int available, const PermutedTaps::Quad* taps,
                                        int quads) {
  const __m512i front = load_part(window, available);
  const __m512i back = load_part(window + 64, available - 64);
  __m512i low = _mm512_setzero_si512(), middle = low, high = low;
  for (int quad = 0; quad < quads; ++quad) {
    const PermutedTaps::Quad& tap = taps[quad];
    const __m512i samples = _mm512_permutex2var_epi8(front, _mm512_load_si512(tap.sample), back);
    low = _mm512_dpbusd_epi32(low, samples, _mm512_load_si512(tap.low));
    middle = _mm512_dpbusd_epi32(middle, samples, _mm512_load_si512(tap.middle));
    high = _mm512_dpbusd_epi32(high, samples, _mm512_load_si512(tap.high));
  }
  const __m512i sum = _mm512_add_epi32(_mm512_add_epi32(low, _mm512_slli_epi32(middle, 8)), _mm512_slli_epi32(high, 16));
  const __m512i rounded = _mm512_srai_epi32(_mm512_add_epi32(sum, _mm512_set1_epi32(1 << 21)), 22);
  return _mm512_cvtusepi32_epi8(_mm512_max_epi32(rounded, _mm512_setzero_si512()));
}

VIFI_AVX512 void pillow_row(const std::uint8_t* source, const ResizeTable& table, std::uint8_t* out) {
  const PermutedTaps& permuted = table.permuted;
  if (permuted.quads == 0) {
    avx2_kernels()->pillow_row(source, table, out);
    return;
  }
  const int count = static_cast<int>(table.first.size());
  const PermutedTaps::Quad* taps = permuted.taps.data();
  int done = 0;
  for (const PermutedTaps::Group& group : permuted.groups) {
    const __m128i bytes = pillow_group(source + (group.begin - table.source_begin), group.available, taps, permuted.quads);
    const int left = std::min(count - done, PermutedTaps::kOutputs);
    _mm_mask_storeu_epi8(out + done, static_cast<__mmask16>((1U << left) - 1), bytes);
    taps += permuted.quads;
    done += PermutedTaps::kOutputs;
  }
}

}  // namespace

const Kernels* avx512_kernels() {
  static const bool runs = avx2_kernels() != nullptr && __builtin_cpu_supports("avx512f") &&
                           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                           __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni");
  if (!runs) {
    return nullptr;
  }
  static const Kernels kernels = [] {
    Kernels best = *avx2_kernels();
    best.name = "avx512";
    best.pillow_row = pillow_row;
    return best;
  }();
  return &kernels;
}

}  // namespace vifi

#else

namespace vifi {

const Kernels* avx512_kernels() { return nullptr; }

}  // namespace vifi

#endif
