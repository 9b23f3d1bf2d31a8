// Scalar code: "vectors" of one lane. Needs no target attribute, so there is no end.
#pragma once
#define CK_ISA_NAME scalar // ends the names of its functions
#include "isa/inline.h"
#include <stdint.h>

typedef float ck_vf;
typedef double ck_vd;
typedef int ck_mask;

// An empty instruction that wants each sum in a register of its own: without it the compiler packs neighbouring sums into one
// vector register (SLP), and the row would no longer show what scalar hardware does.
#if defined(__x86_64__)
#define CK_KEEP_SCALAR(v) __asm__("" : "+x"(v))
#else
#define CK_KEEP_SCALAR(v) __asm__("" : "+w"(v))
#endif

#define CK_SCALAR_OPERATIONS(T)                                                                                                  \
  CK_INLINE T ck_load(const T *p) { return *p; }                                                                                 \
  CK_INLINE T ck_broadcast(const T *p) { return *p; }                                                                            \
  CK_INLINE void ck_store(T *p, T v) {                                                                                           \
    CK_KEEP_SCALAR(v);                                                                                                           \
    *p = v;                                                                                                                      \
  }                                                                                                                              \
  CK_INLINE void ck_store_past(T *p, T v) { ck_store(p, v); }                                                                    \
  CK_INLINE void ck_store_one(T *p, T value) { ck_store(p, value); }                                                             \
  CK_INLINE T ck_madd(T acc, T a, T b) {                                                                                         \
    acc += a * b;                                                                                                                \
    CK_KEEP_SCALAR(acc);                                                                                                         \
    return acc;                                                                                                                  \
  }                                                                                                                              \
  CK_INLINE T ck_add(T a, T b) {                                                                                                 \
    a += b;                                                                                                                      \
    CK_KEEP_SCALAR(a);                                                                                                           \
    return a;                                                                                                                    \
  }                                                                                                                              \
  CK_INLINE T ck_within(T v, T low, T high) { return v < low ? low : v > high ? high : v; }                                      \
  CK_INLINE T ck_load_first(const T *p, ck_mask some) { return some ? *p : 0; }                                                  \
  CK_INLINE void ck_store_first(T *p, T v, ck_mask some) {                                                                       \
    if (some) *p = v;                                                                                                            \
  }                                                                                                                              \
  CK_INLINE T ck_sum(T v) { return v; }

CK_SCALAR_OPERATIONS(float)
CK_SCALAR_OPERATIONS(double)

CK_INLINE void ck_sum_each(float *sums, const ck_vf *v, const int count, float factor) {
  for (int i = 0; i < count; i++) {
    sums[i] = v[i] * factor;
    CK_KEEP_SCALAR(sums[i]);
  }
}
CK_INLINE float ck_madd_one(float acc, float a, float b) { return ck_madd(acc, a, b); }

CK_INLINE ck_mask ck_first(int64_t lanes) { return lanes > 0; }

// bf16, widened: the upper half of a float.
CK_INLINE ck_vf ck_load(const uint16_t *p) {
  uint32_t bits = (uint32_t)*p << 16;
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}
CK_INLINE ck_vf ck_load_first(const uint16_t *p, ck_mask some) { return some ? ck_load(p) : 0; }

// fp32 rounded to bf16: to nearest, ties to even; NaN stays NaN, made quiet.
CK_INLINE void ck_store(uint16_t *p, ck_vf v) {
  uint32_t bits;
  __builtin_memcpy(&bits, &v, sizeof bits);
  *p = (uint16_t)(v != v ? (bits >> 16) | 0x40 : (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}
CK_INLINE void ck_store_one(uint16_t *p, float value) { ck_store(p, value); }
CK_INLINE void ck_store_first(uint16_t *p, ck_vf v, ck_mask some) {
  if (some) ck_store(p, v);
}

CK_INLINE ck_vf ck_load_between(const float *p, int64_t begin, int64_t end) { return begin <= 0 && end > 0 ? *p : 0; }
CK_INLINE ck_vf ck_load_between(const uint16_t *p, int64_t begin, int64_t end) { return begin <= 0 && end > 0 ? ck_load(p) : 0; }

/// Whether `ck_load_between` is an instruction.
CK_INLINE bool ck_has_masks(const float *p) { return (void)p, true; }
CK_INLINE bool ck_has_masks(const uint16_t *p) { return (void)p, true; }

CK_INLINE ck_vf ck_even(ck_vf a, ck_vf b) {
  (void)b;
  return a;
}
