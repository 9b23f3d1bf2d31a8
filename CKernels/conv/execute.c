// From a plan to its driver.
#include "conv/conv.h"
#include "gemm/workspace.h"

int64_t ck_conv_workspace_bytes(const ck_conv_plan *plan) {
  switch (plan->driver) {
  case CK_CONV_EMPTY: break;
  case CK_CONV_PRODUCTS: return ck_gemm_workspace_bytes(&plan->gemm);
  case CK_CONV_DIRECT: return ck_direct_workspace_bytes(plan);
  case CK_CONV_DEPTHWISE: return ck_depthwise_workspace_bytes(plan);
  }
  return 0;
}

static ck_status run_driver(const ck_conv_plan *plan, const ck_conv_operands *operands, void *workspace) {
  switch (plan->driver) {
  case CK_CONV_EMPTY: break;
  case CK_CONV_PRODUCTS: return ck_conv_products(plan, operands, workspace);
  case CK_CONV_DIRECT: ck_conv_direct(plan, operands, workspace); break;
  case CK_CONV_DEPTHWISE: ck_conv_depthwise(plan, operands, workspace); break;
  }
  return CK_OK;
}

ck_status ck_conv_execute(const ck_conv_plan *plan, const ck_conv_operands *operands, void *callers) {
  const int64_t bytes = callers ? 0 : ck_conv_workspace_bytes(plan);
  if (bytes == 0) return run_driver(plan, operands, callers);
  void *workspace = ck_workspace_take(bytes);
  if (!workspace) return CK_OUT_OF_MEMORY;
  const ck_status status = run_driver(plan, operands, workspace);
  ck_workspace_return(workspace, bytes);
  return status;
}
