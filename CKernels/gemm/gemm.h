// The drivers behind ck_gemm_execute.
#pragma once
#include "epilogue/epilogue.h"
#include "gemm/workspace.h"

/// C = epilogue(beta C): what is left of a product without depth.
void ck_gemm_scale(const ck_gemm_plan *plan, const ck_gemm_operands *operands);

/// The blocked loops; `workspace` as ck_workspace_of says.
void ck_gemm_blocked(const ck_gemm_plan *plan, const ck_gemm_operands *operands, char *workspace);

/// The loops by panels of B; `workspace` likewise.
void ck_gemm_by_panel(const ck_gemm_plan *plan, const ck_gemm_operands *operands, char *workspace);
