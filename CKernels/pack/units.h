// The small pieces of packing: element sizes, widening, a 4 x 4 transposition.
#pragma once
#include "ck_types.h"

static inline int64_t ck_element_bytes(ck_dtype type) { return type == CK_F64 ? 8 : type == CK_F32 ? 4 : 2; }

static inline int64_t ck_least(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t ck_most(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t ck_ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
static inline int64_t ck_round_up(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

/// The float whose upper half `bits` is.
static inline float ck_widened(uint16_t bits) {
  const uint32_t whole = (uint32_t)bits << 16;
  float value;
  __builtin_memcpy(&value, &whole, sizeof value);
  return value;
}

typedef uint32_t ck_units4 __attribute__((vector_size(16)));

/// Four rows of four 4-byte units, `from_stride` bytes apart, to their transpose, whose rows lie `places` bytes after `to`.
static inline void ck_transpose4(const char *from, int64_t from_stride, char *to, const int64_t places[4]) {
  ck_units4 row[4], pair[4], column[4];
  for (int i = 0; i < 4; i++) __builtin_memcpy(&row[i], from + i * from_stride, 16);
  pair[0] = __builtin_shufflevector(row[0], row[1], 0, 4, 1, 5);
  pair[1] = __builtin_shufflevector(row[0], row[1], 2, 6, 3, 7);
  pair[2] = __builtin_shufflevector(row[2], row[3], 0, 4, 1, 5);
  pair[3] = __builtin_shufflevector(row[2], row[3], 2, 6, 3, 7);
  column[0] = __builtin_shufflevector(pair[0], pair[2], 0, 1, 4, 5);
  column[1] = __builtin_shufflevector(pair[0], pair[2], 2, 3, 6, 7);
  column[2] = __builtin_shufflevector(pair[1], pair[3], 0, 1, 4, 5);
  column[3] = __builtin_shufflevector(pair[1], pair[3], 2, 3, 6, 7);
  for (int i = 0; i < 4; i++) __builtin_memcpy(to + places[i], &column[i], 16);
}
