// Transposition of W rows by four 4-byte units: four rows go to each 16 bytes of a vector, and 4 x 4 units are transposed within
// all of them at once. Instantiated for the widths that an instruction set has, up to AVX2.
#pragma once
#include "pack/units.h"

typedef uint32_t ck_units4 __attribute__((vector_size(16)));

static inline __attribute__((always_inline)) ck_units4 ck_quartet(const char *from) {
  ck_units4 v;
  __builtin_memcpy(&v, from, sizeof v);
  return v;
}

#define CK_LOW_4 0, 4, 1, 5
#define CK_HIGH_4 2, 6, 3, 7
#define CK_LOWER_4 0, 1, 4, 5
#define CK_UPPER_4 2, 3, 6, 7
#define CK_JOINED_4(from, stride) ck_quartet(from)

#define CK_LOW_8 0, 8, 1, 9, 4, 12, 5, 13
#define CK_HIGH_8 2, 10, 3, 11, 6, 14, 7, 15
#define CK_LOWER_8 0, 1, 8, 9, 4, 5, 12, 13
#define CK_UPPER_8 2, 3, 10, 11, 6, 7, 14, 15
#define CK_JOINED_8(from, stride)                                                                                                \
  __builtin_shufflevector(ck_quartet(from), ck_quartet((from) + 4 * (stride)), 0, 1, 2, 3, 4, 5, 6, 7)

/// W rows of four units, `stride` bytes apart, to their transpose, whose rows go to `to`.
#define CK_DEFINE_TRANSPOSE(W)                                                                                                   \
  typedef uint32_t ck_vector##W __attribute__((vector_size(4 * W)));                                                             \
  static inline __attribute__((always_inline)) void ck_transpose##W(const char *from, int64_t stride, char *const to[4]) {       \
    ck_vector##W row[4], pair[4], column[4];                                                                                     \
    for (int i = 0; i < 4; i++) row[i] = CK_JOINED_##W(from + i * stride, stride);                                               \
    pair[0] = __builtin_shufflevector(row[0], row[1], CK_LOW_##W);                                                               \
    pair[1] = __builtin_shufflevector(row[0], row[1], CK_HIGH_##W);                                                              \
    pair[2] = __builtin_shufflevector(row[2], row[3], CK_LOW_##W);                                                               \
    pair[3] = __builtin_shufflevector(row[2], row[3], CK_HIGH_##W);                                                              \
    column[0] = __builtin_shufflevector(pair[0], pair[2], CK_LOWER_##W);                                                         \
    column[1] = __builtin_shufflevector(pair[0], pair[2], CK_UPPER_##W);                                                         \
    column[2] = __builtin_shufflevector(pair[1], pair[3], CK_LOWER_##W);                                                         \
    column[3] = __builtin_shufflevector(pair[1], pair[3], CK_UPPER_##W);                                                         \
    for (int i = 0; i < 4; i++) __builtin_memcpy(to[i], &column[i], sizeof column[i]);                                           \
  }
