// The drivers behind ck_gemm_execute.
#pragma once
#include "epilogue/epilogue.h"
#include "gemm/workspace.h"

/// C = epilogue(beta C): what is left of a product without depth.
void ck_gemm_scale(const ck_gemm_plan *plan, const ck_gemm_operands *operands);

/// The blocked loops; `workspace` as ck_workspace_of says.
void ck_gemm_blocked(const ck_gemm_plan *plan, const ck_gemm_operands *operands, char *workspace);

/// The loops by slices of B; `workspace` likewise. `next`: the operands of the product after it, asked for meanwhile; NULL for
/// none.
void ck_gemm_by_slice(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_gemm_operands *next, char *workspace);

/// Products of sums of submatrices, fewer than there are parts; `workspace` of `ck_strassen_workspace_bytes`.
void ck_gemm_strassen(const ck_gemm_plan *plan, const ck_gemm_operands *operands, char *workspace);
int64_t ck_strassen_workspace_bytes(const ck_gemm_plan *plan);

/// The two loops round the micro-kernel. `next`: the operands of the product after it, asked for meanwhile; NULL for none.
void ck_gemm_tiles(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_gemm_operands *next);

/// What tiles, each of `steps` along K, ask for of the product after theirs: its A and B, where they are tight and others, in
/// `parts`. Not its C: 48^3 in a batch loses 9 % by that (Emerald Rapids).
void ck_product_stream(const ck_gemm_plan *plan, const ck_gemm_operands *now, const ck_gemm_operands *next, int64_t parts,
                       int64_t steps, ck_stream fetch[2], ck_shares shares[2]);

/// One product by the plan's driver; operands after the swap, `workspace` as ck_workspace_of says.
void ck_gemm_run(const ck_gemm_plan *plan, const ck_gemm_operands *operands, char *workspace);

/// Where the products of a batch lie, after the swap: the first and the plan's strides, or lists.
typedef struct ck_gemm_source {
  int64_t count;
  ck_gemm_operands first;
  const void *const *a, *const *b; ///< NULL without lists
  void *const *c;
  const void *const *residual;
} ck_gemm_source;

/// Operands of a call with the plan's copies in place of its own.
static inline ck_gemm_operands ck_with_copies(const ck_gemm_plan *plan, ck_gemm_operands operands) {
  if (plan->copied_a) operands.a = plan->copied_a;
  if (plan->copied_b) operands.b = plan->copied_b;
  return operands;
}

/// All products of a batch; `workspace`: what ck_workspace_of says for each thread of the batch's team.
void ck_gemm_batch(const ck_gemm_plan *plan, const ck_gemm_source *source, char *workspace);
