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

/// Element `at` becomes number `c`.
static void copy_one(const ck_conv_plan *plan, const char *from, int64_t at, ck_dtype type, char *to, int64_t c) {
  if (plan->gemm.b_type == CK_F32) {
    ((uint32_t *)to)[c] = ((const uint32_t *)from)[at];
  } else if (type == CK_F32) {
    ((uint32_t *)to)[c] = (uint32_t)((const uint16_t *)from)[at] << 16;
  } else {
    ((uint16_t *)to)[c] = ((const uint16_t *)from)[at];
  }
}

/// Channel by channel: what a gradient reads of a weight layout whose groups are side by side.
static void copy_apart(const ck_conv_plan *plan, const char *from, const ck_filters *filters, char *to) {
  const int64_t width = plan->channels;
  if (filters->channels < filters->lanes) __builtin_memset(to, 0, (size_t)(filters->lanes * ck_element_bytes(filters->type)));
  for (int64_t c = 0; c < filters->channels; c += width) {
    const int64_t group = (filters->channel + c) / width * plan->layout.w_gs;
    for (int64_t i = 0; i < width; i++) copy_one(plan, from, group + i * plan->layout.w_os, filters->type, to, c + i);
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
