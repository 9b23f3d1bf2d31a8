// The algorithms at -O3, and the table of all that were compiled.
#define OPTIMISATION o3
#include "O2/include/naive_o2.h"
#include "levels.inc"
#include <stddef.h>

#define ROW(algorithm, isa, optimisation, target, vectorised, inner, product, convolution)                                       \
  { algorithm, isa, optimisation, target, vectorised, #inner, product, convolution }

#define PRODUCT(algorithm, isa, target, wide, inner, function) ROW(algorithm, isa, "-O3", target, wide, inner, function, NULL)

// The product is inlined into im2col.
#define TEXTBOOK(level, isa, target, optimisation, suffix)                                                                       \
  ROW(RUNG_NAIVE_IJK, isa, optimisation, target, false, rung_naive_ijk_##level##_##suffix, rung_naive_ijk_##level##_##suffix,    \
      NULL),                                                                                                                     \
      ROW(RUNG_DIRECT, isa, optimisation, target, false, rung_direct_##level##_##suffix, NULL, rung_direct_##level##_##suffix),  \
      ROW(RUNG_IM2COL, isa, optimisation, target, false, rung_im2col_##level##_##suffix, NULL, rung_im2col_##level##_##suffix)

// `wide`: whether the compiler vectorised the loops that it may.
#define ROWS(level, isa, target, wide)                                                                                           \
  TEXTBOOK(level, isa, target, "-O2", o2), TEXTBOOK(level, isa, target, "-O3", o3),                                              \
      PRODUCT(RUNG_IKJ, isa, target, wide, rung_ikj_##level##_o3, rung_ikj_##level##_o3),                                        \
      PRODUCT(RUNG_TILED, isa, target, wide, rung_tiled_band_##level##_o3, rung_tiled_##level##_o3),                             \
      PRODUCT(RUNG_TILED_THREADS, isa, target, wide, rung_tiled_band_##level##_o3, rung_tiled_threads_##level##_o3)

static const rung_row rows[] = {
#if defined(__x86_64__)
    ROWS(scalar, 0, "-march=x86-64, loop vectoriser off", false),
    ROWS(sse2, 1, "-march=x86-64", true),
    ROWS(avx2, 2, "-mavx2 -mfma", true),
    ROWS(avx512, 3, "-mfma -mavx512f -mavx512vl -mavx512bw -mavx512dq", true),
#else
    ROWS(scalar, 0, "loop vectoriser off", false),
#endif
};

const rung_row *rung_rows(int64_t *count) {
  *count = sizeof rows / sizeof rows[0];
  return rows;
}

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

const char *rung_compiler(void) {
#if defined(__clang__)
  return "clang " TEXT(__clang_major__) "." TEXT(__clang_minor__) "." TEXT(__clang_patchlevel__);
#else
  return "unknown";
#endif
}
