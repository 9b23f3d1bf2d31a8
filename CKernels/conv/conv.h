// The drivers behind ck_conv_execute: one for each algorithm.
#pragma once
#include "ck_conv.h"

/// Where the output of image `index` begins.
static inline int64_t ck_output_place(const ck_conv_plan *plan, int64_t index) {
  return index / plan->image.slices * plan->layout.out_ns + index % plan->image.slices * plan->layout.out_ds;
}

/// Where the weights of one place of the kernel begin, from those of the first.
static inline int64_t ck_weights_place(const ck_conv_plan *plan, int64_t place) {
  const ck_image *in = &plan->image;
  const int64_t row = place / in->kernel_columns;
  return row / in->kernel_rows * plan->layout.w_ds + row % in->kernel_rows * plan->layout.w_rs +
         place % in->kernel_columns * plan->layout.w_ss;
}

/// What the plan reads and writes, of operands that lie where a plan with offsets `from` begins.
ck_conv_operands ck_conv_operands_from(const ck_conv_plan *plan, const ck_conv_offsets *from, const ck_conv_operands *operands);

int64_t ck_products_workspace_bytes(const ck_conv_plan *plan);

/// A matrix product for each group and image.
ck_status ck_conv_products(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace);

/// Bytes of the matrix of patches of one group, whose rows are `im2col_stride` elements apart.
int64_t ck_im2col_group_bytes(const ck_conv_plan *plan);

/// Makes those of all groups, one after another.
void ck_im2col(const ck_conv_plan *plan, ck_team team, const void *input, void *to);

int64_t ck_patches_workspace_bytes(const ck_conv_plan *plan);
ck_status ck_conv_patches(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace);

/// The plan of the products of one group whose weights are ready.
ck_gemm_plan ck_ready_product(const ck_conv_plan *plan, int64_t group);

/// Bytes of all panels of weights, 0 where they are not packed, and those panels; `weights`: where the plan's begin.
int64_t ck_direct_ready_bytes(const ck_conv_plan *plan);
void ck_direct_make_ready(const ck_conv_plan *plan, const void *weights, void *destination);

int64_t ck_direct_workspace_bytes(const ck_conv_plan *plan);
void ck_conv_direct(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace);

int64_t ck_depthwise_workspace_bytes(const ck_conv_plan *plan);

/// Runs this plan and those that are joined with it.
void ck_conv_depthwise(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace);

int64_t ck_weights_workspace_bytes(const ck_conv_plan *plan);
void ck_conv_weights(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace);

int64_t ck_depthwise_turned_workspace_bytes(const ck_conv_plan *plan);

/// Runs this plan and those that are joined with it.
void ck_conv_depthwise_turned(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace);

int64_t ck_depthwise_weights_workspace_bytes(const ck_conv_plan *plan);
void ck_conv_depthwise_weights(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace);

/// Bytes of the points of all weights.
int64_t ck_winograd_ready_bytes(const ck_conv_plan *plan);
void ck_winograd_make_ready(const ck_conv_plan *plan, const void *weights, void *destination);

int64_t ck_winograd_workspace_bytes(const ck_conv_plan *plan);
void ck_conv_winograd(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace);

int64_t ck_winograd_weights_workspace_bytes(const ck_conv_plan *plan);
void ck_conv_winograd_weights(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace);
