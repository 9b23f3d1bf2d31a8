// Pairs of bf16 depths, included by pack/movers.h. Rows of few channels, which have no vector to themselves, are as frequent as
// long ones: steps overlap instead of leaving a rest to be moved one by one.

#define CK_PAIRS(COUNT)                                                                                                          \
  typedef uint16_t halves_##COUNT __attribute__((vector_size(2 * COUNT), aligned(1), may_alias));                                \
  typedef uint32_t units_##COUNT __attribute__((vector_size(4 * COUNT), aligned(1), may_alias));                                 \
  static inline void pair_##COUNT(uint16_t *to, const uint16_t *even, const uint16_t *odd) {                                     \
    *(units_##COUNT *)to = __builtin_convertvector(*(const halves_##COUNT *)even, units_##COUNT) |                               \
                           __builtin_convertvector(*(const halves_##COUNT *)odd, units_##COUNT) << 16;                           \
  }
CK_PAIRS(4)
CK_PAIRS(8)
CK_PAIRS(16)
#undef CK_PAIRS

/// Of at least `STEP` rows.
#define CK_INTERLEAVE(STEP)                                                                                                      \
  int64_t i = 0;                                                                                                                 \
  for (; i + STEP <= count; i += STEP) pair_##STEP(to + 2 * i, even + i, odd + i);                                               \
  if (i < count) pair_##STEP(to + 2 * (count - STEP), even + count - STEP, odd + count - STEP);

static inline __attribute__((always_inline)) void interleave_rows(uint16_t *restrict to, const uint16_t *restrict even,
                                                                  const uint16_t *restrict odd, const int64_t count) {
  if (CK_UNITS >= 16 && count >= 16) {
    CK_INTERLEAVE(16)
  } else if (CK_UNITS >= 8 && count >= 8) {
    CK_INTERLEAVE(8)
  } else if (count >= 4) {
    CK_INTERLEAVE(4)
  } else {
    for (int64_t i = 0; i < count; i++) to[2 * i] = even[i], to[2 * i + 1] = odd[i];
  }
}
#undef CK_INTERLEAVE

static inline __attribute__((always_inline)) void interleave_depths(const ck_panel p, const int64_t live) {
  uint16_t *to = (uint16_t *)p.destination;
  const char *from = p.source;
  int64_t left = p.k;
  for (; left >= 2; left -= 2, from += 2 * p.ks, to += 2 * p.width)
    interleave_rows(to, (const uint16_t *)from, (const uint16_t *)(from + p.ks), live);
  for (int64_t i = 0; left > 0 && i < live; i++) to[2 * i] = ((const uint16_t *)from)[i], to[2 * i + 1] = 0;
}

// A whole panel's rows take no loop.
static void CK_NAME(interleave)(const ck_panel *p) {
  if (p->live == 32) interleave_depths(*p, 32);
  else if (p->live == 16) interleave_depths(*p, 16);
  else interleave_depths(*p, p->live);
}

static void CK_NAME(gather_pairs)(const ck_panel *p) {
  for (int64_t d = 0; is_near_along_panel(p) && d < p->k; d += 2) {
    const bool paired = d + 1 < p->k;
    const char *even = p->source + d * p->ks, *odd = paired ? even + p->ks : even;
    uint16_t *to = (uint16_t *)p->destination + d * p->width;
    for (int64_t i = 0; i < p->live; i++) {
      to[2 * i] = *(const uint16_t *)(even + i * p->rs);
      to[2 * i + 1] = paired ? *(const uint16_t *)(odd + i * p->rs) : 0;
    }
  }
  for (int64_t i = 0; !is_near_along_panel(p) && i < p->live; i++) {
    const char *from = p->source + i * p->rs;
    uint16_t *to = (uint16_t *)p->destination + 2 * i;
    for (int64_t d = 0; d < p->k; d += 2, to += 2 * p->width) {
      to[0] = *(const uint16_t *)(from + d * p->ks);
      to[1] = d + 1 < p->k ? *(const uint16_t *)(from + (d + 1) * p->ks) : 0;
    }
  }
}
