// Every second element of rows along the panel, by vectors: what a stride of 2 reads of an image that lies channels first.
// Included by pack/movers.h where the instruction set's vectors are there.
enum { CK_NAME(lanes) = CK_UNITS };

#define CK_DEFINE_SECONDS(SUFFIX, FROM)                                                                                          \
  static void CK_NAME(seconds_##SUFFIX)(const ck_panel *p) {                                                                     \
    const int64_t lanes = CK_NAME(lanes);                                                                                        \
    for (int64_t d = 0; d < p->k; d++) {                                                                                         \
      const FROM *from = (const FROM *)(p->source + d * p->ks);                                                                  \
      float *to = (float *)p->destination + depth_in_panel(p, d) * p->width;                                                     \
      int64_t left = p->live;                                                                                                    \
      for (; left > lanes; left -= lanes, from += 2 * lanes, to += lanes)                                                        \
        ck_store(to, ck_even(ck_load(from), ck_load(from + lanes)));                                                             \
      /* Nothing need exist behind the last one. */                                                                              \
      const int64_t last = 2 * left - 1;                                                                                         \
      const ck_vf first = ck_load_first(from, ck_first(ck_least(last, lanes)));                                                  \
      const ck_vf second = ck_load_first(from + lanes, ck_first(ck_most(last - lanes, 0)));                                      \
      ck_store_first(to, ck_even(first, second), ck_first(left));                                                                \
    }                                                                                                                            \
  }
CK_DEFINE_SECONDS(f32, float)
CK_DEFINE_SECONDS(widened, uint16_t)
#undef CK_DEFINE_SECONDS
