// Begin AVX-512 with AVX512_BF16: pairs of bf16 multiplied and summed into fp32. Ends with isa/end.h.
#pragma once
#ifndef CK_AVX512_TARGET // isa/amx.h adds to it
#define CK_AVX512_TARGET "avx512f,avx512vl,avx512bw,avx512dq,avx512bf16,avx2,fma"
#endif
#include "isa/avx512.h"

/// One bf16 as the instruction reads it, in a type of its own: `uint16_t` means "widen".
typedef struct ck_native_bf16 {
  uint16_t bits;
} ck_native_bf16;
/// Two neighbours along K, at any address.
typedef struct ck_native_pair {
  ck_native_bf16 even, odd;
} ck_native_pair;
typedef struct ck_vpairs {
  __m512i bits;
} ck_vpairs;
enum { CK_VPAIRS_ELEMENTS = 32 };

CK_INLINE ck_vpairs ck_load(const ck_native_pair *p) { return (ck_vpairs){_mm512_loadu_si512(p)}; }
CK_INLINE ck_vpairs ck_load_first(const ck_native_pair *p, ck_mask some) {
  return (ck_vpairs){_mm512_maskz_loadu_epi32((__mmask16)some, p)};
}
CK_INLINE ck_vpairs ck_broadcast(const ck_native_pair *p) {
  int32_t pair;
  __builtin_memcpy(&pair, p, sizeof pair);
  return (ck_vpairs){_mm512_set1_epi32(pair)};
}
/// The even one alone, beside zero: the odd one is not read.
CK_INLINE ck_vpairs ck_broadcast_even(const ck_native_pair *p) {
  return (ck_vpairs){_mm512_maskz_set1_epi16(0x55555555, (int16_t)p->even.bits)};
}
/// Pairs of the neighbours in two rows, or of the first ones alone.
CK_INLINE ck_vpairs ck_join(const ck_native_bf16 *even, const ck_native_bf16 *odd, ck_mask some) {
  const __m256i low = _mm256_maskz_loadu_epi16((__mmask16)some, even), high = _mm256_maskz_loadu_epi16((__mmask16)some, odd);
  return (ck_vpairs){_mm512_cvtepu16_epi32(low) | _mm512_slli_epi32(_mm512_cvtepu16_epi32(high), 16)};
}
/// Pairs of one row's neighbours and zeros.
CK_INLINE ck_vpairs ck_join_zeros(const ck_native_bf16 *even, ck_mask some) {
  return (ck_vpairs){_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16((__mmask16)some, even))};
}
CK_INLINE ck_vpairs ck_load(const ck_native_bf16 *p) { return (ck_vpairs){_mm512_loadu_si512(p)}; }
CK_INLINE ck_vpairs ck_load_first(const ck_native_bf16 *p, ck_mask some) {
  return (ck_vpairs){_mm512_maskz_loadu_epi16(some, p)};
}

CK_INLINE ck_vf ck_madd(ck_vf acc, ck_vpairs a, ck_vpairs b) { return _mm512_dpbf16_ps(acc, (__m512bh)a.bits, (__m512bh)b.bits); }
#if __has_feature(address_sanitizer) // which looks into no assembly
CK_INLINE ck_vf ck_madd_from(ck_vf acc, const ck_native_pair *p, ck_vpairs b) { return ck_madd(acc, ck_broadcast(p), b); }
#else
// The compiler would keep the broadcasts of several depths in registers, and the sums of a tall tile on the stack.
CK_INLINE ck_vf ck_madd_from(ck_vf acc, const ck_native_pair *p, ck_vpairs b) {
  __asm__("vdpbf16ps %2%{1to16%}, %1, %0" : "+v"(acc) : "v"(b.bits), "m"(*p));
  return acc;
}
#endif

// Of the lower half alone.
CK_INLINE ck_vpairs ck_load_half(const ck_native_pair *p, ck_mask some) {
  return (ck_vpairs){_mm512_zextsi256_si512(_mm256_maskz_loadu_epi32((__mmask8)some, p))};
}
CK_INLINE __m256i ck_half(ck_vpairs v) { return _mm512_castsi512_si256(v.bits); }
CK_INLINE ck_vf ck_madd_half(ck_vf acc, ck_vpairs a, ck_vpairs b) {
  __asm__("" : "+v"(a.bits)); // as in isa/avx512.h
  __m256 half = ck_half(acc);
  __asm__("vdpbf16ps %2, %1, %0" : "+v"(half) : "v"(ck_half(a)), "v"(ck_half(b)));
  return ck_beside_none(half);
}
#if __has_feature(address_sanitizer)
CK_INLINE ck_vf ck_madd_half_from(ck_vf acc, const ck_native_pair *p, ck_vpairs b) {
  return ck_madd_half(acc, ck_broadcast(p), b);
}
#else
CK_INLINE ck_vf ck_madd_half_from(ck_vf acc, const ck_native_pair *p, ck_vpairs b) {
  __m256 half = ck_half(acc);
  __asm__("vdpbf16ps %2%{1to8%}, %1, %0" : "+v"(half) : "v"(ck_half(b)), "m"(*p));
  return ck_beside_none(half);
}
#endif

// By the instruction, which rounds to nearest even and takes subnormal numbers for zero.
CK_INLINE __m256i ck_native(ck_vf v) { return (__m256i)_mm512_cvtneps_pbh(v); }
CK_INLINE void ck_store(ck_native_bf16 *p, ck_vf v) { _mm256_storeu_si256((__m256i *)p, ck_native(v)); }
CK_INLINE void ck_store_first(ck_native_bf16 *p, ck_vf v, ck_mask some) {
  _mm256_mask_storeu_epi16(p, (__mmask16)some, ck_native(v));
}
CK_INLINE void ck_store_one(ck_native_bf16 *p, float value) { ck_store_first(p, _mm512_set1_ps(value), 1); }
