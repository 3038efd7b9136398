#pragma once

// Activations to 12 bits, for results that are rounded to bf16's 8. Include it before anything that includes ATen.

#include "cpu/after.h"
#include "cpu/avx512.h"

#if defined(__x86_64__)

namespace vifi::avx512 {

/// v * sigmoid(x). Where e^-x is infinite the result is 0.
VIFI_AVX512 inline __m512 rough_gate(__m512 v, __m512 x) {
  const __m512 below = rough_power_of_two(_mm512_mul_ps(x, _mm512_set1_ps(-kLog2E)));
  return _mm512_mul_ps(v, _mm512_rcp14_ps(_mm512_add_ps(_mm512_set1_ps(1), below)));
}

/// v times the normal distribution's share below v. Abramowitz and Stegun, 7.1.26.
VIFI_AVX512 inline __m512 rough_gelu(__m512 v) {
  const __m512 size = _mm512_abs_ps(v);
  const __m512 t = _mm512_rcp14_ps(_mm512_fmadd_ps(size, _mm512_set1_ps(0.231641888F), _mm512_set1_ps(1)));  // 0.3275911 / sqrt(2)
  __m512 sum = _mm512_set1_ps(0.5F * 1.061405429F);
  sum = _mm512_fmadd_ps(sum, t, _mm512_set1_ps(0.5F * -1.453152027F));
  sum = _mm512_fmadd_ps(sum, t, _mm512_set1_ps(0.5F * 1.421413741F));
  sum = _mm512_fmadd_ps(sum, t, _mm512_set1_ps(0.5F * -0.284496736F));
  sum = _mm512_fmadd_ps(sum, t, _mm512_set1_ps(0.5F * 0.254829592F));
  const __m512 power = _mm512_mul_ps(_mm512_mul_ps(v, v), _mm512_set1_ps(-0.5F * kLog2E));
  const __m512 beyond = _mm512_mul_ps(_mm512_mul_ps(sum, t), rough_power_of_two(power));  // the share above |v|
  const __mmask16 negative = _mm512_movepi32_mask(_mm512_castps_si512(v));
  return _mm512_mul_ps(v, _mm512_mask_mov_ps(_mm512_sub_ps(_mm512_set1_ps(1), beyond), negative, beyond));
}

VIFI_AVX512 inline __m512 rough_gelu_tanh(__m512 v) {
  const __m512 cube = _mm512_fmadd_ps(_mm512_mul_ps(v, v), _mm512_set1_ps(0.044715F), _mm512_set1_ps(1));
  return rough_gate(v, _mm512_mul_ps(_mm512_mul_ps(v, cube), _mm512_set1_ps(1.595769122F)));  // 2 sqrt(2 / pi)
}

template <After after>
VIFI_AVX512 inline __m512 rough(__m512 v) {
  if constexpr (after == After::silu) {
    return rough_gate(v, v);
  } else if constexpr (after == After::gelu) {
    return rough_gelu(v);
  } else if constexpr (after == After::gelu_tanh) {
    return rough_gelu_tanh(v);
  } else {
    return v;
  }
}

}  // namespace vifi::avx512

#endif
