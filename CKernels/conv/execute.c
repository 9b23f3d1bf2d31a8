// From plans to their drivers.
#include <stddef.h>

#include "conv/conv.h"
#include "gemm/workspace.h"
#include "pack/units.h"

static int64_t bytes_of(const ck_conv_plan *plan) {
  switch (plan->driver) {
  case CK_CONV_EMPTY: break;
  case CK_CONV_PRODUCTS: return ck_products_workspace_bytes(plan);
  case CK_CONV_DIRECT: return ck_direct_workspace_bytes(plan);
  case CK_CONV_DEPTHWISE: return ck_depthwise_workspace_bytes(plan);
  case CK_CONV_WEIGHTS: return ck_weights_workspace_bytes(plan);
  case CK_CONV_DEPTHWISE_WEIGHTS: return ck_depthwise_weights_workspace_bytes(plan);
  case CK_CONV_WINOGRAD: return ck_winograd_workspace_bytes(plan);
  case CK_CONV_WINOGRAD_WEIGHTS: return ck_winograd_weights_workspace_bytes(plan);
  case CK_CONV_DEPTHWISE_TURNED: return ck_depthwise_turned_workspace_bytes(plan);
  case CK_CONV_PATCHES: return ck_patches_workspace_bytes(plan);
  }
  return 0;
}

int64_t ck_conv_workspace_bytes(const ck_conv_plan *plans, int64_t count) {
  int64_t bytes = 0;
  for (int64_t i = 0; i < count; i += plans[i].joined) bytes = ck_most(bytes, bytes_of(&plans[i]));
  return bytes;
}

/// What lies `elements` on; an operand without elements may be NULL.
static void *further(const void *from, int64_t elements, ck_dtype type) {
  return from ? (char *)from + elements * ck_element_bytes(type) : NULL;
}

ck_conv_operands ck_conv_operands_from(const ck_conv_plan *plan, const ck_conv_offsets *from, const ck_conv_operands *operands) {
  const ck_conv_offsets *at = &plan->offsets;
  const ck_dtype in = plan->gemm.a_type, out = plan->gemm.c_type;
  return (ck_conv_operands){
      .input = further(operands->input, at->input - from->input, in),
      .weights = plan->ready ? NULL : further(operands->weights, at->weights - from->weights, in),
      .output = further(operands->output, at->output - from->output, out),
      .bias = operands->bias,
      .residual = further(operands->residual, at->output - from->output, out),
  };
}

static ck_status run_driver(const ck_conv_plan *plan, const ck_conv_operands *of_call, void *workspace) {
  const ck_conv_offsets none = {};
  const ck_conv_operands operands = ck_conv_operands_from(plan, &none, of_call);
  switch (plan->driver) {
  case CK_CONV_EMPTY: break;
  case CK_CONV_PRODUCTS: return ck_conv_products(plan, &operands, workspace);
  case CK_CONV_DIRECT: ck_conv_direct(plan, &operands, workspace); break;
  case CK_CONV_DEPTHWISE: ck_conv_depthwise(plan, &operands, workspace); break;
  case CK_CONV_WEIGHTS: ck_conv_weights(plan, &operands, workspace); break;
  case CK_CONV_DEPTHWISE_WEIGHTS: ck_conv_depthwise_weights(plan, &operands, workspace); break;
  case CK_CONV_WINOGRAD: ck_conv_winograd(plan, &operands, workspace); break;
  case CK_CONV_WINOGRAD_WEIGHTS: ck_conv_winograd_weights(plan, &operands, workspace); break;
  case CK_CONV_DEPTHWISE_TURNED: ck_conv_depthwise_turned(plan, &operands, workspace); break;
  case CK_CONV_PATCHES: return ck_conv_patches(plan, &operands, workspace);
  }
  return CK_OK;
}

static ck_status run_all(const ck_conv_plan *plans, int64_t count, const ck_conv_operands *operands, void *workspace) {
  ck_status status = CK_OK;
  for (int64_t i = 0; i < count && status == CK_OK; i += plans[i].joined) status = run_driver(&plans[i], operands, workspace);
  return status;
}

ck_status ck_conv_execute(const ck_conv_plan *plans, int64_t count, const ck_conv_operands *operands, void *callers) {
  const int64_t bytes = callers ? 0 : ck_conv_workspace_bytes(plans, count);
  if (bytes == 0) return run_all(plans, count, operands, callers);
  void *workspace = ck_workspace_take(bytes);
  if (!workspace) return CK_OUT_OF_MEMORY;
  const ck_status status = run_all(plans, count, operands, workspace);
  ck_workspace_return(workspace, bytes);
  return status;
}
