// Begin AVX2 with FMA. Ends with isa/end.h.
#pragma once
#define CK_ISA_NAME avx2 // ends the names of its functions
#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>
// Has `v` computed here.
#define CK_SETTLE(v) asm volatile("" : "+x"(v))
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

typedef float ck_vf __attribute__((vector_size(32)));
typedef double ck_vd __attribute__((vector_size(32)));
typedef int64_t ck_mask;
#include "isa/vector.h"

CK_INLINE ck_mask ck_first(int64_t lanes) { return lanes; }

// A mask is read from a table: made by a comparison, it would hold two registers more in the loop over k.
static const int32_t ck_live32[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
static const int64_t ck_live64[8] = {-1, -1, -1, -1};
CK_INLINE __m256i ck_lanes32(ck_mask lanes) { return _mm256_loadu_si256((const __m256i *)(ck_live32 + 8 - lanes)); }
CK_INLINE __m256i ck_lanes64(ck_mask lanes) { return _mm256_loadu_si256((const __m256i *)(ck_live64 + 4 - lanes)); }
CK_INLINE ck_vf ck_load_first(const float *p, ck_mask lanes) { return _mm256_maskload_ps(p, ck_lanes32(lanes)); }
CK_INLINE ck_vd ck_load_first(const double *p, ck_mask lanes) { return _mm256_maskload_pd(p, ck_lanes64(lanes)); }
// By powers of two: a masked store takes longer (1000 x 5^3 on Zen 3 6.5 to 11.7 GFLOP/s, 24^3, whose last vector is whole, 49 to
// 59).
CK_INLINE void ck_store_first(float *p, ck_vf v, ck_mask lanes) {
  if (lanes == 8) {
    _mm256_storeu_ps(p, v);
    return;
  }
  __m128 some = _mm256_castps256_ps128(v);
  if (lanes & 4) {
    _mm_storeu_ps(p, some);
    some = _mm256_extractf128_ps(v, 1), p += 4;
  }
  if (lanes & 2) {
    _mm_storel_pi((__m64 *)p, some);
    some = _mm_movehl_ps(some, some), p += 2;
  }
  if (lanes & 1) _mm_store_ss(p, some);
}
CK_INLINE void ck_store_first(double *p, ck_vd v, ck_mask lanes) {
  if (lanes == 4) {
    _mm256_storeu_pd(p, v);
    return;
  }
  __m128d some = _mm256_castpd256_pd128(v);
  if (lanes & 2) {
    _mm_storeu_pd(p, some);
    some = _mm256_extractf128_pd(v, 1), p += 2;
  }
  if (lanes & 1) _mm_store_sd(p, some);
}

// Between two bounds; NaN, the second operand of a comparison that has none, passes.
CK_INLINE ck_vf ck_within(ck_vf v, ck_vf low, ck_vf high) { return _mm256_min_ps(high, _mm256_max_ps(low, v)); }
CK_INLINE ck_vd ck_within(ck_vd v, ck_vd low, ck_vd high) { return _mm256_min_pd(high, _mm256_max_pd(low, v)); }

// bf16, widened: the upper half of a float. AVX2 masks no 16-bit elements, hence the copy.
CK_INLINE ck_vf ck_broadcast(const uint16_t *p) { return (ck_vf)_mm256_slli_epi32(_mm256_set1_epi16((int16_t)*p), 16); }
CK_INLINE ck_vf ck_load(const uint16_t *p) {
  return (ck_vf)_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p)), 16);
}
CK_INLINE ck_vf ck_load_first(const uint16_t *p, ck_mask lanes) {
  if (lanes == 8) return ck_load(p);
  uint16_t some[8] = {};
  for (int64_t l = 0; l < 8; l++)
    if (l < lanes) some[l] = p[l];
  return ck_load(some);
}

CK_INLINE void ck_store_first(uint16_t *p, ck_vf v, ck_mask lanes) {
  const ck_vh halves = ck_rounded(v);
  for (int64_t l = 0; l < (int64_t)(sizeof(ck_vf) / sizeof(float)); l++)
    if (l < lanes) p[l] = halves[l];
}

// Lanes from `begin` up to `end`, which may lie outside the vector; zeros in the others, whose memory isn't touched.
CK_INLINE ck_vf ck_load_between(const float *p, int64_t begin, int64_t end) {
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  const int32_t from = begin < 0 ? 0 : begin > 8 ? 8 : (int32_t)begin, to = end < 0 ? 0 : end > 8 ? 8 : (int32_t)end;
  const __m256i before = _mm256_cmpgt_epi32(_mm256_set1_epi32(from), lane);
  return _mm256_maskload_ps(p, _mm256_andnot_si256(before, _mm256_cmpgt_epi32(_mm256_set1_epi32(to), lane)));
}
CK_INLINE ck_vf ck_load_between(const uint16_t *p, int64_t begin, int64_t end) {
  uint16_t some[8] = {};
  for (int64_t l = 0; l < 8; l++)
    if (l >= begin && l < end) some[l] = p[l];
  return ck_load(some);
}

/// Whether `ck_load_between` is an instruction.
CK_INLINE bool ck_has_masks(const float *p) { return (void)p, true; }
CK_INLINE bool ck_has_masks(const uint16_t *p) { return (void)p, false; }

// Every second lane of two vectors.
CK_INLINE ck_vf ck_even(ck_vf a, ck_vf b) { return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14); }

// Lane `i` of each four, in all of them.
CK_INLINE ck_vf ck_quad(ck_vf v, const int i) {
  return i == 0   ? _mm256_permute_ps(v, 0x00)
         : i == 1 ? _mm256_permute_ps(v, 0x55)
         : i == 2 ? _mm256_permute_ps(v, 0xAA)
                  : _mm256_permute_ps(v, 0xFF);
}

// Of each `width` lanes, 4 or 8, the four number `four`, in all fours of them.
CK_INLINE ck_vf ck_fours(ck_vf v, const int width, const int four) {
  if (width == 4) return v;
  return four == 0 ? _mm256_permute2f128_ps(v, v, 0x00) : _mm256_permute2f128_ps(v, v, 0x11);
}
