// The weights of depthwise convolution, and of narrow groups, as their micro-kernels read them.
#pragma once
#include "ck_conv.h"

/// Output channels of all groups.
static inline int64_t ck_filter_channels(const ck_conv_plan *plan) { return plan->groups * plan->channels; }

/// Elements from the weights of one output channel to those of the next in its group; of groups of one, of the next group.
static inline int64_t ck_filter_step(const ck_conv_plan *plan) {
  return plan->channels == 1 ? plan->layout.w_gs : plan->layout.w_os;
}

/// Whether all output channels are equally far apart, those of different groups too.
static inline bool ck_filters_are_even(const ck_conv_plan *plan) {
  return plan->layout.w_gs == plan->channels * ck_filter_step(plan);
}

/// Some output channels, whole groups of them, where their weights go: `lanes` from one input channel of a group to the next.
typedef struct ck_filters {
  int64_t channel, channels, lanes;
  ck_dtype type;
  char *to;
} ck_filters;

/// Copies them, for each place of the kernel those of each of a group's input channels; zeros for missing output channels.
void ck_filters_copy(const ck_conv_plan *plan, const void *weights, const ck_filters *filters);
