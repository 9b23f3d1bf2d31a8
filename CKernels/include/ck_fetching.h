// What a micro-kernel asks the caches for between two chunks of its loop over k.
#pragma once
#include "ck_ukernel.h"

// The tile's streams are read one member at a time, never copied: a load of several members that their writer has stored one by
// one waits until those stores have left the queue, behind the last tile's C (Emerald Rapids, 64^3 by tiles that ask for the A of
// the next: 151 instead of 163 GFLOP/s).
typedef struct ck_fetching {
  uintptr_t a, b;                ///< the next place of each stream
  uintptr_t c;                   ///< the next row of C to ask for
  int64_t c_rows, c_rs, c_bytes; ///< how many are left, bytes from one to the next, bytes of each
  int64_t c_at_once, c_lead;     ///< rows of C a chunk, from so many steps before the end on
} ck_fetching;

/// `rows` and `columns`: of the tile of C; `element`: bytes of one of its elements; `steps` along K in all.
static inline __attribute__((always_inline)) ck_fetching ck_fetching_of(const ck_tile *t, const void *c, int64_t element,
                                                                        int64_t rows, int64_t columns, int64_t steps) {
  ck_fetching f = {.a = t->fetch[0].at, .b = t->fetch[1].at};
  if (!t->fetch_c) return f;
  const int64_t chunks = (steps + CK_CHUNK - 1) / CK_CHUNK;
  f.c = (uintptr_t)c + (uintptr_t)(t->c_ahead * element);
  f.c_rows = rows;
  f.c_rs = t->c_rs * element;
  f.c_bytes = columns * element;
  f.c_at_once = t->c_ahead ? (rows + chunks - 1) / chunks : CK_C_ROWS;
  f.c_lead = t->c_ahead ? steps : rows * (CK_CHUNK / CK_C_ROWS);
  return f;
}

/// `left`: steps along K that are to come.
static inline __attribute__((always_inline)) void ck_fetch_more(ck_fetching *f, const ck_tile *t, int64_t left) {
  // A is needed by the next tile, in L1; B by the packing of the next panel or slice.
  const ck_stream *a = &t->fetch[0], *b = &t->fetch[1];
#pragma clang loop unroll(disable)
  for (int32_t i = 0; i < a->count; i++) __builtin_prefetch((const void *)(f->a + (uintptr_t)(i * a->step)), 0, 3);
  f->a += (uintptr_t)a->advance;
#pragma clang loop unroll(disable)
  for (int32_t i = 0; i < b->count; i++)
#pragma clang loop unroll(disable)
    for (int32_t line = 0; line < b->lines; line++)
      __builtin_prefetch((const void *)(f->b + (uintptr_t)(i * b->step + 64 * line)), 0, 2);
  f->b += (uintptr_t)b->advance;
  if (left > f->c_lead) return;
#pragma clang loop unroll(disable)
  for (int64_t row = 0; row < f->c_at_once && f->c_rows > 0; row++, f->c_rows--, f->c += (uintptr_t)f->c_rs)
#pragma clang loop unroll(disable)
    for (int64_t byte = 0; byte < f->c_bytes; byte += 64) __builtin_prefetch((const void *)(f->c + (uintptr_t)byte), 1);
}
