// From a plan to its driver. On the way of every call: a tile-sized product costs little more than its micro-kernel.
#include "gemm/gemm.h"

#include <stddef.h>

static void run_tile(const ck_gemm_plan *plan, const ck_gemm_operands *operands) {
  const ck_tile tile = {
      .a = &operands->a,
      .b = &operands->b,
      .blocks = 1,
      .k = plan->k,
      .a_rs = plan->a_rs,
      .a_ks = plan->family == CK_DOT ? 1 : plan->a_cs,
      .b_ks = plan->family == CK_DOT ? plan->b_cs : plan->b_rs,
      .c = operands->c,
      .c_rs = plan->c_rs,
      .n = plan->n,
      .alpha = plan->alpha,
      .beta = plan->beta,
  };
  plan->tiles[plan->m](&tile);
  if (plan->has_epilogue) {
    const ck_finished whole = {.sums = operands->c, .sums_rs = plan->c_rs, .rows = plan->m, .columns = plan->n};
    ck_epilogue_store(plan, operands, &whole, 1, 0);
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

ck_status ck_gemm_execute(const ck_gemm_plan *plan, const ck_gemm_operands *caller, void *workspace) {
  ck_gemm_operands operands = *caller;
  if (plan->swapped) {
    operands.a = caller->b;
    operands.b = caller->a;
  }
  switch (plan->driver) {
  case CK_DRIVER_EMPTY: break;
  case CK_DRIVER_TILE: run_tile(plan, &operands); break;
  case CK_DRIVER_SCALE: ck_gemm_scale(plan, &operands); break;
  case CK_DRIVER_BLOCKED: return run_blocked(plan, &operands, workspace);
  }
  return CK_OK;
}
