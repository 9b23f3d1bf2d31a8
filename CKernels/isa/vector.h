// What every ISA header shares: operations on its vectors ck_vf (float) and ck_vd (double), found by overloading.
// Included between the begin and the end of an ISA, so that each copy is compiled for that ISA.
#pragma once
#include "isa/inline.h"
#include <stdint.h>

// A product and a sum in one expression: one fused instruction where the ISA has it, two where it has not.
#define CK_VECTOR_OPERATIONS(V, T)                                                                                               \
  CK_INLINE V ck_load(const T *p) {                                                                                              \
    V v;                                                                                                                         \
    __builtin_memcpy(&v, p, sizeof v);                                                                                           \
    return v;                                                                                                                    \
  }                                                                                                                              \
  CK_INLINE V ck_broadcast(const T *p) { return *p - (V){}; }                                                                    \
  CK_INLINE void ck_store(T *p, V v) { __builtin_memcpy(p, &v, sizeof v); }                                                      \
  CK_INLINE void ck_store_past(T *p, V v) { __builtin_nontemporal_store(v, (V *)p); }                                            \
  CK_INLINE void ck_store_one(T *p, T value) { *p = value; }                                                                     \
  CK_INLINE V ck_madd(V acc, V a, V b) { return acc + a * b; }                                                                   \
  CK_INLINE V ck_add(V a, V b) { return a + b; }                                                                                 \
  /* Pairs, then pairs of pairs: one order for every ISA of this width. */                                                       \
  CK_INLINE T ck_sum(V v) {                                                                                                      \
    T lane[sizeof(V) / sizeof(T)];                                                                                               \
    __builtin_memcpy(lane, &v, sizeof v);                                                                                        \
    for (int width = sizeof(V) / sizeof(T) / 2; width > 0; width /= 2)                                                           \
      for (int l = 0; l < width; l++) lane[l] += lane[l + width];                                                                \
    return lane[0];                                                                                                              \
  }

CK_VECTOR_OPERATIONS(ck_vf, float)
CK_VECTOR_OPERATIONS(ck_vd, double)

// Halves added until four lanes are left.
typedef float ck_v4 __attribute__((vector_size(16)));
CK_INLINE ck_v4 ck_folded(ck_vf v) {
  ck_v4 quarter[sizeof v / sizeof(ck_v4)];
  __builtin_memcpy(quarter, &v, sizeof v);
  for (int width = sizeof v / sizeof(ck_v4) / 2; width > 0; width /= 2)
    for (int l = 0; l < width; l++) quarter[l] += quarter[l + width];
  return quarter[0];
}

/// What `ck_sum` makes of each of `count` vectors, in the same order, times `factor`: of four at once, in a quarter of the
/// instructions.
CK_INLINE void ck_sum_each(float *sums, const ck_vf *v, const int count, float factor) {
  int i = 0;
  for (; i + 4 <= count; i += 4) {
    const ck_v4 a = ck_folded(v[i]), b = ck_folded(v[i + 1]), c = ck_folded(v[i + 2]), d = ck_folded(v[i + 3]);
    const ck_v4 ab = __builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7);
    const ck_v4 cd = __builtin_shufflevector(c, d, 0, 1, 4, 5) + __builtin_shufflevector(c, d, 2, 3, 6, 7);
    const ck_v4 each = (__builtin_shufflevector(ab, cd, 0, 2, 4, 6) + __builtin_shufflevector(ab, cd, 1, 3, 5, 7)) * factor;
    __builtin_memcpy(sums + i, &each, sizeof each);
  }
  for (; i < count; i++) sums[i] = ck_sum(v[i]) * factor;
}
CK_INLINE float ck_madd_one(float acc, float a, float b) { return acc + a * b; }

// fp32 rounded to bf16: to nearest, ties to even; NaN stays NaN, made quiet.
typedef uint32_t ck_vu __attribute__((vector_size(sizeof(ck_vf))));
typedef uint16_t ck_vh __attribute__((vector_size(sizeof(ck_vf) / 2)));
CK_INLINE ck_vh ck_rounded(ck_vf v) {
  const ck_vu bits = (ck_vu)v, nan = (ck_vu)(v != v);
  const ck_vu rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16, quiet = (bits >> 16) | 0x40;
  return __builtin_convertvector((quiet & nan) | (rounded & ~nan), ck_vh);
}
CK_INLINE void ck_store(uint16_t *p, ck_vf v) {
  const ck_vh halves = ck_rounded(v);
  __builtin_memcpy(p, &halves, sizeof halves);
}
CK_INLINE void ck_store_one(uint16_t *p, float value) { *p = ck_rounded(value - (ck_vf){})[0]; }
