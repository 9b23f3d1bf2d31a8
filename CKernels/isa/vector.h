// What every ISA header shares: operations on its vectors ck_vf (float) and ck_vd (double), found by overloading.
// Included between the begin and the end of an ISA, so that each copy is compiled for that ISA.
#pragma once
#include <stdint.h>

#define CK_INLINE static inline __attribute__((always_inline, overloadable))

// A product and a sum in one expression: one fused instruction where the ISA has it, two where it has not.
#define CK_VECTOR_OPERATIONS(V, T)                                                                                               \
  CK_INLINE V ck_load(const T *p) {                                                                                              \
    V v;                                                                                                                         \
    __builtin_memcpy(&v, p, sizeof v);                                                                                           \
    return v;                                                                                                                    \
  }                                                                                                                              \
  CK_INLINE V ck_broadcast(const T *p) { return *p - (V){}; }                                                                    \
  CK_INLINE void ck_store(T *p, V v) { __builtin_memcpy(p, &v, sizeof v); }                                                      \
  CK_INLINE void ck_store_one(T *p, T value) { *p = value; }                                                                     \
  CK_INLINE V ck_madd(V acc, V a, V b) { return acc + a * b; }                                                                   \
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
