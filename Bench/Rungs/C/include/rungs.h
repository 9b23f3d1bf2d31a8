// Textbook matrix products and convolutions, slow on purpose: the rungs of the ladder below the micro-kernels.
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// C = A B, all row-major: A is m x k with `lda` elements from row to row, B k x n, C m x n. C is not read.
typedef struct rung_problem {
  int64_t m, n, k;
  const float *a, *b;
  float *c;
  int64_t lda, ldb, ldc;
  int32_t threads; ///< for the rungs with threads: how many at most
} rung_problem;

/// A convolution of `n` images with weights, without gaps: images n x c x h x w with weights k x c / groups x r x s, or with
/// `channels_last` images n x h x w x c with weights r x s x c / groups x k. The output, n x k x p x q or n x p x q x k, is not
/// read.
typedef struct rung_convolution {
  int64_t n, c, h, w, k, r, s, p, q;
  int64_t stride_h, stride_w, dilation_h, dilation_w, groups;
  int64_t top, left; ///< padding
  bool channels_last;
  const float *input, *weights;
  float *output;
  float *columns; ///< for `RUNG_IM2COL`: c * r * s * p * q elements
} rung_convolution;

typedef enum rung_algorithm : int32_t {
  RUNG_NAIVE_IJK = 0,     ///< one dot product after another
  RUNG_IKJ = 1,           ///< the loops interchanged: rows of B are added to rows of C
  RUNG_TILED = 2,         ///< ikj on blocks that stay in cache
  RUNG_TILED_THREADS = 3, ///< the same, bands of C's rows on several threads
  RUNG_DIRECT = 4,        ///< a convolution by seven loops
  RUNG_IM2COL = 5,        ///< a convolution as a copy of all that the kernel meets, and `RUNG_NAIVE_IJK`
} rung_algorithm;

/// One algorithm, compiled for one instruction set: a row of the ladder.
typedef struct rung_row {
  rung_algorithm algorithm;
  int32_t isa;                              ///< the numbers of KernelDispatch's `ISA`
  const char *optimisation;                 ///< `-O2`, `-O3`
  const char *target;                       ///< what the compiler might use, as flags would say it
  bool vectorised;                          ///< whether it made packed arithmetic of the inner loop, as read off the machine code
  const char *symbol;                       ///< the function that holds the inner loop
  void (*run)(const rung_problem *problem); ///< NULL for a convolution
  void (*convolve)(const rung_convolution *convolution); ///< NULL for a product
} rung_row;

/// Every row compiled into this binary, usable here or not, lowest instruction set first.
const rung_row *rung_rows(int64_t *count);

/// The C compiler that built this, such as `clang 21.0.0`.
const char *rung_compiler(void);
