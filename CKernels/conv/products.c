// Convolution as matrix products by the loops of gemm/. A 1x1 kernel at stride 1 is a product of the operands where they lie. Any
// other is one of the weights and the matrix that im2col would make, whose panels are packed straight out of the image (implicit
// GEMM: Chetlur et al., "cuDNN: Efficient Primitives for Deep Learning", arXiv:1410.0759, section 3.1).
#include <stddef.h>

#include "conv/conv.h"
#include "pack/units.h"

ck_status ck_conv_products(const ck_conv_plan *plan, const ck_conv_operands *operands, void *workspace) {
  const ck_conv_layout *layout = &plan->layout;
  const int64_t in_bytes = ck_element_bytes(plan->gemm.a_type), out_bytes = ck_element_bytes(plan->gemm.c_type);
  const int64_t products = plan->one_product ? 1 : plan->images;
  const ck_image *image = plan->from_image ? &plan->image : NULL;
  for (int64_t group = 0; group < plan->groups; group++) {
    const ck_gemm_plan ready = plan->ready ? ck_ready_product(plan, group) : (ck_gemm_plan){};
    const ck_gemm_plan *gemm = plan->ready ? &ready : &plan->gemm;
    for (int64_t n = 0; n < products; n++) {
      const void *input = (const char *)operands->input + (group * layout->in_gs + ck_image_place(&plan->image, n)) * in_bytes;
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
      const ck_status status = ck_gemm_execute(gemm, &product, workspace);
      if (status != CK_OK) return status;
    }
  }
  return CK_OK;
}
