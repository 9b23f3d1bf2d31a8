// The drivers behind ck_conv_execute: one for each algorithm.
#pragma once
#include "ck_conv.h"

/// A matrix product for each group and image.
ck_status ck_conv_products(const ck_conv_plan *plan, const ck_conv_operands *operands, void *workspace);

int64_t ck_direct_workspace_bytes(const ck_conv_plan *plan);
void ck_conv_direct(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace);

int64_t ck_depthwise_workspace_bytes(const ck_conv_plan *plan);
void ck_conv_depthwise(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace);

int64_t ck_weights_workspace_bytes(const ck_conv_plan *plan);
void ck_conv_weights(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace);
