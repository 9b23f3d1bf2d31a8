// What happens to a finished tile of C.
#pragma once
#include "ck_gemm.h"
#include "pack/units.h"

/// A finished tile. `sums`: alpha A B (+ beta C where the micro-kernel has added it); may be C itself.
typedef struct ck_finished {
  const void *sums; ///< accumulator type, unit stride along N
  int64_t sums_rs;
  int64_t row, column, rows, columns; ///< where in C, and how large
  bool turned;                        ///< it is a tile of the transpose of C
} ck_finished;

typedef void (*ck_finisher)(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_finished *tile, double alpha,
                            double beta);

/// One for each type of C, by the instructions of one set.
typedef struct ck_finishers {
  ck_finisher f32, bf16, f64;
} ck_finishers;

extern const ck_finishers ck_finishers_baseline;
#if defined(__x86_64__)
extern const ck_finishers ck_finishers_avx2, ck_finishers_avx512;
#endif

/// Asks for a tile of C, or of what lies as C does, while its sums are made.
void ck_fetch_tile(const ck_gemm_plan *plan, const void *matrix, const ck_finished *tile);

/// Asks for what the epilogue of a tile will read beside the sums: the residual. `tile`: its place alone.
static inline void ck_epilogue_fetch(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_finished *tile) {
  if (plan->epilogue.adds_residual) ck_fetch_tile(plan, operands->residual, tile);
}

/// The plan's epilogue as a micro-kernel runs it. `tile`: its place alone.
static inline ck_finish ck_finish_of(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_finished *tile) {
  const ck_epilogue *e = &plan->epilogue;
  const int64_t bytes = ck_element_bytes(plan->acc_type), place = tile->row * plan->c_rs + tile->column;
  ck_finish finish = {.scale = e->scale,
                      .lower = e->lower,
                      .upper = e->upper,
                      .clamps = e->lower > -__builtin_inf() || e->upper < __builtin_inf()};
  if (e->bias == CK_BIAS_PER_COLUMN) finish.bias = (const char *)operands->bias + tile->column * bytes;
  if (e->bias == CK_BIAS_PER_ROW) finish.bias_of_rows = (const char *)operands->bias + tile->row * bytes;
  if (e->adds_residual) finish.residual = (const char *)operands->residual + place * ck_element_bytes(plan->c_type);
  return finish;
}

/// C from a tile that is finished and of C's own type; C has unit stride along M.
void ck_epilogue_turn(const ck_gemm_plan *plan, void *c, const ck_finished *tile);

/// C = clamp(act(scale * (alpha sums + beta C) + bias + residual)) over the tile, rounded once to C's type. `alpha` and `beta`
/// are what the micro-kernel has left to do: 1 and 0 where it worked on C itself.
void ck_epilogue_store(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_finished *tile, double alpha,
                       double beta);
