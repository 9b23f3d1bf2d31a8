// The gradient of depthwise weights, and of those of narrow groups: each thread sums those of its channels over all images. Where
// a kernel passes over a band for each row of taps, bands are of few rows, so that L1 holds what one vector of channels meets.
// Where images lie channels first, a band is turned round before.
//
// Contract: each sum is taken in the order of the bands and, in each, in one that the kernel's row fixes, and whether vectors of
// channels go abreast, whatever the threads.
#include "ck_team.h"
#include "conv/band.h"
#include "conv/conv.h"
#include "conv/filters.h"
#include "conv/depthwise_turned.h"
#include "epilogue/epilogue.h"
#include "pack/units.h"

/// Byte offsets into the workspace, which begins with the sums; of each thread, bands of the input and of the gradient.
typedef struct ck_depthwise_weights_map {
  int64_t threads, thread_bytes, gradient, total;
} ck_depthwise_weights_map;

typedef struct ck_depthwise_weights_run {
  const ck_conv_plan *plan;
  const ck_conv_operands *operands;
  float *sums; ///< [place][channel], channels first: [channel][place]
  ck_depthwise_weights_map map;
} ck_depthwise_weights_run;

static bool is_last(const ck_conv_plan *plan) { return plan->vectors == CK_CHANNELS_LAST; }

static int64_t places_of(const ck_conv_plan *plan) { return plan->image.kernel_rows * plan->image.kernel_columns; }

/// Weights of an output channel.
static int64_t depths_of(const ck_conv_plan *plan) { return places_of(plan) * plan->image.channels; }

/// Sums of a place: of whole vectors where the channels beside the last are zeros.
static int64_t width_of(const ck_conv_plan *plan) {
  return plan->turns_channels ? ck_round_up(ck_filter_channels(plan), plan->band_channels) : ck_filter_channels(plan);
}

static ck_depthwise_weights_map map_of(const ck_conv_plan *plan) {
  ck_depthwise_weights_map map = {};
  map.threads = ck_round_up(depths_of(plan) * width_of(plan) * (int64_t)sizeof(float), CK_LINE);
  if (plan->turns_channels) {
    const int64_t pixel = plan->band_channels * (int64_t)sizeof(float);
    map.gradient = ck_round_up(ck_band_most_rows(plan) * plan->image.width * pixel, CK_LINE);
    map.thread_bytes = map.gradient + ck_round_up(plan->band_rows * plan->image.out_columns * pixel, CK_LINE);
  }
  map.total = map.threads + plan->gemm.team.threads * map.thread_bytes;
  return map;
}

int64_t ck_depthwise_weights_workspace_bytes(const ck_conv_plan *plan) { return map_of(plan).total; }

static void clear(const ck_depthwise_weights_run *run, int64_t channel, int64_t channels) {
  const int64_t depths = depths_of(run->plan), width = width_of(run->plan);
  if (!is_last(run->plan)) {
    __builtin_memset(run->sums + channel * depths, 0, (size_t)(channels * depths) * sizeof(float));
    return;
  }
  for (int64_t depth = 0; depth < depths; depth++)
    __builtin_memset(run->sums + depth * width + channel, 0, (size_t)channels * sizeof(float));
}

/// The band as a block of this plan's sums.
static ck_block block_of(const ck_conv_plan *plan, const ck_band *band) {
  ck_block block = ck_band_block(plan, band);
  // The depths of a channel in the order of the weights', so that they are stored at once.
  const int64_t step = is_last(plan) ? width_of(plan) : 1;
  const bool members_last = plan->image.channels_last;
  block.across.w = members_last ? plan->image.channels * step : step;
  block.down.w = plan->image.kernel_columns * block.across.w;
  block.w_member = members_last ? step : places_of(plan) * step;
  block.w_channel = is_last(plan) ? 1 : places_of(plan);
  return block;
}

/// Where band and channel begin, in elements.
static int64_t input_at(const ck_conv_plan *plan, int64_t image, int64_t channel) {
  return ck_image_place(&plan->image, image) + channel * plan->image.cs;
}

static int64_t gradient_at(const ck_conv_plan *plan, const ck_band *band, int64_t channel) {
  return ck_output_place(plan, band->image) + band->first * plan->layout.out_ps + channel * plan->layout.out_ks;
}

static void sum_band(const ck_depthwise_weights_run *run, const ck_band *band, int64_t channel, int64_t channels) {
  const ck_conv_plan *plan = run->plan;
  const ck_conv_layout *out = &plan->layout;
  ck_band whole = *band; // all rows lie where the first does
  whole.first_row = 0, whole.end_row = plan->image.height;
  ck_block block = block_of(plan, &whole);
  block.down.in = plan->image.hs, block.across.in = plan->image.ws, block.in_channel = plan->image.cs;
  block.down.out = out->out_ps, block.across.out = out->out_qs, block.out_channel = out->out_ks;
  block.channels = channels, block.abreast = plan->vectors_abreast;
  const int64_t bytes = ck_element_bytes(plan->gemm.a_type);
  plan->depthwise(&block, (const char *)run->operands->input + input_at(plan, band->image, channel) * bytes,
                  (const char *)run->operands->weights + gradient_at(plan, band, channel) * bytes,
                  run->sums + channel * block.w_channel);
}

/// The same of one vector of channels, by way of copies.
static void sum_turned_band(const ck_depthwise_weights_run *run, const ck_band *band, int64_t channel, char *own) {
  const ck_conv_plan *plan = run->plan;
  const ck_image *in = &plan->image;
  const int64_t bytes = ck_element_bytes(plan->gemm.a_type), lanes = plan->band_channels;
  float *input = (float *)own, *gradient = (float *)(own + run->map.gradient);
  ck_turned_rows rows = {.from = (const char *)run->operands->input +
                                 (input_at(plan, band->image, channel) + band->first_row * in->hs) * bytes,
                         .type = plan->gemm.a_type,
                         .channel = in->cs,
                         .pixels = (band->end_row - band->first_row) * in->width,
                         .channels = ck_least(lanes, ck_filter_channels(plan) - channel),
                         .lanes = lanes};
  if (rows.pixels > 0) ck_turn_rows(plan, &rows, input);
  rows.from = (const char *)run->operands->weights + gradient_at(plan, band, channel) * bytes;
  rows.channel = plan->layout.out_ks;
  rows.pixels = (band->end - band->first) * in->out_columns;
  ck_turn_rows(plan, &rows, gradient);
  ck_block block = block_of(plan, band);
  block.down.in = in->width * lanes, block.across.in = lanes, block.in_channel = 1;
  block.down.out = in->out_columns * lanes, block.across.out = lanes, block.out_channel = 1;
  block.channels = lanes;
  plan->depthwise(&block, input, gradient, run->sums + channel);
}

static void store(const ck_depthwise_weights_run *run, int64_t channel, int64_t channels) {
  const ck_conv_plan *plan = run->plan;
  const int64_t depths = depths_of(plan);
  const ck_gemm_operands operands = {.c = run->operands->output};
  const ck_finished last = {
      .sums = run->sums + channel, .sums_rs = width_of(plan), .column = channel, .rows = depths, .columns = channels};
  const ck_finished first = {
      .sums = run->sums + channel * depths, .sums_rs = depths, .row = channel, .rows = channels, .columns = depths};
  ck_epilogue_store(&plan->gemm, &operands, is_last(plan) ? &last : &first, 1, 0);
}

/// The sums over all images of so many channels, whole vectors of them where they are turned.
static void sum(const ck_depthwise_weights_run *run, int64_t channel, int64_t channels, char *own) {
  const ck_conv_plan *plan = run->plan;
  const int64_t bands = ck_ceil_div(plan->image.out_rows, plan->band_rows);
  clear(run, channel, channels);
  for (int64_t image = 0; image < plan->images; image++)
    for (int64_t index = 0; index < bands; index++) {
      const ck_band band = ck_band_of(plan, image, 0, index);
      if (plan->turns_channels) sum_turned_band(run, &band, channel, own);
      else sum_band(run, &band, channel, channels);
    }
}

static void run_thread(void *context, int32_t thread, int32_t threads) {
  const ck_depthwise_weights_run *run = context;
  const ck_conv_plan *plan = run->plan;
  const int64_t bands = ck_ceil_div(ck_filter_channels(plan), plan->band_channels);
  const int64_t channel = bands * thread / threads * plan->band_channels;
  const int64_t end = ck_least(bands * (thread + 1) / threads * plan->band_channels, ck_filter_channels(plan));
  if (channel >= end) return;
  const int64_t step = plan->turns_channels ? plan->band_channels : end - channel;
  char *own = (char *)run->sums + run->map.threads + thread * run->map.thread_bytes;
  for (int64_t at = channel; at < end; at += step) sum(run, at, step, own);
  store(run, channel, end - channel);
}

void ck_conv_depthwise_weights(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace) {
  ck_depthwise_weights_run run = {plan, operands, (float *)workspace, map_of(plan)};
  ck_team_run(plan->gemm.team, run_thread, &run);
}
