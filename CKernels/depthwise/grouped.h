// Groups of 4 or 8 channels, channels last: the micro-kernels of convolutions whose groups are narrower than a vector, included
// once per pair of types and ISA; macros as for depthwise/last.h, and CK_GROUPED_COLUMNS.
//
// A vector of input holds whole groups. Each of a group's channels in turn is spread over the group's lanes, where it meets the
// weights that lead from it to each output channel: a multiply-add like those of depthwise convolution, `width` of them for a
// tap. A spread vector serves all taps of a row. Padding is skipped; each output is one chain of multiply-adds in the order (r,
// four channels of a group, s, channel), whatever the tile.

#if CK_GROUPED_WIDEST > 0

/// A row of up to `columns` outputs of one vector of channels.
CK_INLINE void CK_NAME(grouped_tile)(const ck_block *b, const CK_IN *restrict in, const CK_IN *restrict w, CK_OUT *restrict out,
                                     const ck_side down, const ck_side across, const int columns, const int width, const int taps,
                                     const int stride) {
  ck_vf sum[CK_GROUPED_COLUMNS];
  CK_EACH (q, columns) sum[q] = (ck_vf){};
  for (int64_t r = 0; r < b->down.taps; r++) {
    const int64_t y = down.first + r * b->down.dilation;
    if (y < 0 || y >= b->down.inputs) continue;
    const int64_t row = y * b->down.in + across.first * b->across.in; // may lie before the image
    CK_EACH (four, width / 4) {
      ck_vf weight[CK_MOST_GROUPED_TAPS][4];
      CK_EACH (s, taps)
        CK_EACH (i, 4) weight[s][i] = ck_load(w + r * b->down.w + s * b->across.w + (4 * four + i) * b->w_member);
      CK_EACH (x, (columns - 1) * stride + taps) {
        if (!ck_meets(across.met, x)) continue;
        const ck_vf value = ck_fours(ck_load(in + (row + x * b->across.in)), width, four);
        CK_EACH (i, 4) {
          const ck_vf one = ck_quad(value, i);
          CK_EACH (s, taps) {
            const int q = (x - s) / stride;
            if (x < s || (x - s) % stride != 0 || q >= columns) continue;
            sum[q] = ck_madd(sum[q], one, weight[s][i]);
          }
        }
      }
    }
  }
  CK_EACH (q, columns)
    if (q < across.outputs) ck_store(out + q * b->across.out, sum[q]);
}

/// All outputs of one vector of channels.
CK_SPECIALIZED void CK_NAME(grouped_walk)(const ck_block b, const CK_IN *restrict in, const CK_IN *restrict w,
                                          CK_OUT *restrict out, const int columns, const int width, const int taps,
                                          const int stride) {
  for (int64_t p = 0; p < b.down.outputs; p++) {
    const ck_side down = ck_side_of(&b.down, p, 1);
    for (int64_t q = 0; q < b.across.outputs; q += columns) {
      const ck_side across = ck_side_of(&b.across, q, columns);
      CK_OUT *to = out + p * b.down.out + q * b.across.out;
      CK_NAME(grouped_tile)(&b, in, w, to, down, across, columns, width, taps, stride);
    }
  }
}

#define CK_GROUPED_KERNEL(NAME, WIDTH, COLUMNS, TAPS, STRIDE)                                                                    \
  static __attribute__((noinline)) void CK_NAME(grouped##WIDTH##_##NAME)(const ck_block *b, const CK_IN *restrict in,            \
                                                                         const CK_IN *restrict w, CK_OUT *restrict out) {        \
    CK_NAME(grouped_walk)(*b, in, w, out, COLUMNS, WIDTH, TAPS, STRIDE);                                                         \
  }

#define CK_GROUPED_ROW(WIDTH)                                                                                                    \
  CK_GROUPED_KERNEL(1x1, WIDTH, CK_TILE_COLUMNS, 1, 1)                                                                           \
  CK_GROUPED_KERNEL(2x1, WIDTH, CK_TILE_COLUMNS, 2, 1)                                                                           \
  CK_GROUPED_KERNEL(3x1, WIDTH, CK_GROUPED_COLUMNS, 3, 1)                                                                        \
  CK_GROUPED_KERNEL(small_3x1, WIDTH, CK_TILE_COLUMNS, 3, 1)                                                                     \
  CK_GROUPED_KERNEL(3x2, WIDTH, CK_TILE_COLUMNS, 3, 2)                                                                           \
                                                                                                                                 \
  CK_INLINE void CK_NAME(row_grouped##WIDTH)(const ck_block *b, const CK_IN *in, const CK_IN *w, CK_OUT *out) {                  \
    const ck_span *across = &b->across;                                                                                          \
    const bool large = across->outputs > CK_TILE_COLUMNS;                                                                        \
    const CK_NAME(kernel) kernel = across->taps == 1     ? CK_NAME(grouped##WIDTH##_1x1)                                         \
                                   : across->taps == 2   ? CK_NAME(grouped##WIDTH##_2x1)                                         \
                                   : across->stride == 2 ? CK_NAME(grouped##WIDTH##_3x2)                                         \
                                   : large               ? CK_NAME(grouped##WIDTH##_3x1)                                         \
                                                         : CK_NAME(grouped##WIDTH##_small_3x1);                                                \
    for (int64_t c = 0; c < b->channels; c += CK_LANES) kernel(b, in + c, w + c, out + c);                                       \
  }

CK_GROUPED_ROW(4)
#if CK_GROUPED_WIDEST >= 8
CK_GROUPED_ROW(8)
#endif
#undef CK_GROUPED_KERNEL
#undef CK_GROUPED_ROW

#endif
