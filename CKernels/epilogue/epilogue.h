// What happens to a finished tile of C.
#pragma once
#include "ck_gemm.h"

/// A finished tile. `sums`: alpha A B (+ beta C where the micro-kernel has added it); may be C itself.
typedef struct ck_finished {
  const void *sums; ///< accumulator type, unit stride along N
  int64_t sums_rs;
  int64_t row, column, rows, columns; ///< where in C, and how large
} ck_finished;

/// C = act(scale * (alpha sums + beta C) + bias) over the tile, rounded once to C's type. `alpha` and `beta` are what the
/// micro-kernel has left to do: 1 and 0 where it worked on C itself.
void ck_epilogue_store(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_finished *tile, double alpha,
                       double beta);
