// Channels first: the depthwise micro-kernels whose vectors run along the rows of one channel's image, included once per type and
// ISA; macros as for depthwise/last.h, and CK_STRIP_ROWS.
//
// A tile of CK_STRIP_ROWS rows of one vector of columns: each vector of input that is loaded serves all rows that meet it.
// Columns in the padding count as zeros, rows in it are skipped; each output is one chain of multiply-adds in the order (r, s).

/// Input for one vector of outputs: columns `column`, `column + stride` ... of a row; zeros where the image has none.
CK_INLINE ck_vf CK_NAME(columns)(const CK_IN *row, int64_t column, int64_t inputs, const int64_t stride, const bool whole) {
  const int64_t lanes = CK_LANES;
  if (stride == 1) return whole ? ck_load(row + column) : ck_load_between(row + column, -column, inputs - column);
  if (stride == 2) {
    const CK_IN *next = row + column + lanes;
    if (whole) return ck_even(ck_load(row + column), ck_load(next));
    return ck_even(ck_load_between(row + column, -column, inputs - column),
                   ck_load_between(next, -column - lanes, inputs - column - lanes));
  }
  float some[CK_LANES] = {};
  for (int64_t l = 0; l < lanes; l++) {
    const int64_t x = column + l * stride;
    if (x >= 0 && x < inputs) some[l] = ck_one(row + x);
  }
  return ck_load(some);
}

CK_INLINE ck_vf CK_NAME(weight)(const CK_IN *w) {
  const float one = ck_one(w);
  return ck_broadcast(&one);
}

/// The outputs of a strip, which may lie apart.
CK_INLINE void CK_NAME(first_store)(const ck_block *b, float *restrict out, const ck_vf sum[CK_STRIP_ROWS], const ck_side down,
                                    const ck_side across, const bool whole, const ck_mask some) {
  CK_EACH (p, CK_STRIP_ROWS) {
    if (p >= down.outputs) break;
    if (b->across.out != 1) {
      float each[CK_LANES];
      ck_store(each, sum[p]);
      for (int64_t l = 0; l < across.outputs; l++) out[p * b->down.out + l * b->across.out] = each[l];
    } else if (whole) ck_store(out + p * b->down.out, sum[p]);
    else ck_store_first(out + p * b->down.out, sum[p], some);
  }
}

/// Taps as far apart as inputs, `taps` x `taps`, and the same stride in both directions. `across`: of the vector.
CK_INLINE void CK_NAME(first_tile)(const ck_block *b, const CK_IN *restrict in, const CK_IN *restrict w, float *restrict out,
                                   const ck_side down, const ck_side across, const int taps, const int stride, const bool whole,
                                   const ck_mask some) {
  ck_vf weight[5][5];
  CK_EACH (r, taps)
    CK_EACH (s, taps) weight[r][s] = CK_NAME(weight)(w + r * b->down.w + s * b->across.w);
  ck_vf sum[CK_STRIP_ROWS];
  CK_EACH (p, CK_STRIP_ROWS) sum[p] = (ck_vf){};

  CK_EACH (y, (CK_STRIP_ROWS - 1) * stride + taps) {
    if (!ck_meets(down.met, y)) continue;
    const CK_IN *row = in + (down.first + y) * b->down.in;
    CK_EACH (s, taps) {
      const ck_vf value = CK_NAME(columns)(row, across.first + s, b->across.inputs, stride, whole);
      CK_EACH (p, CK_STRIP_ROWS) {
        const int r = y - p * stride;
        if (r >= 0 && r < taps) sum[p] = ck_madd(sum[p], value, weight[r][s]);
      }
    }
  }

  CK_NAME(first_store)(b, out, sum, down, across, whole, some);
}

/// Any taps: as many rows side by side.
CK_INLINE void CK_NAME(first_rows)(const ck_block *b, const CK_IN *restrict in, const CK_IN *restrict w, float *restrict out,
                                   const ck_side down, const ck_side across, const bool whole, const ck_mask some) {
  ck_vf sum[CK_STRIP_ROWS];
  CK_EACH (p, CK_STRIP_ROWS) sum[p] = (ck_vf){};
  for (int64_t r = 0; r < b->down.taps; r++)
    for (int64_t s = 0; s < b->across.taps; s++) {
      const ck_vf weight = CK_NAME(weight)(w + r * b->down.w + s * b->across.w);
      const int64_t x = across.first + s * b->across.dilation;
      CK_EACH (p, CK_STRIP_ROWS) {
        const int64_t y = down.first + p * b->down.stride + r * b->down.dilation;
        if (p >= down.outputs || y < 0 || y >= b->down.inputs) continue;
        sum[p] = ck_madd(sum[p], CK_NAME(columns)(in + y * b->down.in, x, b->across.inputs, b->across.stride, whole), weight);
      }
    }
  CK_NAME(first_store)(b, out, sum, down, across, whole, some);
}

/// One vector of columns, downwards.
CK_INLINE void CK_NAME(first_strip)(const ck_block *b, const CK_IN *in, const CK_IN *w, float *out, const ck_side across,
                                    const int taps, const int stride, const bool whole) {
  const ck_mask some = ck_first(across.outputs);
  for (int64_t p = 0; p < b->down.outputs; p += CK_STRIP_ROWS) {
    const ck_side down = ck_side_of(&b->down, p, CK_STRIP_ROWS);
    if (taps > 0) CK_NAME(first_tile)(b, in, w, out + p * b->down.out, down, across, taps, stride, whole, some);
    else CK_NAME(first_rows)(b, in, w, out + p * b->down.out, down, across, whole, some);
  }
}

/// A strip at the border of the image, where the instruction set has no masks.
static __attribute__((noinline)) void CK_NAME(first_edge)(const ck_block *b, const CK_IN *in, const CK_IN *w, float *out,
                                                          const ck_side across) {
  CK_NAME(first_strip)(b, in, w, out, across, 0, 0, false);
}

CK_SPECIALIZED void CK_NAME(first_walk)(const ck_block b, const CK_IN *restrict in, const CK_IN *restrict w, float *restrict out,
                                        const int taps, const int stride) {
  const int64_t lanes = CK_LANES;
  const int64_t reach = (b.across.taps - 1) * b.across.dilation + lanes * b.across.stride; // of a whole vector, with even
  for (int64_t c = 0; c < b.channels; c++) {
    for (int64_t q = 0; q < b.across.outputs; q += lanes) {
      const ck_side across = ck_side_of(&b.across, q, lanes);
      float *to = out + c * b.out_channel + q * b.across.out;
      const CK_IN *from = in + c * b.in_channel, *weights = w + c * b.w_channel;
      if (across.outputs == lanes && across.first >= 0 && across.first + reach <= b.across.inputs)
        CK_NAME(first_strip)(&b, from, weights, to, across, taps, stride, true);
      else if (ck_has_masks(in)) CK_NAME(first_strip)(&b, from, weights, to, across, taps, stride, false);
      else CK_NAME(first_edge)(&b, from, weights, to, across);
    }
  }
}

#define CK_FIRST(TAPS, STRIDE)                                                                                                   \
  static __attribute__((noinline)) void CK_NAME(first##TAPS##x##STRIDE)(const ck_block *b, const CK_IN *restrict in,             \
                                                                        const CK_IN *restrict w, float *restrict out) {          \
    CK_NAME(first_walk)(*b, in, w, out, TAPS, STRIDE);                                                                           \
  }
CK_FIRST(3, 1)
CK_FIRST(3, 2)
CK_FIRST(5, 1)
CK_FIRST(5, 2)
CK_FIRST(0, 0)
#undef CK_FIRST

CK_INLINE void CK_NAME(row_first)(const ck_block *b, const CK_IN *in, const CK_IN *w, float *out) {
  switch (ck_pattern_of(b)) {
  case CK_TAPS3_STRIDE1: CK_NAME(first3x1)(b, in, w, out); break;
  case CK_TAPS3_STRIDE2: CK_NAME(first3x2)(b, in, w, out); break;
  case CK_TAPS5_STRIDE1: CK_NAME(first5x1)(b, in, w, out); break;
  case CK_TAPS5_STRIDE2: CK_NAME(first5x2)(b, in, w, out); break;
  case CK_ANY_TAPS: CK_NAME(first0x0)(b, in, w, out); break;
  }
}
