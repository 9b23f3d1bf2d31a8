// Weights laid out ahead of time, as a plan's micro-kernels read them.
#include "conv/conv.h"
#include "gemm/panels.h"

/// Whether the weights are the left operand of its products, and of one of its groups so many bytes.
static bool weights_are_left(const ck_conv_plan *plan) { return plan->image_is_a == plan->gemm.swapped; }

static int64_t product_bytes(const ck_conv_plan *plan) {
  const bool left = weights_are_left(plan);
  if (left ? !plan->gemm.pack_a : !plan->gemm.pack_b) return 0;
  return ck_round_up(ck_gemm_packed_bytes(&plan->gemm, left), CK_LINE);
}

int64_t ck_conv_ready_bytes(const ck_conv_plan *plan) {
  switch (plan->driver) {
  case CK_CONV_PRODUCTS:
  case CK_CONV_PATCHES: return plan->groups * product_bytes(plan);
  case CK_CONV_DIRECT: return ck_direct_ready_bytes(plan);
  case CK_CONV_WINOGRAD: return ck_winograd_ready_bytes(plan);
  default: return 0;
  }
}

void ck_conv_make_ready(const ck_conv_plan *plan, const void *weights, void *destination) {
  const int64_t bytes = ck_element_bytes(plan->gemm.b_type);
  const char *source = (const char *)weights + plan->offsets.weights * bytes;
  if (plan->driver == CK_CONV_DIRECT) return ck_direct_make_ready(plan, source, destination);
  if (plan->driver == CK_CONV_WINOGRAD) return ck_winograd_make_ready(plan, source, destination);
  ck_gemm_plan gemm = plan->gemm;
  if (plan->products_team.threads > 1) gemm.team = plan->products_team;
  for (int64_t group = 0; group < plan->groups; group++)
    ck_gemm_pack_ahead(&gemm, weights_are_left(plan), source + group * plan->layout.w_gs * bytes,
                       (char *)destination + group * product_bytes(plan));
}

ck_gemm_plan ck_ready_product(const ck_conv_plan *plan, int64_t group) {
  ck_gemm_plan gemm = plan->gemm;
  const char *ready = (const char *)plan->ready + group * product_bytes(plan);
  if (weights_are_left(plan)) gemm.ready_a = ready;
  else gemm.ready_b = ready;
  return gemm;
}
