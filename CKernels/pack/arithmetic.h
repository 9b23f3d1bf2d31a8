// What packing computes: parts of fp32 numbers in bf16, sums of matrices. Included by movers.h.

// MARK: parts

/// The bits of the bf16 nearest to x, as a float has them. A finite number stays finite: the largest are cut off, and the next
/// part has the rest.
static inline __attribute__((always_inline)) uint32_t CK_NAME(nearest)(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  const uint32_t infinite = 0x7F800000, rounded = bits + 0x7FFF + ((bits >> 16) & 1);
  const bool finite = (bits & infinite) != infinite, overflows = (rounded & infinite) == infinite;
  const uint32_t cut = x != x ? bits | 0x400000 : bits;
  return (finite && !overflows ? rounded : cut) & 0xFFFF0000;
}

/// What `part` leaves of x: exact; 0 of what is not finite.
static inline __attribute__((always_inline)) float CK_NAME(rest)(float x, uint32_t part) {
  float value;
  __builtin_memcpy(&value, &part, sizeof value);
  const float left = x - value;
  return left == left ? left : 0;
}

// A known number of parts, so that the loop over rows becomes one of vectors.
static inline __attribute__((always_inline)) void CK_NAME(split_into)(const float *restrict even, const float *restrict odd,
                                                                      const ck_split *to, const int32_t parts) {
  uint32_t *restrict units = to->units;
  const int64_t part_units = to->part_units;
  for (int64_t i = 0; i < to->count; i++) {
    float x = even[i], y = odd[i];
#pragma clang loop unroll(full)
    for (int32_t part = 0; part < parts; part++) {
      const uint32_t low = CK_NAME(nearest)(x), high = CK_NAME(nearest)(y);
      units[i + part * part_units] = low >> 16 | high;
      x = CK_NAME(rest)(x, low);
      y = CK_NAME(rest)(y, high);
    }
  }
}

static void CK_NAME(split)(const float *even, const float *odd, const ck_split *to) {
  if (to->parts == 1) CK_NAME(split_into)(even, odd, to, 1);
  else if (to->parts == 2) CK_NAME(split_into)(even, odd, to, 2);
  else CK_NAME(split_into)(even, odd, to, 3);
}

// MARK: sums

// A known number of matrices and, as far as may be, a stride of 1, so that the loop becomes one of vectors.
#define CK_DEFINE_SUM(SUFFIX, TYPE)                                                                                              \
  static inline __attribute__((always_inline)) void CK_NAME(sum_of_##SUFFIX)(const ck_sum_line *line, const int32_t count,       \
                                                                             const int64_t stride) {                             \
    TYPE *restrict to = (TYPE *)line->to;                                                                                        \
    const TYPE *const a = (const TYPE *)line->from[0], *const b = (const TYPE *)line->from[1];                                   \
    const TYPE *const c = (const TYPE *)line->from[2], *const d = (const TYPE *)line->from[3];                                   \
    const TYPE of_b = (TYPE)line->sign[1], of_c = (TYPE)line->sign[2], of_d = (TYPE)line->sign[3];                               \
    for (int64_t i = 0; i < line->length; i++) {                                                                                 \
      TYPE value = a[i * stride];                                                                                                \
      if (count > 1) value += of_b * b[i * stride];                                                                              \
      if (count > 2) value += of_c * c[i * stride];                                                                              \
      if (count > 2) value += of_d * d[i * stride];                                                                              \
      to[i] = value;                                                                                                             \
    }                                                                                                                            \
  }                                                                                                                              \
  static inline __attribute__((always_inline)) void CK_NAME(sum_by_##SUFFIX)(const ck_sum_line *line, const int64_t stride) {    \
    if (line->count == 1) CK_NAME(sum_of_##SUFFIX)(line, 1, stride);                                                             \
    else if (line->count == 2) CK_NAME(sum_of_##SUFFIX)(line, 2, stride);                                                        \
    else CK_NAME(sum_of_##SUFFIX)(line, 4, stride);                                                                              \
  }                                                                                                                              \
  static void CK_NAME(sum_##SUFFIX)(const ck_sum_line *line) {                                                                   \
    if (line->stride == 1) CK_NAME(sum_by_##SUFFIX)(line, 1);                                                                    \
    else CK_NAME(sum_by_##SUFFIX)(line, line->stride);                                                                           \
  }
CK_DEFINE_SUM(f32, float)
CK_DEFINE_SUM(f64, double)
