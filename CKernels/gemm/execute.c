// From a plan to its driver. On the way of every call: a small product costs little more than its micro-kernels.
#include "gemm/gemm.h"

#include <stddef.h>

#include "pack/units.h"

// The two loops round the micro-kernel, and nothing else: what small products run.
static void run_tiles(const ck_gemm_plan *plan, const ck_gemm_operands *operands) {
  const int64_t in_bytes = ck_element_bytes(plan->a_type), out_bytes = ck_element_bytes(plan->c_type);
  ck_tile tile = plan->tile;
  for (int64_t column = 0; column < plan->n; column += plan->nr) {
    tile.n = plan->n - column < plan->nr ? plan->n - column : plan->nr;
    const void *b = (const char *)operands->b + column * plan->b_cs * in_bytes;
    for (int64_t i = 0, row = 0; i < plan->row_tiles; i++) {
      const int64_t rows = plan->tile_rows + (i < plan->taller_tiles);
      const void *a = (const char *)operands->a + row * plan->a_rs * in_bytes;
      void *c = (char *)operands->c + (row * plan->c_rs + column) * out_bytes;
      plan->tiles[rows](&tile, &a, &b, c);
      if (plan->has_epilogue) {
        const ck_finished done = {.sums = c, .sums_rs = tile.c_rs, .row = row, .column = column, .rows = rows, .columns = tile.n};
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

/// The loops that need a workspace.
static ck_status run_loops(const ck_gemm_plan *plan, const ck_gemm_operands *operands, void *callers) {
  const int64_t bytes = callers ? 0 : ck_gemm_workspace_bytes(plan);
  void *workspace = bytes > 0 ? ck_workspace_take(bytes) : callers;
  if (bytes > 0 && !workspace) return CK_OUT_OF_MEMORY;
  if (plan->driver == CK_DRIVER_BY_PANEL) ck_gemm_by_panel(plan, operands, workspace);
  else ck_gemm_blocked(plan, operands, workspace);
  if (bytes > 0) ck_workspace_return(workspace, bytes);
  return CK_OK;
}

static ck_status run_driver(const ck_gemm_plan *plan, const ck_gemm_operands *operands, void *workspace) {
  switch (plan->driver) {
  case CK_DRIVER_EMPTY:
  case CK_DRIVER_ONE_TILE: break;
  case CK_DRIVER_TILES: run_tiles(plan, operands); break;
  case CK_DRIVER_SCALE: ck_gemm_scale(plan, operands); break;
  case CK_DRIVER_BLOCKED:
  case CK_DRIVER_BY_PANEL: return run_loops(plan, operands, workspace);
  }
  return CK_OK;
}

ck_status ck_gemm_execute(const ck_gemm_plan *plan, const ck_gemm_operands *operands, void *workspace) {
  if (plan->driver == CK_DRIVER_ONE_TILE) {
    const void *const *a = plan->swapped ? &operands->b : &operands->a, *const *b = plan->swapped ? &operands->a : &operands->b;
    plan->tiles[plan->m](&plan->tile, a, b, operands->c);
    return CK_OK;
  }
  if (!plan->swapped) return run_driver(plan, operands, workspace);
  const ck_gemm_operands exchanged = {
      .a = operands->b,
      .b = operands->a,
      .c = operands->c,
      .bias = operands->bias,
      .a_image = operands->b_image,
      .b_image = operands->a_image,
  };
  return run_driver(plan, &exchanged, workspace);
}
