// Pixels of one or three bf16 channels, filled up with a zero: what pairs need. Included by pack/movers.h.

/// Rows of 2 or 6 bytes, pixels of few channels that are filled up with zeros to `whole` bytes: from row `first` on moved with
/// what follows them, which is then cleared, as long as that is a row too. Returns the first row that was not moved.
// Only of whole panels: all `whole` bytes of a row are written.
static inline __attribute__((always_inline)) int64_t copy_filled(const ck_panel *p, int64_t first, int64_t bytes,
                                                                 const int64_t whole) {
  // Of the last rows the rest of a word may lie beyond the source.
  const int64_t left = p->ks > 0 ? (whole - bytes + p->ks - 1) / p->ks : p->k, count = p->k - left;
  const uint64_t live = ((uint64_t)1 << (8 * bytes)) - 1;
  for (int64_t d = first; d < count; d++) {
    uint64_t row = 0;
    __builtin_memcpy(&row, p->source + d * p->ks, (size_t)whole);
    row &= live;
    __builtin_memcpy(p->destination + d * whole, &row, (size_t)whole);
  }
  return ck_most(count, first);
}

/// Adjacent ones.
static inline int64_t fill_ones(const ck_panel *p) {
  const uint16_t *restrict from = (const uint16_t *)p->source;
  char *restrict to = p->destination;
  for (int64_t d = 0; d < p->k; d++) {
    const uint32_t filled = from[d];
    __builtin_memcpy(to + 4 * d, &filled, sizeof filled);
  }
  return p->k;
}

/// Adjacent threes, as far as whole vectors can be read.
static inline int64_t fill_threes(const ck_panel *p) {
#if CK_UNITS == 16
  int64_t d = 0;
  typedef uint16_t halves __attribute__((vector_size(64)));
  for (; 6 * (p->k - d) >= (int64_t)sizeof(halves); d += 8) {
    halves v;
    __builtin_memcpy(&v, p->source + 6 * d, sizeof v);
    v = __builtin_shufflevector(v, (halves){}, 0, 1, 2, 32, 3, 4, 5, 32, 6, 7, 8, 32, 9, 10, 11, 32, 12, 13, 14, 32, 15, 16, 17,
                                32, 18, 19, 20, 32, 21, 22, 23, 32);
    __builtin_memcpy(p->destination + 8 * d, &v, sizeof v);
  }
  return d;
#else
  return (void)p, 0;
#endif
}
