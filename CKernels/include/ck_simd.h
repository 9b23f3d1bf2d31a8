// What micro-kernels in Swift need and Swift's SIMD types have no words for: access to some lanes, and asking a cache. Arithmetic
// too: Swift's own is an operation for each lane, joined late, which made a module of tiles take 35 s to compile instead of 6.
// Compiled into the importing module, for its instruction set.
#pragma once
#include <stdint.h>

#if defined(__AVX2__)
#include <immintrin.h>
typedef float ck_simd_float8 __attribute__((ext_vector_type(8)));

// A mask is read from a table: made by a comparison, it would hold two registers more in the loop over k.
static const int32_t ck_simd_live8[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
static inline __m256i ck_simd_first8(int64_t count) { return _mm256_loadu_si256((const __m256i *)(ck_simd_live8 + 8 - count)); }

/// The first `count` lanes; zeros in the others.
static inline ck_simd_float8 ck_simd_load8(const float *p, int64_t count) { return _mm256_maskload_ps(p, ck_simd_first8(count)); }
static inline void ck_simd_store8(float *p, ck_simd_float8 v, int64_t count) { _mm256_maskstore_ps(p, ck_simd_first8(count), v); }
static inline ck_simd_float8 ck_simd_broadcast8(float value) { return value - (ck_simd_float8){}; }
static inline ck_simd_float8 ck_simd_madd8(ck_simd_float8 acc, ck_simd_float8 a, ck_simd_float8 b) {
  return _mm256_fmadd_ps(a, b, acc);
}
static inline ck_simd_float8 ck_simd_times8(ck_simd_float8 a, ck_simd_float8 b) { return a * b; }
#endif

#if defined(__AVX512F__)
typedef float ck_simd_float16 __attribute__((ext_vector_type(16)));

/// Bits for the first `count` lanes.
static inline uint16_t ck_simd_first16(int64_t count) { return (uint16_t)((1u << count) - 1); }
/// Zeros in the lanes that the mask leaves out.
static inline ck_simd_float16 ck_simd_load16(const float *p, uint16_t some) { return _mm512_maskz_loadu_ps(some, p); }
static inline void ck_simd_store16(float *p, ck_simd_float16 v, uint16_t some) { _mm512_mask_storeu_ps(p, some, v); }
static inline ck_simd_float16 ck_simd_broadcast16(float value) { return value - (ck_simd_float16){}; }
static inline ck_simd_float16 ck_simd_madd16(ck_simd_float16 acc, ck_simd_float16 a, ck_simd_float16 b) {
  return _mm512_fmadd_ps(a, b, acc);
}
static inline ck_simd_float16 ck_simd_times16(ck_simd_float16 a, ck_simd_float16 b) { return a * b; }
#endif
