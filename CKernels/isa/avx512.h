// Begin AVX-512 (F, VL, BW, DQ). Ends with isa/end.h.
#pragma once
#define CK_ISA_NAME avx512 // ends the names of its functions
#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>
#ifndef CK_AVX512_TARGET // isa/avx512bf16.h adds to it
#define CK_AVX512_TARGET "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"
#endif
// Has `v` computed here.
#define CK_SETTLE(v) asm volatile("" : "+v"(v))
#pragma clang attribute push(__attribute__((target(CK_AVX512_TARGET))), apply_to = function)

typedef float ck_vf __attribute__((vector_size(64)));
typedef double ck_vd __attribute__((vector_size(64)));
typedef uint32_t ck_mask;
#include "isa/vector.h"

CK_INLINE ck_mask ck_first(int64_t lanes) { return (uint32_t)((1ull << lanes) - 1); }

CK_INLINE ck_vf ck_load_first(const float *p, ck_mask some) { return _mm512_maskz_loadu_ps((__mmask16)some, p); }
CK_INLINE ck_vd ck_load_first(const double *p, ck_mask some) { return _mm512_maskz_loadu_pd((__mmask8)some, p); }
CK_INLINE void ck_store_first(float *p, ck_vf v, ck_mask some) { _mm512_mask_storeu_ps(p, (__mmask16)some, v); }
CK_INLINE void ck_store_first(double *p, ck_vd v, ck_mask some) { _mm512_mask_storeu_pd(p, (__mmask8)some, v); }

// The multiply-add broadcasts the element itself. The compiler would load an element once for both of its products, which is one
// instruction more: 1024^3 with packed operands beside a busy neighbour 97 instead of 110 GFLOP/s, alone 155 and 158 (Emerald
// Rapids).
#define CK_ISA_FOLDS 1
#if __has_feature(address_sanitizer) // which looks into no assembly
CK_INLINE ck_vf ck_madd_from(ck_vf acc, const float *p, ck_vf b) { return ck_madd(acc, ck_broadcast(p), b); }
CK_INLINE ck_vd ck_madd_from(ck_vd acc, const double *p, ck_vd b) { return ck_madd(acc, ck_broadcast(p), b); }
#else
CK_INLINE ck_vf ck_madd_from(ck_vf acc, const float *p, ck_vf b) {
  __asm__("vfmadd231ps %2%{1to16%}, %1, %0" : "+v"(acc) : "v"(b), "m"(*p));
  return acc;
}
CK_INLINE ck_vd ck_madd_from(ck_vd acc, const double *p, ck_vd b) {
  __asm__("vfmadd231pd %2%{1to8%}, %1, %0" : "+v"(acc) : "v"(b), "m"(*p));
  return acc;
}
#endif

// The same of the lower half of all vectors alone; what the upper half of a sum holds is open. Zen 4 takes whole vectors in two
// steps and halves in one.
#define CK_ISA_HALVES 1
CK_INLINE ck_vf ck_beside_none(__m256 half) {
  return __builtin_shufflevector(half, half, 0, 1, 2, 3, 4, 5, 6, 7, -1, -1, -1, -1, -1, -1, -1, -1);
}
CK_INLINE __m256 ck_half(ck_vf v) { return _mm512_castps512_ps256(v); }
CK_INLINE ck_vf ck_load_half(const float *p, ck_mask some) { return ck_beside_none(_mm256_maskz_loadu_ps((__mmask8)some, p)); }
CK_INLINE ck_vf ck_madd_half(ck_vf acc, ck_vf a, ck_vf b) {
  // Opaque, both: the compiler would make whole vectors of halves that are broadcast, and multiply whole ones where it may.
  __asm__("" : "+v"(a));
  __m256 half = ck_half(acc);
  __asm__("vfmadd231ps %2, %1, %0" : "+v"(half) : "v"(ck_half(a)), "v"(ck_half(b)));
  return ck_beside_none(half);
}
#if __has_feature(address_sanitizer)
CK_INLINE ck_vf ck_madd_half_from(ck_vf acc, const float *p, ck_vf b) { return ck_madd_half(acc, ck_broadcast(p), b); }
#else
CK_INLINE ck_vf ck_madd_half_from(ck_vf acc, const float *p, ck_vf b) {
  __m256 half = ck_half(acc);
  __asm__("vfmadd231ps %2%{1to8%}, %1, %0" : "+v"(half) : "v"(ck_half(b)), "m"(*p));
  return ck_beside_none(half);
}
#endif

// Between two bounds; NaN, the second operand of a comparison that has none, passes.
CK_INLINE ck_vf ck_within(ck_vf v, ck_vf low, ck_vf high) { return _mm512_min_ps(high, _mm512_max_ps(low, v)); }
CK_INLINE ck_vd ck_within(ck_vd v, ck_vd low, ck_vd high) { return _mm512_min_pd(high, _mm512_max_pd(low, v)); }

// bf16, widened: the upper half of a float.
CK_INLINE ck_vf ck_widen(__m256i halves) { return (ck_vf)_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16); }
CK_INLINE ck_vf ck_broadcast(const uint16_t *p) {
  __mmask32 upper = 0xAAAAAAAA;
  // Opaque: the compiler would broadcast to all halves, and clear the lower ones by a shuffle.
  __asm__("" : "+Yk"(upper));
  return (ck_vf)_mm512_maskz_set1_epi16(upper, (int16_t)*p);
}
CK_INLINE ck_vf ck_load(const uint16_t *p) { return ck_widen(_mm256_loadu_si256((const __m256i *)p)); }
CK_INLINE ck_vf ck_load_first(const uint16_t *p, ck_mask some) { return ck_widen(_mm256_maskz_loadu_epi16((__mmask16)some, p)); }
CK_INLINE ck_vf ck_load_half(const uint16_t *p, ck_mask some) {
  const __m128i halves = _mm_maskz_loadu_epi16((__mmask8)some, p);
  return ck_beside_none((__m256)_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
}
CK_INLINE void ck_store_first(uint16_t *p, ck_vf v, ck_mask some) {
  _mm256_mask_storeu_epi16(p, (__mmask16)some, (__m256i)ck_rounded(v));
}

// Lanes from `begin` up to `end`, which may lie outside the vector; zeros in the others, whose memory isn't touched.
CK_INLINE ck_mask ck_between(int64_t begin, int64_t end) {
  const int64_t last = end < 0 ? 0 : end > 16 ? 16 : end, first = begin < 0 ? 0 : begin > last ? last : begin;
  return ck_first(last) & ~ck_first(first);
}
CK_INLINE ck_vf ck_load_between(const float *p, int64_t begin, int64_t end) { return ck_load_first(p, ck_between(begin, end)); }
CK_INLINE ck_vf ck_load_between(const uint16_t *p, int64_t begin, int64_t end) {
  return ck_load_first(p, ck_between(begin, end));
}

/// Whether `ck_load_between` is an instruction.
CK_INLINE bool ck_has_masks(const float *p) { return (void)p, true; }
CK_INLINE bool ck_has_masks(const uint16_t *p) { return (void)p, true; }

// Every second lane of two vectors.
CK_INLINE ck_vf ck_even(ck_vf a, ck_vf b) {
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}

// Lane `i` of each four, in all of them.
CK_INLINE ck_vf ck_quad(ck_vf v, const int i) {
  return i == 0   ? _mm512_permute_ps(v, 0x00)
         : i == 1 ? _mm512_permute_ps(v, 0x55)
         : i == 2 ? _mm512_permute_ps(v, 0xAA)
                  : _mm512_permute_ps(v, 0xFF);
}

// Of each `width` lanes, 4 or 8, the four number `four`, in all fours of them.
CK_INLINE ck_vf ck_fours(ck_vf v, const int width, const int four) {
  if (width == 4) return v;
  return four == 0 ? _mm512_shuffle_f32x4(v, v, 0xA0) : _mm512_shuffle_f32x4(v, v, 0xF5);
}
