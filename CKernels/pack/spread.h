// Depths of few rows, all adjacent, set apart to the width of their panel, with zeros for the rows that are missing: pixels of
// three channels that become pairs. Included by pack/movers.h for vectors of 32 bf16.
static void CK_NAME(spread)(const ck_panel *p) {
  enum { lanes = 2 * CK_UNITS };
  const int64_t at_once = lanes / p->width;
  uint16_t from[lanes] = {};
  uint32_t live = 0;
  for (int64_t i = 0; i < at_once * p->width; i++) {
    if (i % p->width >= p->live) continue;
    from[i] = (uint16_t)(i / p->width * p->live + i % p->width);
    live |= 1u << i;
  }
  const __m512i order = _mm512_loadu_si512(from);
  for (int64_t d = 0; d < p->k; d += at_once) {
    const int64_t depths = ck_least(at_once, p->k - d);
    const __m512i source = _mm512_maskz_loadu_epi16(ck_first(depths * p->live), p->source + d * p->ks);
    _mm512_mask_storeu_epi16(p->destination + 2 * d * p->width, ck_first(depths * p->width),
                             _mm512_maskz_permutexvar_epi16(live, order, source));
  }
}
