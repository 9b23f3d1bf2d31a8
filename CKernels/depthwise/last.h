// Channels last: the depthwise micro-kernels whose vectors run along the channels, included once per pair of types and ISA.
//
//   CK_TYPE  type in names of functions   CK_IN  element of input and weights   CK_OUT  of outputs
//   CK_ISA_NAME  of the instruction set
//   CK_TILE_ROWS  of the tallest tile
//
// A tile of up to CK_TILE_ROWS x CK_TILE_COLUMNS outputs of one vector of channels: each vector of input that is loaded serves
// all outputs that meet it. Padding is skipped, so that each output is one chain of multiply-adds in the order (r, s), whatever
// the tile.

/// Taps as far apart as inputs, `taps` x `taps`, and the same stride in both directions. Every output must meet an input
/// (`ck_all_meet`).
CK_INLINE void CK_NAME(last_tile)(const ck_block *b, const CK_IN *restrict in, const CK_IN *restrict w, CK_OUT *restrict out,
                                  const ck_side down, const ck_side across, const ck_tile_size tile, const int taps,
                                  const int stride) {
  ck_vf sum[CK_TILE_ROWS][CK_TILE_COLUMNS];
  CK_EACH (p, tile.rows)
    CK_EACH (q, tile.columns) sum[p][q] = (ck_vf){};

  ck_vf weight[5][5];
  CK_EACH (r, taps)
    CK_EACH (s, taps) weight[r][s] = ck_load(w + r * b->down.w + s * b->across.w);

  CK_EACH (y, (tile.rows - 1) * stride + taps) {
    if ((y < taps - 1 || y > (tile.rows - 1) * stride) && !ck_meets(down.met, y)) continue;
    const int64_t row = (down.first + y) * b->down.in + across.first * b->across.in; // may lie before the image
    CK_EACH (x, (tile.columns - 1) * stride + taps) {
      if ((x < taps - 1 || x > (tile.columns - 1) * stride) && !ck_meets(across.met, x)) continue;
      const ck_vf value = ck_load(in + (row + x * b->across.in));
      CK_EACH (p, tile.rows)
        CK_EACH (q, tile.columns) {
          const int r = y - p * stride, s = x - q * stride;
          if (r < 0 || r >= taps || s < 0 || s >= taps) continue;
          sum[p][q] = ck_madd(sum[p][q], value, weight[r][s]);
        }
    }
  }

  CK_EACH (p, tile.rows)
    CK_EACH (q, tile.columns) ck_store(out + p * b->down.out + q * b->across.out, sum[p][q]);
}

/// Any rows of taps, those of a row `taps` and as far apart as inputs: a row of outputs. Every column of them must meet an input.
CK_INLINE void CK_NAME(last_strip)(const ck_block *b, const CK_IN *restrict in, const CK_IN *restrict w, CK_OUT *restrict out,
                                   const ck_side down, const ck_side across, const int columns, const int taps,
                                   const int stride) {
  ck_vf sum[CK_TILE_COLUMNS];
  CK_EACH (q, columns) sum[q] = (ck_vf){};
  for (int64_t r = 0; r < b->down.taps; r++) {
    const int64_t y = down.first + r * b->down.dilation;
    if (y < 0 || y >= b->down.inputs) continue;
    const int64_t row = y * b->down.in + across.first * b->across.in; // may lie before the image
    ck_vf weight[CK_MOST_TAPS];
    CK_EACH (s, taps) weight[s] = ck_load(w + r * b->down.w + s * b->across.w);
    CK_EACH (x, (columns - 1) * stride + taps) {
      if ((x < taps - 1 || x > (columns - 1) * stride) && !ck_meets(across.met, x)) continue;
      const ck_vf value = ck_load(in + (row + x * b->across.in));
      CK_EACH (q, columns) {
        const int s = x - q * stride;
        if (s >= 0 && s < taps) sum[q] = ck_madd(sum[q], value, weight[s]);
      }
    }
  }
  CK_EACH (q, columns) ck_store(out + q * b->across.out, sum[q]);
}

/// Any taps: one output.
CK_INLINE void CK_NAME(last_output)(const ck_block *b, const CK_IN *restrict in, const CK_IN *restrict w, CK_OUT *restrict out,
                                    const ck_side down, const ck_side across, const bool whole, const ck_mask some) {
  ck_vf sum = {};
  for (int64_t r = 0; r < b->down.taps; r++) {
    const int64_t y = down.first + r * b->down.dilation;
    if (y < 0 || y >= b->down.inputs) continue;
    for (int64_t s = 0; s < b->across.taps; s++) {
      const int64_t x = across.first + s * b->across.dilation;
      if (x < 0 || x >= b->across.inputs) continue;
      const CK_IN *from = in + y * b->down.in + x * b->across.in, *weight = w + r * b->down.w + s * b->across.w;
      const ck_vf value = whole ? ck_load(from) : ck_load_first(from, some);
      sum = ck_madd(sum, value, whole ? ck_load(weight) : ck_load_first(weight, some));
    }
  }
  if (whole) ck_store(out, sum);
  else ck_store_first(out, sum, some);
}

/// Asks for what the tile below meets and this one does not, and for its outputs; this tile's are at `out`. Of the vectors in a
/// line the first one asks.
CK_INLINE void CK_NAME(last_ask)(const ck_block *b, const CK_IN *in, const CK_OUT *out, const ck_side down, const ck_side across,
                                 const ck_walk walk) {
  const ck_tile_size tile = walk.tile;
  const int stride = walk.stride;
  if (b->asks && (uintptr_t)in % CK_LINE < CK_LANES * sizeof(CK_IN)) {
    const int64_t row = down.first + (tile.rows - 1) * stride + walk.taps, column = across.first + walk.taps - stride;
    const int64_t offset = row * b->down.in + column * b->across.in;
    ck_ask_for((uintptr_t)in + (uintptr_t)offset * sizeof(CK_IN), (uintptr_t)b->down.in * sizeof(CK_IN),
               (uintptr_t)b->across.in * sizeof(CK_IN), tile.rows * stride, tile.columns * stride);
  }
  if (b->asks_for_outputs && (uintptr_t)out % CK_LINE < CK_LANES * sizeof(CK_OUT))
    ck_ask_for((uintptr_t)out + (uintptr_t)(tile.rows * b->down.out) * sizeof(CK_OUT), (uintptr_t)b->down.out * sizeof(CK_OUT),
               (uintptr_t)b->across.out * sizeof(CK_OUT), tile.rows, tile.columns);
}

/// A tile's outputs of one vector of channels.
CK_INLINE void CK_NAME(last_outputs)(const ck_block *b, const CK_IN *restrict in, const CK_IN *restrict w, CK_OUT *restrict out,
                                     const ck_side down, const ck_side across, const ck_walk walk) {
  if (walk.taps > 0 && walk.square) CK_NAME(last_tile)(b, in, w, out, down, across, walk.tile, walk.taps, walk.stride);
  else if (walk.taps > 0) CK_NAME(last_strip)(b, in, w, out, down, across, walk.tile.columns, walk.taps, walk.stride);
  else CK_NAME(last_output)(b, in, w, out, down, across, true, ck_first(CK_LANES));
}

/// All outputs of the channels that the walk takes abreast, or of one vector of them. The last tile and the last vector overlap
/// the one before, and write the same again.
CK_SPECIALIZED void CK_NAME(last_walk)(const ck_block b, const CK_IN *restrict in, const CK_IN *restrict w, CK_OUT *restrict out,
                                       const ck_walk walk) {
  const int64_t lanes = CK_LANES, channels = walk.abreast ? b.channels : lanes;
  const ck_tile_size tile = walk.tile;
  const bool asks = walk.square && (b.asks || b.asks_for_outputs);
  for (int64_t row = 0; row < b.down.outputs; row += tile.rows) {
    const int64_t p = ck_begin(row, tile.rows, b.down.outputs);
    const ck_side down = ck_side_of(&b.down, p, tile.rows);
    for (int64_t column = 0; column < b.across.outputs; column += tile.columns) {
      const int64_t q = ck_begin(column, tile.columns, b.across.outputs);
      const ck_side across = ck_side_of(&b.across, q, tile.columns);
      CK_OUT *to = out + p * b.down.out + q * b.across.out;
      for (int64_t channel = 0; channel < channels; channel += lanes) {
        const int64_t c = ck_begin(channel, lanes, channels);
        if (walk.abreast && asks) CK_NAME(last_ask)(&b, in + c, to + c, down, across, walk);
        CK_NAME(last_outputs)(&b, in + c, w + c, to + c, down, across, walk);
      }
    }
  }
}

/// Less than a vector of channels.
static __attribute__((noinline)) void CK_NAME(last_some)(const ck_block *b, const CK_IN *in, const CK_IN *w, CK_OUT *out) {
  for (int64_t p = 0; p < b->down.outputs; p++) {
    for (int64_t q = 0; q < b->across.outputs; q++) {
      CK_NAME(last_output)
      (b, in, w, out + p * b->down.out + q * b->across.out, ck_side_of(&b->down, p, 1), ck_side_of(&b->across, q, 1), false,
       ck_first(b->channels));
    }
  }
}

// Kernels with taps known beforehand, each a function of its own: side by side in one, they take registers from each other (Zen
// 4, AVX-512: 10 to 17 % slower; those that ask, by AVX2: 5 %).
#define CK_LAST(NAME, ROWS, COLUMNS, TAPS, STRIDE, SQUARE, ABREAST)                                                              \
  static __attribute__((noinline)) void CK_NAME(last_##NAME)(const ck_block *b, const CK_IN *restrict in,                        \
                                                             const CK_IN *restrict w, CK_OUT *restrict out) {                    \
    CK_NAME(last_walk)(*b, in, w, out, (ck_walk){{ROWS, COLUMNS}, TAPS, STRIDE, SQUARE, ABREAST});                               \
  }
// One vector of channels after the other, and several abreast.
#define CK_LAST_BOTH(NAME, ROWS, TAPS, STRIDE, SQUARE)                                                                           \
  CK_LAST(NAME, ROWS, CK_TILE_COLUMNS, TAPS, STRIDE, SQUARE, false)                                                              \
  CK_LAST(abreast_##NAME, ROWS, CK_TILE_COLUMNS, TAPS, STRIDE, SQUARE, true)
CK_LAST_BOTH(3x1, CK_TILE_ROWS, 3, 1, true)
CK_LAST_BOTH(3x2, CK_TILE_ROWS, 3, 2, true)
CK_LAST_BOTH(5x1, CK_TILE_ROWS, 5, 1, true)
CK_LAST_BOTH(5x2, CK_TILE_ROWS, 5, 2, true)
CK_LAST_BOTH(strip_1, 1, 1, 1, false)
CK_LAST_BOTH(strip_2, 1, 2, 1, false)
CK_LAST_BOTH(strip_3, 1, 3, 1, false)
CK_LAST_BOTH(strip_7, 1, 7, 1, false)
CK_LAST(small_3x1, 1, CK_FEW_COLUMNS, 3, 1, true, false)
CK_LAST(small_3x2, 1, CK_FEW_COLUMNS, 3, 2, true, false)
CK_LAST(small_1, 1, CK_FEW_COLUMNS, 1, 1, false, false)
CK_LAST(small_2, 1, CK_FEW_COLUMNS, 2, 1, false, false)
CK_LAST(small_7, 1, CK_FEW_COLUMNS, 7, 1, false, false)
CK_LAST(any, 1, 1, 0, 0, false, false)
#undef CK_LAST
#undef CK_LAST_BOTH

typedef void (*CK_NAME(kernel))(const ck_block *b, const CK_IN *in, const CK_IN *w, CK_OUT *out);

/// The kernels for a block that has room for whole tiles: `abreast` for several vectors of channels, where there is one.
typedef struct CK_NAME(kernels) {
  CK_NAME(kernel) alone, abreast;
} CK_NAME(kernels);

#define CK_BOTH(NAME) ((CK_NAME(kernels)){CK_NAME(last_##NAME), CK_NAME(last_abreast_##NAME)})
#define CK_ALONE(NAME) ((CK_NAME(kernels)){CK_NAME(last_##NAME), 0})

/// Of rows of taps as far apart as inputs, at a stride of 1: what strided convolutions have in their gradient of the input, and
/// large kernels.
CK_INLINE CK_NAME(kernels) CK_NAME(last_strip_kernels)(const ck_block *b) {
  const ck_span *across = &b->across;
  if (across->stride != 1 || across->dilation != 1) return CK_ALONE(any);
  const bool large = across->outputs >= CK_TILE_COLUMNS;
  if (across->taps == 1) return large ? CK_BOTH(strip_1) : CK_ALONE(small_1);
  if (across->taps == 2) return large ? CK_BOTH(strip_2) : CK_ALONE(small_2);
  if (across->taps == 3 && large) return CK_BOTH(strip_3);
  if (across->taps == 7) return large ? CK_BOTH(strip_7) : CK_ALONE(small_7);
  return CK_ALONE(any);
}

CK_INLINE CK_NAME(kernels) CK_NAME(last_kernels)(const ck_block *b) {
  const ck_pattern pattern = ck_pattern_of(b);
  const bool large = b->down.outputs >= CK_TILE_ROWS && b->across.outputs >= CK_TILE_COLUMNS;
  if (!ck_all_meet(&b->across) || b->across.outputs < CK_FEW_COLUMNS) return CK_ALONE(any);
  if (ck_all_meet(&b->down)) {
    if (pattern == CK_TAPS3_STRIDE1) return large ? CK_BOTH(3x1) : CK_ALONE(small_3x1);
    if (pattern == CK_TAPS3_STRIDE2) return large ? CK_BOTH(3x2) : CK_ALONE(small_3x2);
    if (pattern == CK_TAPS5_STRIDE1 && large) return CK_BOTH(5x1);
    if (pattern == CK_TAPS5_STRIDE2 && large) return CK_BOTH(5x2);
  }
  return CK_NAME(last_strip_kernels)(b);
}
#undef CK_BOTH
#undef CK_ALONE

/// So many vectors of channels as the block wants abreast; of one that is alone the weights stay in registers and the input in
/// L1. The last vector overlaps the one before, and writes the same again.
CK_INLINE void CK_NAME(row_last)(const ck_block *b, const CK_IN *in, const CK_IN *w, CK_OUT *out) {
  const int64_t lanes = CK_LANES;
  if (b->channels < lanes) return CK_NAME(last_some)(b, in, w, out);
  const CK_NAME(kernels) kernels = CK_NAME(last_kernels)(b);
  const bool abreast = b->abreast > 1 && kernels.abreast;
  const int64_t step = abreast ? b->abreast * lanes : lanes;
  ck_block part = *b;
  for (int64_t channel = 0; channel < b->channels; channel += step) {
    const int64_t left = b->channels - channel, c = left < lanes ? b->channels - lanes : channel;
    part.channels = left < lanes ? lanes : left < step ? left : step;
    (abreast ? kernels.abreast : kernels.alone)(&part, in + c, w + c, out + c);
  }
}
