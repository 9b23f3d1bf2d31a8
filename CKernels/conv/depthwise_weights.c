// The gradient of depthwise weights: each thread sums those of its channels over all images. Bands of few rows, so that L1 holds
// what one vector of channels meets while all rows of taps pass over it.
//
// Contract: each sum is taken in the order of the bands and, in each, in one that the kernel's row fixes, whatever the threads.
#include "ck_team.h"
#include "conv/conv.h"
#include "epilogue/epilogue.h"
#include "pack/units.h"

typedef struct ck_depthwise_weights_run {
  const ck_conv_plan *plan;
  const ck_conv_operands *operands;
  float *sums; ///< [place][channel], channels first: [channel][place]
} ck_depthwise_weights_run;

static bool is_last(const ck_conv_plan *plan) { return plan->vectors == CK_CHANNELS_LAST; }

static int64_t places_of(const ck_conv_plan *plan) { return plan->image.kernel_rows * plan->image.kernel_columns; }

int64_t ck_depthwise_weights_workspace_bytes(const ck_conv_plan *plan) {
  return ck_round_up(places_of(plan) * plan->groups * (int64_t)sizeof(float), CK_LINE);
}

static void clear(const ck_depthwise_weights_run *run, int64_t channel, int64_t channels) {
  const int64_t places = places_of(run->plan), groups = run->plan->groups;
  if (!is_last(run->plan)) {
    __builtin_memset(run->sums + channel * places, 0, (size_t)(channels * places) * sizeof(float));
    return;
  }
  for (int64_t place = 0; place < places; place++)
    __builtin_memset(run->sums + place * groups + channel, 0, (size_t)channels * sizeof(float));
}

static void sum_band(const ck_depthwise_weights_run *run, int64_t image, int64_t row, int64_t channel, int64_t channels) {
  const ck_conv_plan *plan = run->plan;
  const ck_image *in = &plan->image;
  const ck_conv_layout *out = &plan->layout;
  const int64_t w_channel = is_last(plan) ? 1 : places_of(plan), w_column = is_last(plan) ? plan->groups : 1;
  const ck_block block = {
      .down = {.outputs = ck_least(plan->band_rows, in->out_rows - row),
               .inputs = in->height,
               .taps = in->kernel_rows,
               .first = row * in->stride_h - in->pad_top,
               .stride = in->stride_h,
               .dilation = in->dilation_h,
               .in = in->hs,
               .out = out->out_ps,
               .w = in->kernel_columns * w_column},
      .across = {.outputs = in->out_columns,
                 .inputs = in->width,
                 .taps = in->kernel_columns,
                 .first = -in->pad_left,
                 .stride = in->stride_w,
                 .dilation = in->dilation_w,
                 .in = in->ws,
                 .out = out->out_qs,
                 .w = w_column},
      .channels = channels,
      .in_channel = out->in_gs,
      .out_channel = out->out_gs,
      .w_channel = w_channel,
  };
  const int64_t bytes = ck_element_bytes(plan->gemm.a_type);
  const char *input = (const char *)run->operands->input + (ck_image_place(in, image) + channel * out->in_gs) * bytes;
  const int64_t place = ck_output_place(plan, image) + row * out->out_ps + channel * out->out_gs;
  const char *gradient = (const char *)run->operands->weights + place * bytes;
  plan->depthwise(&block, input, gradient, run->sums + channel * w_channel);
}

static void store(const ck_depthwise_weights_run *run, int64_t channel, int64_t channels) {
  const ck_conv_plan *plan = run->plan;
  const int64_t places = places_of(plan);
  const ck_gemm_operands operands = {.c = run->operands->output};
  const ck_finished last = {
      .sums = run->sums + channel, .sums_rs = plan->groups, .column = channel, .rows = places, .columns = channels};
  const ck_finished first = {
      .sums = run->sums + channel * places, .sums_rs = places, .row = channel, .rows = channels, .columns = places};
  ck_epilogue_store(&plan->gemm, &operands, is_last(plan) ? &last : &first, 1, 0);
}

static void run_thread(void *context, int32_t thread, int32_t threads) {
  const ck_depthwise_weights_run *run = context;
  const ck_conv_plan *plan = run->plan;
  const int64_t bands = ck_ceil_div(plan->groups, plan->band_channels);
  const int64_t channel = bands * thread / threads * plan->band_channels;
  const int64_t end = ck_least(bands * (thread + 1) / threads * plan->band_channels, plan->groups);
  if (channel >= end) return;
  clear(run, channel, end - channel);
  for (int64_t image = 0; image < plan->images; image++)
    for (int64_t row = 0; row < plan->image.out_rows; row += plan->band_rows) sum_band(run, image, row, channel, end - channel);
  store(run, channel, end - channel);
}

void ck_conv_depthwise_weights(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace) {
  ck_depthwise_weights_run run = {plan, operands, (float *)workspace};
  ck_team_run(plan->gemm.team, run_thread, &run);
}
