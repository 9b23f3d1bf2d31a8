// Transposition of 16 rows by 16 four-byte units. Each row's cache line is read at once: rows may lie so that all of them fall
// into one set of L1, and then none is there a second time. AVX-512 alone.
//
// Loads of 16 bytes put four rows side by side, so that only pairs of units are left to be exchanged: 32 shuffles instead of the
// 64 of whole rows, where Intel has one port for those (14 rows of 384 in L1 on Emerald Rapids: 0.3 instead of 0.7 cycles a
// unit).
#pragma once
#include <immintrin.h>

/// Sixteen rows of a line each, `at[i]` bytes from `from` on, to columns `place[d]` bytes from `to` on, of units or of `halves`
/// of them; of these the first `depths` are written, and of each the first `rows` elements.
static inline __attribute__((always_inline)) void ck_transpose16(const char *from, const int64_t *at, char *to,
                                                                 const int64_t *place, int64_t rows, int64_t depths,
                                                                 const bool halves) {
  __m512i quad[4][4];
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++)
#pragma clang loop unroll(full)
    for (int q = 0; q < 4; q++) {
      // Units 4 q ... 4 q + 3 of the rows i, 4 + i, 8 + i and 12 + i.
      __m128i part[4];
#pragma clang loop unroll(full)
      for (int g = 0; g < 4; g++) part[g] = _mm_loadu_si128((const __m128i *)(from + at[4 * g + i] + 16 * q));
      const __m512i two = _mm512_mask_broadcast_i32x4(_mm512_broadcast_i32x4(part[0]), 0x00F0, part[1]);
      quad[q][i] = _mm512_mask_broadcast_i32x4(_mm512_mask_broadcast_i32x4(two, 0x0F00, part[2]), 0xF000, part[3]);
    }
  const __mmask16 stored = (__mmask16)((1u << rows) - 1);
#pragma clang loop unroll(full)
  for (int q = 0; q < 4; q++) {
    const __m512i low = _mm512_unpacklo_epi32(quad[q][0], quad[q][1]), high = _mm512_unpackhi_epi32(quad[q][0], quad[q][1]);
    const __m512i low2 = _mm512_unpacklo_epi32(quad[q][2], quad[q][3]), high2 = _mm512_unpackhi_epi32(quad[q][2], quad[q][3]);
    const __m512i column[4] = {_mm512_unpacklo_epi64(low, low2), _mm512_unpackhi_epi64(low, low2),
                               _mm512_unpacklo_epi64(high, high2), _mm512_unpackhi_epi64(high, high2)};
#pragma clang loop unroll(full)
    for (int j = 0; j < 4; j++) {
      const int unit = 4 * q + j;
      if (!halves) {
        if (unit < depths) _mm512_mask_storeu_epi32(to + place[unit], stored, column[j]);
        continue;
      }
      const __m512i odd = _mm512_srli_epi32(column[j], 16);
      if (2 * unit < depths) _mm256_mask_storeu_epi16(to + place[2 * unit], stored, _mm512_cvtepi32_epi16(column[j]));
      if (2 * unit + 1 < depths) _mm256_mask_storeu_epi16(to + place[2 * unit + 1], stored, _mm512_cvtepi32_epi16(odd));
    }
  }
}

/// The same where rows hold only `depths` elements.
static inline __attribute__((always_inline)) void ck_transpose16_short(const char *from, const int64_t *at, char *to,
                                                                       const int64_t *place, int64_t rows, int64_t depths,
                                                                       const bool halves) {
  _Alignas(64) char whole[16][64];
  static const int64_t lines[16] = {0, 64, 128, 192, 256, 320, 384, 448, 512, 576, 640, 704, 768, 832, 896, 960};
  const __mmask32 there = (__mmask32)(((uint64_t)1 << (halves ? depths : 2 * depths)) - 1);
  for (int i = 0; i < 16; i++) _mm512_store_si512(whole[i], _mm512_maskz_loadu_epi16(there, from + at[i]));
  ck_transpose16((const char *)whole, lines, to, place, rows, depths, halves);
}
