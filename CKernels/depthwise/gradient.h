// The gradient of depthwise weights, included once per type and ISA after the kernels of the forward pass; macros as for theirs.
//
// Each is the sum over all outputs of the output's gradient times the input that it meets. Sums of a row of taps stay in
// registers while the outputs pass by, several of each tap side by side to hide the latency of multiply-adds, and are then added
// to memory; of vectors of channels that go abreast, with every tile.

/// Sums of each tap side by side, of one row of taps.
#define CK_SIDES(taps) ((taps) <= 3 ? 3 : (taps) <= 5 ? 2 : 1)

// MARK: channels last

/// Columns of outputs that are multiplied at once: in 32 registers 7, which divides the images of most networks.
enum { CK_NAME(gradient_columns) = CK_TILE_ROWS > 1 ? 7 : 4 };

/// Rows of taps in one pass: where 32 registers hold the sums of three, the gradient is loaded once for all of them, and the
/// input comes to L1 once (144 channels at 56 on Zen 5 70 us by one row each, 48 by three). Of seven taps
/// at a stride of 2, which meet more of the input at once, they hold two.
#define CK_TAP_ROWS(taps, stride) (CK_TILE_ROWS == 1 ? 1 : (taps) > 5 && (stride) > 1 ? 2 : 3)
/// Sums of each of their taps side by side.
#define CK_LAST_SIDES(taps) (CK_TILE_ROWS == 1 ? CK_SIDES(taps) : (taps) <= 3 ? 2 : 1)

/// Some columns of one row of outputs times the input row that they meet, from its first input on; `whole`: all of them exist.
CK_INLINE void CK_NAME(gradient_last_tile)(const ck_block *b, const CK_IN *restrict row, const ck_vf *outer,
                                           ck_vf sum[3][CK_MOST_TAPS], const ck_side across, const int sides, const int taps,
                                           const int stride, const bool whole) {
  enum { columns = CK_NAME(gradient_columns) };
  CK_EACH (x, (columns - 1) * stride + taps) {
    if ((!whole || x < taps - 1 || x > (columns - 1) * stride) && !ck_meets(across.met, x)) continue;
    const ck_vf value = ck_load(row + x * b->across.in);
    CK_EACH (j, columns) {
      const int s = x - j * stride, side = j % sides;
      if (s >= 0 && s < taps) sum[side][s] = ck_madd(sum[side][s], value, outer[j]);
    }
  }
}

/// Rows of taps from `r` on against some columns of one row of outputs, for one vector of channels.
CK_INLINE void CK_NAME(gradient_last_columns)(const ck_block *b, const CK_IN *restrict in, const CK_IN *restrict gradient,
                                              ck_vf sum[3][3][CK_MOST_TAPS], const int64_t y, const int64_t rows,
                                              const ck_side across, const int sides, const int taps, const int stride,
                                              const bool whole) {
  enum { columns = CK_NAME(gradient_columns) };
  ck_vf outer[columns];
  CK_EACH (j, columns) outer[j] = whole || j < across.outputs ? ck_load(gradient + j * b->across.out) : (ck_vf){};
  CK_EACH (i, CK_TAP_ROWS(taps, stride)) {
    const int64_t at = y + i * b->down.dilation;
    if (i >= rows || at < 0 || at >= b->down.inputs) continue;
    const CK_IN *row = in + (at * b->down.in + across.first * b->across.in); // may lie before the image
    CK_NAME(gradient_last_tile)(b, row, outer, sum[i], across, sides, taps, stride, whole);
  }
}

/// The same, of fewer columns at the end of the row.
CK_INLINE void CK_NAME(gradient_last_outputs)(const ck_block *b, const CK_IN *restrict in, const CK_IN *restrict gradient,
                                              ck_vf sum[3][3][CK_MOST_TAPS], const int64_t y, const int64_t rows,
                                              const ck_side across, const int sides, const int taps, const int stride) {
  const bool whole = across.outputs == CK_NAME(gradient_columns);
  if (whole) CK_NAME(gradient_last_columns)(b, in, gradient, sum, y, rows, across, sides, taps, stride, true);
  else CK_NAME(gradient_last_columns)(b, in, gradient, sum, y, rows, across, sides, taps, stride, false);
}

/// Some rows of `taps` against all outputs, for one vector of channels. Every column of them must meet an input.
CK_SPECIALIZED void CK_NAME(gradient_last_rows)(const ck_block b, const CK_IN *restrict in, const CK_IN *restrict gradient,
                                                float *restrict w, int64_t r, const int taps, const int stride) {
  enum { columns = CK_NAME(gradient_columns) };
  const int64_t rows = b.down.taps - r;
  ck_vf sum[3][3][CK_MOST_TAPS];
  CK_EACH (i, CK_TAP_ROWS(taps, stride))
    CK_EACH (side, CK_LAST_SIDES(taps))
      CK_EACH (s, taps) sum[i][side][s] = (ck_vf){};
  for (int64_t p = 0; p < b.down.outputs; p++) {
    const int64_t y = b.down.first + p * b.down.stride + r * b.down.dilation;
    for (int64_t q = 0; q < b.across.outputs; q += columns) {
      const ck_side across = ck_side_of(&b.across, q, columns);
      const CK_IN *from = gradient + p * b.down.out + q * b.across.out;
      CK_NAME(gradient_last_outputs)(&b, in, from, sum, y, rows, across, CK_LAST_SIDES(taps), taps, stride);
    }
  }
  CK_EACH (i, CK_TAP_ROWS(taps, stride)) {
    if (i >= rows) break;
    CK_EACH (s, taps) {
      float *to = w + (r + i) * b.down.w + s * b.across.w;
      ck_vf total = sum[i][0][s];
      CK_EACH (side, CK_LAST_SIDES(taps) - 1) total = ck_add(total, sum[i][side + 1][s]);
      ck_store(to, ck_add(ck_load(to), total));
    }
  }
}

#if CK_TILE_ROWS > 1
/// The same of several whole vectors of channels abreast.
CK_SPECIALIZED void CK_NAME(gradient_last_abreast)(const ck_block b, const CK_IN *restrict in, const CK_IN *restrict gradient,
                                                   float *restrict w, int64_t r, const int taps, const int stride) {
  enum { columns = CK_NAME(gradient_columns) };
  const int64_t rows = b.down.taps - r, lanes = CK_LANES;
  for (int64_t p = 0; p < b.down.outputs; p++) {
    const int64_t y = b.down.first + p * b.down.stride + r * b.down.dilation;
    for (int64_t q = 0; q < b.across.outputs; q += columns) {
      const ck_side across = ck_side_of(&b.across, q, columns);
      const CK_IN *from = gradient + p * b.down.out + q * b.across.out;
      for (int64_t c = 0; c < b.channels; c += lanes) {
        float *to = w + r * b.down.w + c;
        ck_vf sum[3][3][CK_MOST_TAPS];
        CK_EACH (i, CK_TAP_ROWS(taps, stride))
          CK_EACH (s, taps) sum[i][0][s] = i < rows ? ck_load(to + i * b.down.w + s * b.across.w) : (ck_vf){};
        CK_NAME(gradient_last_outputs)(&b, in + c, from + c, sum, y, rows, across, 1, taps, stride);
        CK_EACH (i, CK_TAP_ROWS(taps, stride))
          CK_EACH (s, taps)
            if (i < rows) ck_store(to + i * b.down.w + s * b.across.w, sum[i][0][s]);
      }
    }
  }
}

#endif

/// Any taps, and fewer channels than a vector has.
static __attribute__((noinline)) void CK_NAME(gradient_last_any)(const ck_block *b, const CK_IN *restrict in,
                                                                 const CK_IN *restrict gradient, float *restrict w,
                                                                 const ck_mask some) {
  for (int64_t r = 0; r < b->down.taps; r++)
    for (int64_t s = 0; s < b->across.taps; s++) {
      ck_vf sum = {};
      for (int64_t p = 0; p < b->down.outputs; p++) {
        const int64_t y = b->down.first + p * b->down.stride + r * b->down.dilation;
        if (y < 0 || y >= b->down.inputs) continue;
        for (int64_t q = 0; q < b->across.outputs; q++) {
          const int64_t x = b->across.first + q * b->across.stride + s * b->across.dilation;
          if (x < 0 || x >= b->across.inputs) continue;
          sum = ck_madd(sum, ck_load_first(in + y * b->down.in + x * b->across.in, some),
                        ck_load_first(gradient + p * b->down.out + q * b->across.out, some));
        }
      }
      float *to = w + r * b->down.w + s * b->across.w;
      ck_store_first(to, ck_add(ck_load_first(to, some), sum), some);
    }
}

#define CK_GRADIENT(TAPS, STRIDE)                                                                                                \
  static __attribute__((noinline)) void CK_NAME(gradient_last##TAPS##x##STRIDE)(                                                 \
      const ck_block *b, const CK_IN *restrict in, const CK_IN *restrict gradient, float *restrict w) {                          \
    for (int64_t r = 0; r < b->down.taps; r += CK_TAP_ROWS(TAPS, STRIDE))                                                        \
      CK_NAME(gradient_last_rows)(*b, in, gradient, w, r, TAPS, STRIDE);                                                         \
  }                                                                                                                              \
  static __attribute__((noinline)) void CK_NAME(gradient_first##TAPS##x##STRIDE)(                                                \
      const ck_block *b, const CK_IN *restrict in, const CK_IN *restrict gradient, float *restrict w) {                          \
    for (int64_t r = 0; r < b->down.taps; r++) CK_NAME(gradient_first_row)(*b, in, gradient, w, r, 0, TAPS, STRIDE);             \
  }

// MARK: channels first

/// `taps` of row `r`, from column `s` on, against all outputs of one channel. `stride` 0: any.
CK_SPECIALIZED void CK_NAME(gradient_first_row)(const ck_block b, const CK_IN *restrict in, const CK_IN *restrict gradient,
                                                float *restrict w, int64_t r, int64_t first_tap, const int taps,
                                                const int stride) {
  const int64_t lanes = CK_LANES, step = stride > 0 ? stride : b.across.stride;
  ck_vf sum[3][CK_MOST_TAPS];
  CK_EACH (side, CK_SIDES(taps))
    CK_EACH (s, taps) sum[side][s] = (ck_vf){};
  for (int64_t q = 0; q < b.across.outputs; q += lanes) {
    const int64_t left = b.across.outputs - q, x = b.across.first + q * step + first_tap * b.across.dilation;
    const bool whole = left >= lanes && x >= 0 && x + (taps - 1) * b.across.dilation + lanes * step <= b.across.inputs;
    const ck_mask some = ck_first(left < lanes ? left : lanes);
    for (int64_t p = 0; p < b.down.outputs; p += CK_SIDES(taps)) {
      CK_EACH (side, CK_SIDES(taps)) {
        const int64_t y = b.down.first + (p + side) * b.down.stride + r * b.down.dilation;
        if (p + side >= b.down.outputs || y < 0 || y >= b.down.inputs) continue;
        const CK_IN *row = in + y * b.down.in, *from = gradient + (p + side) * b.down.out + q;
        const ck_vf outer = whole ? ck_load(from) : ck_load_first(from, some);
        CK_EACH (s, taps) {
          const ck_vf value = CK_NAME(columns)(row, x + s * b.across.dilation, b.across.inputs, step, whole);
          sum[side][s] = ck_madd(sum[side][s], value, outer);
        }
      }
    }
  }
  CK_EACH (s, taps) {
    float *to = w + r * b.down.w + (first_tap + s) * b.across.w;
    ck_vf total = sum[0][s];
    CK_EACH (side, CK_SIDES(taps) - 1) total = ck_add(total, sum[side + 1][s]);
    ck_store_one(to, *to + ck_sum(total));
  }
}

CK_GRADIENT(3, 1)
CK_GRADIENT(3, 2)
CK_GRADIENT(5, 1)
CK_GRADIENT(5, 2)
CK_GRADIENT(7, 1)
CK_GRADIENT(7, 2)
#undef CK_GRADIENT

#if CK_TILE_ROWS > 1
#define CK_ABREAST(STRIDE)                                                                                                       \
  static __attribute__((noinline)) void CK_NAME(gradient_abreast3x##STRIDE)(const ck_block *b, const CK_IN *restrict in,         \
                                                                            const CK_IN *restrict gradient, float *restrict w) { \
    for (int64_t r = 0; r < b->down.taps; r += CK_TAP_ROWS(3, STRIDE))                                                           \
      CK_NAME(gradient_last_abreast)(*b, in, gradient, w, r, 3, STRIDE);                                                         \
  }
CK_ABREAST(1)
CK_ABREAST(2)
#undef CK_ABREAST
#endif

static __attribute__((noinline)) void CK_NAME(gradient_first_any)(const ck_block *b, const CK_IN *restrict in,
                                                                  const CK_IN *restrict gradient, float *restrict w) {
  for (int64_t r = 0; r < b->down.taps; r++)
    for (int64_t s = 0; s < b->across.taps; s++) CK_NAME(gradient_first_row)(*b, in, gradient, w, r, s, 1, 0);
}

/// The kernel for so many taps in a row, at a stride of 1 or 2.
#define CK_CHOOSE(CHANNELS, SPAN)                                                                                                \
  if ((SPAN)->taps == 3) return (SPAN)->stride == 1 ? CK_NAME(gradient_##CHANNELS##3x1) : CK_NAME(gradient_##CHANNELS##3x2);     \
  if ((SPAN)->taps == 5) return (SPAN)->stride == 1 ? CK_NAME(gradient_##CHANNELS##5x1) : CK_NAME(gradient_##CHANNELS##5x2);     \
  if ((SPAN)->taps == 7) return (SPAN)->stride == 1 ? CK_NAME(gradient_##CHANNELS##7x1) : CK_NAME(gradient_##CHANNELS##7x2);

CK_INLINE bool CK_NAME(gradient_knows)(const ck_span *across) { return across->dilation == 1 && across->stride <= 2; }

/// Whether the block wants it, of taps for which there is a kernel.
CK_INLINE bool CK_NAME(gradient_goes_abreast)(const ck_block *b) {
  return CK_TILE_ROWS > 1 && b->abreast > 1 && b->across.taps == 3;
}

CK_INLINE CK_NAME(kernel) CK_NAME(gradient_last_kernel)(const ck_block *b) {
  if (CK_NAME(gradient_knows)(&b->across) && ck_all_meet(&b->across)) {
#if CK_TILE_ROWS > 1
    if (CK_NAME(gradient_goes_abreast)(b))
      return b->across.stride == 1 ? CK_NAME(gradient_abreast3x1) : CK_NAME(gradient_abreast3x2);
#endif
    CK_CHOOSE(last, &b->across)
  }
  return 0;
}

CK_INLINE CK_NAME(kernel) CK_NAME(gradient_first_kernel)(const ck_block *b) {
  if (CK_NAME(gradient_knows)(&b->across)) {
    CK_CHOOSE(first, &b->across)
  }
  return CK_NAME(gradient_first_any);
}
#undef CK_CHOOSE
#undef CK_SIDES
#undef CK_LAST_SIDES
#undef CK_TAP_ROWS

CK_INLINE void CK_NAME(gradient_last)(const ck_block *b, const CK_IN *in, const CK_IN *gradient, float *w) {
  const int64_t lanes = CK_LANES;
  const CK_NAME(kernel) kernel = CK_NAME(gradient_last_kernel)(b);
  const int64_t whole = kernel ? b->channels / lanes * lanes : 0;
  const int64_t step = CK_NAME(gradient_goes_abreast)(b) ? b->abreast * lanes : lanes;
  ck_block part = *b;
  for (int64_t c = 0; c < whole; c += step) {
    part.channels = whole - c < step ? whole - c : step;
    kernel(&part, in + c, gradient + c, w + c);
  }
  for (int64_t c = whole; c < b->channels; c += lanes) {
    const int64_t left = b->channels - c;
    CK_NAME(gradient_last_any)(b, in + c, gradient + c, w + c, ck_first(left < lanes ? left : lanes));
  }
}

CK_INLINE void CK_NAME(gradient_first)(const ck_block *b, const CK_IN *in, const CK_IN *gradient, float *w) {
  const CK_NAME(kernel) kernel = CK_NAME(gradient_first_kernel)(b);
  for (int64_t c = 0; c < b->channels; c++)
    kernel(b, in + c * b->in_channel, gradient + c * b->out_channel, w + c * b->w_channel);
}
