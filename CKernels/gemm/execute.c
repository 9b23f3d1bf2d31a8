// From a plan to its driver. On the way of every call: a small product costs little more than its micro-kernels.
#include "gemm/gemm.h"

#include <stddef.h>

#include "pack/units.h"

// The two loops round the micro-kernel, and nothing else: what small products run.
static void run_tiles(const ck_gemm_plan *plan, const ck_gemm_operands *operands) {
  const bool dot = plan->family == CK_DOT;
  const int64_t in_bytes = ck_element_bytes(plan->a_type), out_bytes = ck_element_bytes(plan->c_type);
  const void *a, *b;
  ck_tile tile = {
      .a = &a,
      .b = &b,
      .blocks = 1,
      .k = plan->k,
      .a_rs = plan->a_rs,
      .a_ks = dot ? 1 : plan->a_cs * plan->kr,
      .b_ks = dot ? plan->b_cs : plan->b_rs,
      .c_rs = plan->c_rs,
      .alpha = plan->alpha,
      .beta = plan->beta,
  };
  for (int64_t column = 0; column < plan->n; column += plan->nr) {
    tile.n = plan->n - column < plan->nr ? plan->n - column : plan->nr;
    b = (const char *)operands->b + column * plan->b_cs * in_bytes;
    for (int64_t i = 0, row = 0; i < plan->row_tiles; i++) {
      const int64_t rows = plan->tile_rows + (i < plan->taller_tiles);
      a = (const char *)operands->a + row * plan->a_rs * in_bytes;
      tile.c = (char *)operands->c + (row * plan->c_rs + column) * out_bytes;
      plan->tiles[rows](&tile);
      if (plan->has_epilogue) {
        const ck_finished done = {
            .sums = tile.c, .sums_rs = tile.c_rs, .row = row, .column = column, .rows = rows, .columns = tile.n};
        ck_epilogue_store(plan, operands, &done, 1, 0);
      }
      row += rows;
    }
  }
}

void ck_gemm_scale(const ck_gemm_plan *plan, const ck_gemm_operands *operands) {
  // A row of zeros for sums, over and over: the epilogue does the rest.
  static const double zeros[64];
  for (int64_t i = 0; i < plan->m; i++)
    for (int64_t j = 0; j < plan->n; j += 64) {
      const int64_t columns = plan->n - j < 64 ? plan->n - j : 64;
      const ck_finished part = {.sums = zeros, .row = i, .column = j, .rows = 1, .columns = columns};
      ck_epilogue_store(plan, operands, &part, 0, plan->beta);
    }
}

static ck_status run_blocked(const ck_gemm_plan *plan, const ck_gemm_operands *operands, void *callers) {
  const int64_t bytes = callers ? 0 : ck_gemm_workspace_bytes(plan);
  void *workspace = bytes > 0 ? ck_workspace_take(bytes) : callers;
  if (bytes > 0 && !workspace) return CK_OUT_OF_MEMORY;
  ck_gemm_blocked(plan, operands, workspace);
  if (bytes > 0) ck_workspace_return(workspace, bytes);
  return CK_OK;
}

ck_status ck_gemm_execute(const ck_gemm_plan *plan, const ck_gemm_operands *operands, void *workspace) {
  ck_gemm_operands exchanged;
  if (plan->swapped) {
    exchanged = (ck_gemm_operands){.a = operands->b, .b = operands->a, .c = operands->c, .bias = operands->bias};
    operands = &exchanged;
  }
  switch (plan->driver) {
  case CK_DRIVER_EMPTY: break;
  case CK_DRIVER_TILES: run_tiles(plan, operands); break;
  case CK_DRIVER_SCALE: ck_gemm_scale(plan, operands); break;
  case CK_DRIVER_BLOCKED: return run_blocked(plan, operands, workspace);
  }
  return CK_OK;
}
