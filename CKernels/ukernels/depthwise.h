// The body of the depthwise micro-kernels, included once per type and ISA.
//
//   CK_BODY  name of the body   CK_WALK  of the walk over a block   CK_TYPE  type in names of functions   CK_IN  element of input
//   CK_ISA_NAME  of the instruction set
//
// Memory binds here, not multiply-adds: what counts is how often a vector is loaded.

/// A vector of weights: one for each lane, or one for all.
CK_INLINE ck_vf ck_weight(const CK_IN *w, const bool last, const bool whole, const ck_mask some) {
  if (last) return whole ? ck_load(w) : ck_load_first(w, some);
  const float one = ck_one(w);
  return ck_broadcast(&one);
}

/// `outputs` vectors side by side. Taps: `across` x `along`, as `ck_walk` means it; `shared`: these are as far apart as the
/// outputs.
CK_INLINE void CK_BODY(const ck_block *b, const CK_IN *restrict in, const CK_IN *restrict w, float *restrict out,
                       const ck_walk walk, const int64_t across, const int64_t along, const int outputs, const bool shared,
                       const bool whole, const ck_mask some) {
  ck_vf sum[CK_OUTPUTS];
#pragma clang loop unroll(full)
  for (int o = 0; o < outputs; o++) sum[o] = (ck_vf){};

  for (int64_t i = 0; i < across; i++) {
    if (shared) {
      const CK_IN *from = in + (walk.last ? i * b->tap_row + b->taps[0] : b->taps[i]);
      ck_vf weight[CK_MOST_TAPS];
#pragma clang loop unroll(full)
      for (int j = 0; j < along; j++)
        weight[j] =
            ck_weight(w + (walk.last ? i * b->w_row + j * b->w_column : j * b->w_row + i * b->w_column), walk.last, whole, some);
#pragma clang loop unroll(full)
      for (int x = 0; x < outputs + along - 1; x++) {
        const ck_vf value = whole ? ck_load(from + x * walk.outputs.in) : ck_load_first(from + x * walk.outputs.in, some);
#pragma clang loop unroll(full)
        for (int j = 0; j < along; j++)
          if (x >= j && x - j < outputs) sum[x - j] = ck_madd(sum[x - j], value, weight[j]);
      }
    } else {
      for (int64_t j = 0; j < along; j++) {
        const int64_t r = walk.last ? i : j, s = walk.last ? j : i;
        const ck_vf weight = ck_weight(w + r * b->w_row + s * b->w_column, walk.last, whole, some);
        const CK_IN *from = in + r * b->tap_row + b->taps[s];
#pragma clang loop unroll(full)
        for (int o = 0; o < outputs; o++) {
          const ck_vf value = whole ? ck_load(from + o * walk.outputs.in) : ck_load_first(from + o * walk.outputs.in, some);
          sum[o] = ck_madd(sum[o], value, weight);
        }
      }
    }
  }

#pragma clang loop unroll(full)
  for (int o = 0; o < outputs; o++) {
    if (whole) ck_store(out + o * walk.outputs.out, sum[o]);
    else ck_store_first(out + o * walk.outputs.out, sum[o], some);
  }
}

/// All of a block, with so many outputs side by side and either whole vectors or less than one.
CK_INLINE void CK_WALK(const ck_block *b, const CK_IN *in, const CK_IN *w, float *out, const ck_walk walk, const int64_t across,
                       const int64_t along, const int outputs, const bool shared, const bool whole) {
  enum { lanes = sizeof(ck_vf) / sizeof(float) };
  const ck_mask some = ck_first(whole ? lanes : walk.lanes);
  for (int64_t line = 0; line < walk.lines.count; line++) {
    for (int64_t o = 0; o < walk.outputs.count; o += outputs) {
      const int64_t output = ck_begin(o, outputs, walk.outputs.count);
      const CK_IN *from = in + line * walk.lines.in + output * walk.outputs.in;
      float *to = out + line * walk.lines.out + output * walk.outputs.out;
      for (int64_t l = 0; l < walk.lanes; l += lanes) {
        const int64_t lane = whole ? ck_begin(l, lanes, walk.lanes) : 0;
        CK_BODY(b, from + lane, walk.last ? w + lane : w, to + lane, walk, across, along, outputs, shared, whole, some);
      }
    }
  }
}

CK_INLINE void CK_WALK(const ck_block *b, const CK_IN *in, const CK_IN *w, float *out, const ck_walk walk, const int64_t across,
                       const int64_t along, const bool shared) {
  const bool whole = walk.lanes >= (int64_t)(sizeof(ck_vf) / sizeof(float));
  if (walk.outputs.count >= CK_OUTPUTS) {
    if (whole) CK_WALK(b, in, w, out, walk, across, along, CK_OUTPUTS, shared, true);
    else CK_WALK(b, in, w, out, walk, across, along, CK_OUTPUTS, shared, false);
  } else {
    if (whole) CK_WALK(b, in, w, out, walk, across, along, 1, shared, true);
    else CK_WALK(b, in, w, out, walk, across, along, 1, shared, false);
  }
}

// Kernels with taps known beforehand, each a function of its own: side by side in one, they take registers from each other (Zen
// 4, AVX-512: 10 to 17 % slower).
#define CK_KERNEL(NAME, WALK, ACROSS, ALONG, SHARED)                                                                             \
  static __attribute__((noinline)) void CK_KERNEL_NAME(NAME)(const ck_block *b, const CK_IN *in, const CK_IN *w, float *out) {   \
    CK_WALK(b, in, w, out, WALK(b), ACROSS, ALONG, SHARED);                                                                      \
  }
CK_KERNEL(last_shared3x3, ck_walk_last, 3, 3, true)
CK_KERNEL(last_shared5x5, ck_walk_last, 5, 5, true)
CK_KERNEL(last_strided3x3, ck_walk_last, 3, 3, false)
// What is left of 3 x 3 at the border of an image: fewer rows, or two columns of a single output.
CK_KERNEL(last_shared3, ck_walk_last, b->kernel_rows, 3, true)
CK_KERNEL(last_strided2, ck_walk_last, b->kernel_rows, 2, false)
CK_KERNEL(last_any, ck_walk_last, b->kernel_rows, b->kernel_columns, false)
CK_KERNEL(first_shared3x3, ck_walk_first, 3, 3, true)
CK_KERNEL(first_shared5x5, ck_walk_first, 5, 5, true)
CK_KERNEL(first_strided3x3, ck_walk_first, 3, 3, false)
CK_KERNEL(first_any, ck_walk_first, b->kernel_columns, b->kernel_rows, false)
#undef CK_KERNEL

/// The rows of the table.
CK_INLINE void CK_ROW(last)(const ck_block *b, const CK_IN *in, const CK_IN *w, float *out) {
  const bool shared = ck_shares(b, ck_walk_last(b));
  const int64_t rows = b->kernel_rows, columns = b->kernel_columns;
  if (rows == 3 && columns == 3 && shared) CK_KERNEL_NAME(last_shared3x3)(b, in, w, out);
  else if (rows == 5 && columns == 5 && shared) CK_KERNEL_NAME(last_shared5x5)(b, in, w, out);
  else if (rows == 3 && columns == 3) CK_KERNEL_NAME(last_strided3x3)(b, in, w, out);
  else if (columns == 3 && shared) CK_KERNEL_NAME(last_shared3)(b, in, w, out);
  else if (columns == 2) CK_KERNEL_NAME(last_strided2)(b, in, w, out);
  else CK_KERNEL_NAME(last_any)(b, in, w, out);
}

CK_INLINE void CK_ROW(first)(const ck_block *b, const CK_IN *in, const CK_IN *w, float *out) {
  const bool shared = ck_shares(b, ck_walk_first(b));
  const int64_t rows = b->kernel_rows, columns = b->kernel_columns;
  if (rows == 3 && columns == 3 && shared) CK_KERNEL_NAME(first_shared3x3)(b, in, w, out);
  else if (rows == 5 && columns == 5 && shared) CK_KERNEL_NAME(first_shared5x5)(b, in, w, out);
  else if (rows == 3 && columns == 3) CK_KERNEL_NAME(first_strided3x3)(b, in, w, out);
  else CK_KERNEL_NAME(first_any)(b, in, w, out);
}

#undef CK_BODY
#undef CK_WALK
#undef CK_TYPE
#undef CK_IN
