#include "conv/filters.h"

#include "ck_pack.h"
#include "conv/conv.h"
#include "pack/units.h"

static void copy_even(const ck_conv_plan *plan, const char *from, const ck_filters *filters, char *to) {
  const int64_t step = ck_filter_step(plan);
  const ck_pack_job job = {
      .source = from + filters->channel * step * ck_element_bytes(plan->gemm.b_type),
      .destination = to,
      .rows = filters->channels,
      .k = 1,
      .rs = step,
      .ks = 1,
      .panel = (int32_t)filters->lanes,
      .kr = 1,
      .from = plan->gemm.b_type,
      .to = filters->type,
      .isa = plan->gemm.isa,
  };
  ck_pack(&job);
}

/// Channel by channel: what a gradient reads of a weight layout whose groups are side by side.
static void copy_apart(const ck_conv_plan *plan, const char *from, const ck_filters *filters, char *to) {
  const int64_t width = plan->channels;
  for (int64_t c = 0; c < filters->lanes; c++) {
    const int64_t channel = filters->channel + c, at = channel / width * plan->layout.w_gs + channel % width * plan->layout.w_os;
    const bool is_missing = c >= filters->channels;
    if (plan->gemm.b_type == CK_F32) {
      ((uint32_t *)to)[c] = is_missing ? 0 : ((const uint32_t *)from)[at];
    } else {
      const uint16_t half = is_missing ? 0 : ((const uint16_t *)from)[at];
      if (filters->type == CK_F32) ((uint32_t *)to)[c] = (uint32_t)half << 16;
      else ((uint16_t *)to)[c] = half;
    }
  }
}

void ck_filters_copy(const ck_conv_plan *plan, const void *weights, const ck_filters *filters) {
  const int64_t members = plan->image.channels, from_bytes = ck_element_bytes(plan->gemm.b_type);
  char *to = filters->to;
  for (int64_t place = 0; place < ck_kernel_places(&plan->image); place++)
    for (int64_t i = 0; i < members; i++) {
      const char *from = (const char *)weights + (ck_weights_place(plan, place) + i * plan->layout.w_cs) * from_bytes;
      if (ck_filters_are_even(plan)) copy_even(plan, from, filters, to);
      else copy_apart(plan, from, filters, to);
      to += filters->lanes * ck_element_bytes(filters->type);
    }
}
