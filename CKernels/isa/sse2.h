// Begin SSE2, the baseline of x86-64. Ends with isa/end.h.
#pragma once
#define CK_ISA_NAME sse2 // ends the names of its functions
#include <immintrin.h>
#include <stdint.h>
#pragma clang attribute push(__attribute__((target("sse2"))), apply_to = function)

typedef float ck_vf __attribute__((vector_size(16)));
typedef double ck_vd __attribute__((vector_size(16)));
typedef int64_t ck_mask; // SSE2 has no masked access: a scalar tail of so many lanes
#include "isa/vector.h"

CK_INLINE ck_mask ck_first(int64_t lanes) { return lanes; }

#define CK_SCALAR_TAIL(V, T)                                                                                                     \
  CK_INLINE V ck_load_first(const T *p, ck_mask lanes) {                                                                         \
    V v = {};                                                                                                                    \
    for (int64_t l = 0; l < (int64_t)(sizeof(V) / sizeof(T)); l++)                                                               \
      if (l < lanes) v[l] = p[l];                                                                                                \
    return v;                                                                                                                    \
  }                                                                                                                              \
  CK_INLINE void ck_store_first(T *p, V v, ck_mask lanes) {                                                                      \
    for (int64_t l = 0; l < (int64_t)(sizeof(V) / sizeof(T)); l++)                                                               \
      if (l < lanes) p[l] = v[l];                                                                                                \
  }
CK_SCALAR_TAIL(ck_vf, float)
CK_SCALAR_TAIL(ck_vd, double)

// Between two bounds; NaN, the second operand of a comparison that has none, passes.
CK_INLINE ck_vf ck_within(ck_vf v, ck_vf low, ck_vf high) { return _mm_min_ps(high, _mm_max_ps(low, v)); }
CK_INLINE ck_vd ck_within(ck_vd v, ck_vd low, ck_vd high) { return _mm_min_pd(high, _mm_max_pd(low, v)); }

// bf16, widened: the upper half of a float.
CK_INLINE ck_vf ck_load(const uint16_t *p) {
  return (ck_vf)_mm_unpacklo_epi16(_mm_setzero_si128(), _mm_loadl_epi64((const __m128i *)p));
}
CK_INLINE ck_vf ck_load_first(const uint16_t *p, ck_mask lanes) {
  uint16_t some[4] = {};
  for (int64_t l = 0; l < 4; l++)
    if (l < lanes) some[l] = p[l];
  return ck_load(some);
}

CK_INLINE void ck_store_first(uint16_t *p, ck_vf v, ck_mask lanes) {
  const ck_vh halves = ck_rounded(v);
  for (int64_t l = 0; l < (int64_t)(sizeof(ck_vf) / sizeof(float)); l++)
    if (l < lanes) p[l] = halves[l];
}

// Lanes from `begin` up to `end`, which may lie outside the vector; zeros in the others, whose memory isn't touched.
#define CK_SCALAR_BETWEEN(T)                                                                                                     \
  CK_INLINE ck_vf ck_load_between(const T *p, int64_t begin, int64_t end) {                                                      \
    T some[4] = {};                                                                                                              \
    for (int64_t l = 0; l < 4; l++)                                                                                              \
      if (l >= begin && l < end) some[l] = p[l];                                                                                 \
    return ck_load(some);                                                                                                        \
  }
CK_SCALAR_BETWEEN(float)
CK_SCALAR_BETWEEN(uint16_t)

/// Whether `ck_load_between` is an instruction.
CK_INLINE bool ck_has_masks(const float *p) { return (void)p, false; }
CK_INLINE bool ck_has_masks(const uint16_t *p) { return (void)p, false; }

// Every second lane of two vectors.
CK_INLINE ck_vf ck_even(ck_vf a, ck_vf b) { return __builtin_shufflevector(a, b, 0, 2, 4, 6); }

// Lane `i` of each four, in all of them.
CK_INLINE ck_vf ck_quad(ck_vf v, const int i) {
  return i == 0   ? _mm_shuffle_ps(v, v, 0x00)
         : i == 1 ? _mm_shuffle_ps(v, v, 0x55)
         : i == 2 ? _mm_shuffle_ps(v, v, 0xAA)
                  : _mm_shuffle_ps(v, v, 0xFF);
}

// Of each `width` lanes, 4, the four number `four`, in all fours of them: there are no more.
CK_INLINE ck_vf ck_fours(ck_vf v, const int width, const int four) { return (void)width, (void)four, v; }
