#pragma once

// AVX-512 for files of this folder; include it before anything that includes ATen.

#if defined(__x86_64__)

// GCC 12 warns of a variable in its own header that is meant to be undefined.
#pragma GCC diagnostic push
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>
#pragma GCC diagnostic pop

#include <cstdint>

// The target is an attribute of each function, so that no inline function of a header is compiled with it.
#define VIFI_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))

// For loops over registers: GCC unrolls none of its own accord at -O2.
#if defined(__clang__)
#define VIFI_UNROLL _Pragma("unroll")
#else
#define VIFI_UNROLL _Pragma("GCC unroll 16")
#endif

namespace vifi::avx512 {

/// Whether the machine has what VIFI_AVX512 names, but for bf16.
inline bool available() {
  static const bool all = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  return all;
}
inline bool available_for_bf16() {
  static const bool all = available() && __builtin_cpu_supports("avx512bf16");
  return all;
}

/// The first `count` of 16 lanes.
VIFI_AVX512 inline __mmask16 first_lanes(std::int64_t count) {
  return count >= 16 ? static_cast<__mmask16>(0xffff) : static_cast<__mmask16>(count <= 0 ? 0 : (1U << count) - 1);
}

/// e^x to two units in the last place, for x below 88; 0 far below 0.
VIFI_AVX512 inline __m512 exponential(__m512 x) {
  const __m512 power = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504F)), _MM_FROUND_TO_NEAREST_INT);
  __m512 rest = _mm512_fnmadd_ps(power, _mm512_set1_ps(0.693145752F), x);
  rest = _mm512_fnmadd_ps(power, _mm512_set1_ps(1.42860677e-6F), rest);
  __m512 sum = _mm512_set1_ps(1.0F / 720);
  sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(1.0F / 120));
  sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(1.0F / 24));
  sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(1.0F / 6));
  sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(0.5F));
  sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(1.0F));
  sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(1.0F));
  return _mm512_scalef_ps(sum, power);
}

/// x * sigmoid(x) to three units in the last place.
VIFI_AVX512 inline __m512 silu(__m512 x) {
  // 1 + e^-x, with x kept from where e^-x overflows: there the result is 0 to float32's last place
  const __m512 kept = _mm512_max_ps(x, _mm512_set1_ps(-87));
  const __m512 below = _mm512_add_ps(_mm512_set1_ps(1), exponential(_mm512_sub_ps(_mm512_setzero_ps(), kept)));
  const __m512 guess = _mm512_rcp14_ps(below);  // and a step of Newton's: a third of a division's time
  return _mm512_mul_ps(x, _mm512_mul_ps(guess, _mm512_fnmadd_ps(below, guess, _mm512_set1_ps(2))));
}

/// Rows and columns of 16 x 16 words of 32 bits exchanged.
VIFI_AVX512 inline void transpose(__m512i* rows) {
  __m512i other[16];
  for (int i = 0; i < 16; i += 2) {
    other[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
    other[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    rows[i] = _mm512_unpacklo_epi64(other[i], other[i + 2]);
    rows[i + 1] = _mm512_unpackhi_epi64(other[i], other[i + 2]);
    rows[i + 2] = _mm512_unpacklo_epi64(other[i + 1], other[i + 3]);
    rows[i + 3] = _mm512_unpackhi_epi64(other[i + 1], other[i + 3]);
  }
  for (int i = 0; i < 4; ++i) {
    other[i] = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0x88);
    other[i + 4] = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0xdd);
    other[i + 8] = _mm512_shuffle_i32x4(rows[i + 8], rows[i + 12], 0x88);
    other[i + 12] = _mm512_shuffle_i32x4(rows[i + 8], rows[i + 12], 0xdd);
  }
  for (int i = 0; i < 4; ++i) {
    rows[i] = _mm512_shuffle_i32x4(other[i], other[i + 8], 0x88);
    rows[i + 8] = _mm512_shuffle_i32x4(other[i], other[i + 8], 0xdd);
    rows[i + 4] = _mm512_shuffle_i32x4(other[i + 4], other[i + 12], 0x88);
    rows[i + 12] = _mm512_shuffle_i32x4(other[i + 4], other[i + 12], 0xdd);
  }
}

inline constexpr float kLog2E = 1.44269504F;

/// 2^x to 13 bits, for what is rounded to bf16; infinite from 128 on, 0 far below 0.
VIFI_AVX512 inline __m512 rough_power_of_two(__m512 x) {
  const __m512 power = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT);
  const __m512 rest = _mm512_sub_ps(x, power);
  __m512 sum = _mm512_set1_ps(0.0551716685F);  // of the third degree, least relative error on -0.5..0.5
  sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(0.242611125F));
  sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(0.693260968F));
  sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(0.999928072F));
  return _mm512_scalef_ps(sum, power);
}

// Sixteen values of either type, as float32.
VIFI_AVX512 inline __m512 load(const float* from, __mmask16 lanes) { return _mm512_maskz_loadu_ps(lanes, from); }
VIFI_AVX512 inline void store(float* to, __mmask16 lanes, __m512 values) { _mm512_mask_storeu_ps(to, lanes, values); }

struct Bf16 {
  std::uint16_t bits;
};
VIFI_AVX512 inline __m512 load(const Bf16* from, __mmask16 lanes) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(lanes, from)), 16));
}
VIFI_AVX512 inline void store(Bf16* to, __mmask16 lanes, __m512 values) {
  _mm256_mask_storeu_epi16(to, lanes, reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(values)));
}

}  // namespace vifi::avx512

#endif
