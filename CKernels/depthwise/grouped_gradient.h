// The gradient of the weights of narrow groups, included once per type and ISA after depthwise/grouped.h. Sums of a row of three
// taps and four of a group's channels stay in registers while the outputs pass by.

#if CK_GROUPED_WIDEST > 0

/// Some columns of one row of outputs, from the input that the first of them meets on.
CK_INLINE void CK_NAME(grouped_gradient_tile)(const ck_block *b, const CK_IN *restrict row, const CK_IN *restrict gradient,
                                              ck_vf sum[3][4], const ck_side across, const int width, const int four,
                                              const int stride) {
  enum { columns = CK_NAME(gradient_columns) };
  ck_vf outer[columns];
  CK_EACH (j, columns) outer[j] = j < across.outputs ? ck_load(gradient + j * b->across.out) : (ck_vf){};
  CK_EACH (x, (columns - 1) * stride + 3) {
    if (!ck_meets(across.met, x)) continue;
    const ck_vf value = ck_fours(ck_load(row + x * b->across.in), width, four);
    CK_EACH (i, 4) {
      const ck_vf one = ck_quad(value, i);
      CK_EACH (s, 3) {
        const int j = (x - s) / stride;
        if (x < s || (x - s) % stride != 0 || j >= columns) continue;
        sum[s][i] = ck_madd(sum[s][i], one, outer[j]);
      }
    }
  }
}

/// One row of taps and four of a group's channels against all outputs, for one vector of output channels.
CK_SPECIALIZED void CK_NAME(grouped_gradient_row)(const ck_block b, const CK_IN *restrict in, const CK_IN *restrict gradient,
                                                  float *restrict w, int64_t r, const int width, const int four,
                                                  const int stride) {
  enum { columns = CK_NAME(gradient_columns) };
  ck_vf sum[3][4];
  CK_EACH (s, 3)
    CK_EACH (i, 4) sum[s][i] = (ck_vf){};
  for (int64_t p = 0; p < b.down.outputs; p++) {
    const int64_t y = b.down.first + p * b.down.stride + r * b.down.dilation;
    if (y < 0 || y >= b.down.inputs) continue;
    for (int64_t q = 0; q < b.across.outputs; q += columns) {
      const ck_side across = ck_side_of(&b.across, q, columns);
      const CK_IN *row = in + (y * b.down.in + across.first * b.across.in); // may lie before the image
      CK_NAME(grouped_gradient_tile)(&b, row, gradient + p * b.down.out + q * b.across.out, sum, across, width, four, stride);
    }
  }
  CK_EACH (s, 3)
    CK_EACH (i, 4) {
      float *to = w + r * b.down.w + s * b.across.w + (4 * four + i) * b.w_member;
      ck_store(to, ck_add(ck_load(to), sum[s][i]));
    }
}

#define CK_GROUPED_GRADIENT(WIDTH, STRIDE)                                                                                       \
  static __attribute__((noinline)) void CK_NAME(grouped##WIDTH##_gradient3x##STRIDE)(                                            \
      const ck_block *b, const CK_IN *restrict in, const CK_IN *restrict gradient, float *restrict w) {                          \
    for (int64_t r = 0; r < b->down.taps; r++)                                                                                   \
      CK_EACH (four, WIDTH / 4) CK_NAME(grouped_gradient_row)(*b, in, gradient, w, r, WIDTH, four, STRIDE);                      \
  }

#define CK_GROUPED_GRADIENT_ROW(WIDTH)                                                                                           \
  CK_GROUPED_GRADIENT(WIDTH, 1)                                                                                                  \
  CK_GROUPED_GRADIENT(WIDTH, 2)                                                                                                  \
                                                                                                                                 \
  CK_INLINE void CK_NAME(gradient_grouped##WIDTH)(const ck_block *b, const CK_IN *in, const CK_IN *gradient, float *w) {         \
    const CK_NAME(kernel) kernel =                                                                                               \
        b->across.stride == 1 ? CK_NAME(grouped##WIDTH##_gradient3x1) : CK_NAME(grouped##WIDTH##_gradient3x2);                   \
    for (int64_t c = 0; c < b->channels; c += CK_LANES) kernel(b, in + c, gradient + c, w + c);                                  \
  }

CK_GROUPED_GRADIENT_ROW(4)
#if CK_GROUPED_WIDEST >= 8
CK_GROUPED_GRADIENT_ROW(8)
#endif
#undef CK_GROUPED_GRADIENT
#undef CK_GROUPED_GRADIENT_ROW

#endif
