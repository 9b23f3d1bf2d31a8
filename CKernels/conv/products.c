// Convolution as matrix products by the loops of gemm/. A 1x1 kernel at stride 1 is a product of the operands where they lie, and
// so is its gradient, over the pixels of all images: of the input and of the output's, which comes as the weights do. Any other
// is one of the weights and the matrix that im2col would make, whose panels are packed straight out of the image (implicit GEMM:
// Chetlur et al., "cuDNN: Efficient Primitives for Deep Learning", arXiv:1410.0759, section 3.1), or of the matrix itself.
#include <stdatomic.h>
#include <stddef.h>

#include "ck_team.h"
#include "conv/conv.h"
#include "pack/units.h"

typedef struct ck_products_run {
  const ck_conv_plan *plan;
  const ck_conv_operands *operands;
  char *patches; ///< not NULL: in place of the input, those of one group after another
  char *workspace;
  int64_t images;       ///< those of a product are one
  _Atomic int64_t next; ///< of all groups' products
  _Atomic int32_t status;
} ck_products_run;

static int64_t product_bytes(const ck_conv_plan *plan) { return ck_round_up(ck_gemm_workspace_bytes(&plan->gemm), CK_LINE); }

static int64_t patches_bytes(const ck_conv_plan *plan) {
  return plan->im2col_stride > 0 ? ck_round_up(plan->groups * ck_im2col_group_bytes(plan), CK_LINE) : 0;
}

int64_t ck_products_workspace_bytes(const ck_conv_plan *plan) {
  return patches_bytes(plan) + plan->products_team.threads * product_bytes(plan);
}

static ck_status run_product(const ck_products_run *run, int64_t group, int64_t n, char *workspace) {
  const ck_conv_plan *plan = run->plan;
  const ck_conv_operands *operands = run->operands;
  const ck_conv_layout *layout = &plan->layout;
  const int64_t in_bytes = ck_element_bytes(plan->gemm.a_type), out_bytes = ck_element_bytes(plan->gemm.c_type);
  const ck_image *image = plan->from_image ? &plan->image : NULL;
  const void *input = (const char *)operands->input + (group * layout->in_gs + ck_image_place(&plan->image, n)) * in_bytes;
  if (run->patches) input = run->patches + group * ck_im2col_group_bytes(plan);
  const void *weights = plan->ready ? NULL : (const char *)operands->weights + group * layout->w_gs * in_bytes;
  const float *bias = operands->bias;
  const int64_t place = (group * layout->out_gs + ck_output_place(plan, n)) * out_bytes;
  const ck_gemm_operands product = {
      .a = plan->image_is_a ? input : weights,
      .b = plan->image_is_a ? weights : input,
      .c = (char *)operands->output + place,
      .bias = bias ? bias + group * plan->channels : NULL,
      .residual = operands->residual ? (const char *)operands->residual + place : NULL,
      .a_image = plan->image_is_a ? image : NULL,
      .b_image = plan->image_is_a ? NULL : image,
  };
  if (!plan->ready) return ck_gemm_execute(&plan->gemm, &product, workspace);
  const ck_gemm_plan ready = ck_ready_product(plan, group);
  return ck_gemm_execute(&ready, &product, workspace);
}

static void run_thread(void *context, int32_t thread, int32_t threads) {
  (void)threads;
  ck_products_run *run = context;
  char *workspace = run->workspace ? run->workspace + thread * product_bytes(run->plan) : NULL;
  const int64_t products = run->plan->groups * run->images;
  for (int64_t index; (index = atomic_fetch_add_explicit(&run->next, 1, memory_order_relaxed)) < products;) {
    const ck_status status = run_product(run, index / run->images, index % run->images, workspace);
    if (status != CK_OK) atomic_store_explicit(&run->status, status, memory_order_relaxed);
  }
}

ck_status ck_conv_products(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace) {
  ck_products_run run = {
      .plan = plan, .operands = operands, .workspace = workspace, .images = plan->one_product ? 1 : plan->images};
  if (plan->im2col_stride > 0) {
    run.patches = workspace, run.workspace = workspace + patches_bytes(plan);
    ck_im2col(plan, plan->products_team.threads > 1 ? plan->products_team : plan->gemm.team, operands->input, run.patches);
  }
  ck_team_run(plan->products_team, run_thread, &run);
  return run.status;
}
