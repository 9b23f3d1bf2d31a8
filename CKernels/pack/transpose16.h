// Transposition of 16 rows by 16 four-byte units, which reads whole cache lines: rows may lie so that all of them fall into one
// set of L1, and then none is there a second time. AVX-512 alone: masks take what is missing of rows and depths.
#pragma once
#include <immintrin.h>

/// `rows` live rows, `stride` bytes apart, of `depths` live units; depth d goes to `to + d * step`, or to `to + places[d]` where
/// places are given. The tile is 16 x 16 where `whole`.
static inline __attribute__((always_inline)) void ck_transpose16(const char *restrict from, int64_t stride, char *restrict to,
                                                                 int64_t step, const int64_t *places, int64_t rows,
                                                                 int64_t depths, const bool whole) {
  const __mmask16 live = (__mmask16)((1u << depths) - 1), stored = (__mmask16)((1u << rows) - 1);
  __m512i row[16], quad[16];
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; i++) {
    if (whole) row[i] = _mm512_loadu_si512(from + i * stride);
    else row[i] = _mm512_maskz_loadu_epi32(i < rows ? live : 0, from + i * stride);
  }
  // Within 16 bytes: quad[4 g + j] holds, for every q, unit 4 q + j of the rows 4 g ... 4 g + 3.
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; i += 4) {
    const __m512i low = _mm512_unpacklo_epi32(row[i], row[i + 1]), high = _mm512_unpackhi_epi32(row[i], row[i + 1]);
    const __m512i low2 = _mm512_unpacklo_epi32(row[i + 2], row[i + 3]), high2 = _mm512_unpackhi_epi32(row[i + 2], row[i + 3]);
    quad[i] = _mm512_unpacklo_epi64(low, low2), quad[i + 1] = _mm512_unpackhi_epi64(low, low2);
    quad[i + 2] = _mm512_unpacklo_epi64(high, high2), quad[i + 3] = _mm512_unpackhi_epi64(high, high2);
  }
  // Between them: four by four.
#pragma clang loop unroll(full)
  for (int j = 0; j < 4; j++) {
    const __m512i even = _mm512_shuffle_i32x4(quad[j], quad[4 + j], 0x88), odd = _mm512_shuffle_i32x4(quad[j], quad[4 + j], 0xDD);
    const __m512i even2 = _mm512_shuffle_i32x4(quad[8 + j], quad[12 + j], 0x88),
                  odd2 = _mm512_shuffle_i32x4(quad[8 + j], quad[12 + j], 0xDD);
    const __m512i column[4] = {
        _mm512_shuffle_i32x4(even, even2, 0x88),
        _mm512_shuffle_i32x4(odd, odd2, 0x88),
        _mm512_shuffle_i32x4(even, even2, 0xDD),
        _mm512_shuffle_i32x4(odd, odd2, 0xDD),
    };
#pragma clang loop unroll(full)
    for (int q = 0; q < 4; q++) {
      const int d = 4 * q + j;
      char *const place = to + (places && d < depths ? places[d] : d * step);
      if (whole) _mm512_storeu_si512(place, column[q]);
      else if (d < depths) _mm512_mask_storeu_epi32(place, stored, column[q]);
    }
  }
}
