// What a micro-kernel asks the caches for between two chunks of its loop over k.
#pragma once
#include "ck_ukernel.h"

typedef struct ck_fetching {
  ck_stream stream;
  uintptr_t c;       ///< the next row of C to ask for
  int64_t rows_of_c; ///< how many are left
} ck_fetching;

/// `left`: steps along K that are to come; C's rows lie `c_rs` bytes apart and take `c_bytes`.
static inline __attribute__((always_inline)) void ck_fetch_more(ck_fetching *f, int64_t left, int64_t c_rs, int64_t c_bytes) {
#pragma clang loop unroll(disable)
  for (int32_t i = 0; i < f->stream.count; i++)
#pragma clang loop unroll(disable)
    for (int32_t line = 0; line < f->stream.lines; line++)
      __builtin_prefetch((const void *)(f->stream.at + (uintptr_t)(i * f->stream.step + 64 * line)), 0, 2);
  f->stream.at += (uintptr_t)f->stream.advance;
  if (left > f->rows_of_c * (CK_CHUNK / CK_C_ROWS)) return;
  for (int row = 0; row < CK_C_ROWS && f->rows_of_c > 0; row++, f->rows_of_c--, f->c += (uintptr_t)c_rs)
    for (int64_t byte = 0; byte < c_bytes; byte += 64) __builtin_prefetch((const void *)(f->c + (uintptr_t)byte), 1);
}
