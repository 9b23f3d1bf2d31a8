// Depthwise convolution: a filter for each channel and no sum over channels, so that the bytes decide and not the multiply-adds.
//
// Channels last: vectors of channels, the input where it lies. Outputs at the border, some of whose taps lie in the padding, are
// blocks of their own with fewer taps. Channels first: vectors along the rows of one channel's image; a band of its rows is
// copied with the padding round it, widened, and with its columns sorted by their remainder modulo the stride, so that
// neighbouring outputs read neighbours.
//
// Contract: each output is one chain of multiply-adds, in the order (r, s) or, channels first, (s, r), whatever the bands and
// threads.
#include <stdatomic.h>
#include <stddef.h>

#include "ck_pack.h"
#include "ck_team.h"
#include "conv/band.h"
#include "conv/conv.h"
#include "epilogue/epilogue.h"
#include "pack/units.h"

enum { CK_LINE = 64 };

/// Byte offsets into the workspace, which begins with copied weights; input and sums for each thread.
typedef struct ck_depthwise_map {
  int64_t taps, inputs, input_bytes, sums, sums_bytes, total;
} ck_depthwise_map;

typedef struct ck_depthwise_run {
  const ck_conv_plan *plan;
  const ck_conv_operands *operands;
  char *workspace;
  ck_depthwise_map map;
  const void *weights;
  int64_t w_channel, w_row, w_column; ///< strides of the weights as the kernel reads them
  int64_t bands;
  _Atomic int64_t next;
} ck_depthwise_run;

static bool is_last(const ck_conv_plan *plan) { return plan->vectors == CK_CHANNELS_LAST; }

/// Channels that one block of outputs has.
static int64_t block_channels(const ck_conv_plan *plan) { return is_last(plan) ? plan->groups : 1; }

/// Whether the kernel's sums may be stored where the output lies.
static bool stores_output(const ck_conv_plan *plan) { return !plan->gemm.accumulate; }

/// Whether the weights must be copied: for vectors of channels, those must be adjacent; for one channel, they must be fp32.
static bool copies_weights(const ck_conv_plan *plan) {
  return is_last(plan) ? plan->layout.w_gs != 1 : plan->gemm.a_type != CK_F32;
}

// Columns of a copied row that share a remainder modulo the stride.
static int64_t phase_columns(const ck_conv_plan *plan) { return ck_ceil_div(plan->band_columns, plan->image.stride_w); }

static int64_t copied_rows(const ck_conv_plan *plan) {
  return (plan->band_rows - 1) * plan->image.stride_h + (plan->image.kernel_rows - 1) * plan->image.dilation_h + 1;
}

static ck_depthwise_map map_of(const ck_conv_plan *plan) {
  const ck_image *in = &plan->image;
  const int64_t threads = plan->gemm.team.threads, taps = in->kernel_rows * in->kernel_columns;
  ck_depthwise_map map = {};
  const int64_t weight_bytes = taps * plan->groups * ck_element_bytes(plan->gemm.panel_type);
  map.taps = copies_weights(plan) ? ck_round_up(weight_bytes, CK_LINE) : 0;
  map.inputs = map.taps + ck_round_up(in->kernel_columns * (int64_t)sizeof(int64_t), CK_LINE);
  if (plan->copy_input)
    map.input_bytes = ck_round_up(copied_rows(plan) * in->stride_w * phase_columns(plan) * (int64_t)sizeof(float), CK_LINE);
  map.sums = map.inputs + threads * map.input_bytes;
  if (!stores_output(plan)) {
    const int64_t sums = plan->band_rows * in->out_columns * block_channels(plan);
    map.sums_bytes = ck_round_up(sums * (int64_t)sizeof(float), CK_LINE);
  }
  map.total = map.sums + threads * map.sums_bytes;
  return map;
}

int64_t ck_depthwise_workspace_bytes(const ck_conv_plan *plan) { return map_of(plan).total; }

// MARK: weights and taps

// Channels adjacent, or for channels first one channel after another.
static void prepare_weights(ck_depthwise_run *run) {
  const ck_conv_plan *plan = run->plan;
  const ck_conv_layout *w = &plan->layout;
  const ck_image *in = &plan->image;
  run->weights = run->operands->weights;
  run->w_channel = w->w_gs, run->w_row = w->w_rs, run->w_column = w->w_ss;
  if (!copies_weights(plan)) return;
  const int64_t places = in->kernel_rows * in->kernel_columns, panel = is_last(plan) ? plan->groups : 1;
  const int64_t from_bytes = ck_element_bytes(plan->gemm.b_type), to_bytes = ck_element_bytes(plan->gemm.panel_type);
  char *copy = run->workspace;
  for (int64_t place = 0; place < places; place++) {
    const int64_t offset = place / in->kernel_columns * w->w_rs + place % in->kernel_columns * w->w_ss;
    const ck_pack_job job = {
        .source = (const char *)run->operands->weights + offset * from_bytes,
        .destination = copy + place * plan->groups * to_bytes,
        .rows = panel,
        .k = plan->groups / panel,
        .rs = w->w_gs,
        .ks = w->w_gs,
        .panel = (int32_t)panel,
        .kr = 1,
        .from = plan->gemm.b_type,
        .to = plan->gemm.panel_type,
    };
    ck_pack(&job);
  }
  run->weights = copy;
  run->w_channel = 1, run->w_column = plan->groups, run->w_row = in->kernel_columns * plan->groups;
}

static void prepare_taps(ck_depthwise_run *run) {
  const ck_image *in = &run->plan->image;
  int64_t *taps = (int64_t *)(run->workspace + run->map.taps);
  for (int64_t s = 0; s < in->kernel_columns; s++) {
    const int64_t column = s * in->dilation_w;
    taps[s] = run->plan->copy_input ? column % in->stride_w * phase_columns(run->plan) + column / in->stride_w : column * in->ws;
  }
}

// MARK: blocks

/// How many outputs from `output` on, up to `end`, meet the image with the same taps.
static int64_t outputs_alike(const ck_axis *axis, int64_t output, int64_t end, ck_taps taps) {
  int64_t next = output + 1;
  for (; next < end; next++) {
    const ck_taps others = ck_taps_of(axis, next);
    if (others.first != taps.first || others.count != taps.count) break;
  }
  return next - output;
}

/// Where a band's sums go, and how far apart they are.
typedef struct ck_sums {
  float *base;
  int64_t row, column;
} ck_sums;

static void run_in_place(const ck_depthwise_run *run, const ck_band *band, const ck_sums *sums) {
  const ck_conv_plan *plan = run->plan;
  const ck_image *in = &plan->image;
  const ck_axis vertical = ck_rows_of(in), horizontal = ck_columns_of(in);
  const int64_t in_bytes = ck_element_bytes(plan->gemm.a_type);
  const char *input = (const char *)run->operands->input +
                      (band->image * in->ns + (is_last(plan) ? 0 : band->group * plan->layout.in_gs)) * in_bytes;
  const char *weights = (const char *)run->weights + (is_last(plan) ? 0 : band->group * run->w_channel) * in_bytes;
  for (int64_t p = band->first; p < band->end;) {
    const ck_taps down = ck_taps_of(&vertical, p);
    const int64_t rows = outputs_alike(&vertical, p, band->end, down);
    for (int64_t q = 0; q < in->out_columns;) {
      const ck_taps across = ck_taps_of(&horizontal, q);
      const int64_t columns = outputs_alike(&horizontal, q, in->out_columns, across);
      const ck_block block = {
          .kernel_rows = down.count,
          .kernel_columns = across.count,
          .rows = rows,
          .columns = columns,
          .channels = block_channels(plan),
          .in_row = in->stride_h * in->hs,
          .in_column = in->stride_w * in->ws,
          .tap_row = in->dilation_h * in->hs,
          .taps = (const int64_t *)(run->workspace + run->map.taps),
          .out_row = sums->row,
          .out_column = sums->column,
          .w_row = run->w_row,
          .w_column = run->w_column,
      };
      const int64_t row = p * in->stride_h + down.first * in->dilation_h - in->pad_top;
      const int64_t column = q * in->stride_w + across.first * in->dilation_w - in->pad_left;
      plan->depthwise(&block, input + (row * in->hs + column * in->ws) * in_bytes,
                      weights + (down.first * run->w_row + across.first * run->w_column) * in_bytes,
                      sums->base + (p - band->first) * sums->row + q * sums->column);
      q += columns;
    }
    p += rows;
  }
}

// Every `step`th of a row's columns, which are adjacent; widened where they are bf16. A constant step becomes vectors.
static void copy_columns(const char *from, bool widens, int64_t step, float *to, int64_t count) {
  const float *floats = (const float *)from;
  const uint16_t *halves = (const uint16_t *)from;
  if (widens)
    for (int64_t i = 0; i < count; i++) to[i] = ck_widened(halves[i * step]);
  else if (step == 1)
    for (int64_t i = 0; i < count; i++) to[i] = floats[i];
  else if (step == 2)
    for (int64_t i = 0; i < count; i++) to[i] = floats[i * 2];
  else
    for (int64_t i = 0; i < count; i++) to[i] = floats[i * step];
}

// Rows of one channel with the padding round them, phase after phase.
static void copy_rows(const ck_depthwise_run *run, const ck_band *band, float *copy) {
  const ck_conv_plan *plan = run->plan;
  const ck_image *in = &plan->image;
  const int64_t bytes = ck_element_bytes(plan->gemm.a_type), phase = phase_columns(plan), rows = copied_rows(plan);
  const char *input = (const char *)run->operands->input + (band->image * in->ns + band->group * plan->layout.in_gs) * bytes;
  __builtin_memset(copy, 0, (size_t)(rows * in->stride_w * phase) * sizeof(float));
  for (int64_t row = band->first_row; row < band->end_row; row++) {
    float *to = copy + (row - (band->first * in->stride_h - in->pad_top)) * in->stride_w * phase;
    for (int64_t remainder = 0; remainder < in->stride_w; remainder++) {
      // Columns of the padded row: remainder, remainder + stride ...; those before the image are zeros.
      const int64_t skip = ck_ceil_div(ck_most(0, in->pad_left - remainder), in->stride_w);
      const int64_t column = remainder + skip * in->stride_w - in->pad_left;
      const int64_t end = ck_least(in->width, plan->band_columns - in->pad_left);
      if (column >= end) continue;
      const char *from = input + (row * in->hs + column) * bytes;
      const int64_t count = ck_ceil_div(end - column, in->stride_w);
      copy_columns(from, plan->gemm.a_type == CK_BF16, in->stride_w, to + remainder * phase + skip, count);
    }
  }
}

static void run_copied(const ck_depthwise_run *run, const ck_band *band, float *copy, const ck_sums *sums) {
  const ck_conv_plan *plan = run->plan;
  const ck_image *in = &plan->image;
  copy_rows(run, band, copy);
  const int64_t row = in->stride_w * phase_columns(plan);
  const ck_block block = {
      .kernel_rows = in->kernel_rows,
      .kernel_columns = in->kernel_columns,
      .rows = band->end - band->first,
      .columns = in->out_columns,
      .channels = 1,
      .in_row = in->stride_h * row,
      .in_column = 1,
      .tap_row = in->dilation_h * row,
      .taps = (const int64_t *)(run->workspace + run->map.taps),
      .out_row = sums->row,
      .out_column = 1,
      .w_row = run->w_row,
      .w_column = run->w_column,
  };
  plan->depthwise(&block, copy, (const float *)run->weights + band->group * run->w_channel, sums->base);
}

// MARK: the loops

static void finish(const ck_depthwise_run *run, const ck_band *band, const ck_sums *sums) {
  const ck_conv_plan *plan = run->plan;
  const ck_image *in = &plan->image;
  ck_gemm_operands finished = {.bias = run->operands->bias};
  for (int64_t p = band->first; p < band->end; p++) {
    const int64_t offset = band->image * plan->layout.out_ns + p * plan->layout.out_ps;
    finished.c = (char *)run->operands->output + offset * ck_element_bytes(plan->gemm.c_type);
    const ck_finished done = {
        .sums = sums->base + (p - band->first) * sums->row,
        .sums_rs = sums->column,
        .row = is_last(plan) ? 0 : band->group,
        .rows = is_last(plan) ? in->out_columns : 1,
        .columns = is_last(plan) ? plan->groups : in->out_columns,
    };
    ck_epilogue_store(&plan->gemm, &finished, &done, 1, 0);
  }
}

static void run_band(const ck_depthwise_run *run, const ck_band *band, int32_t thread) {
  const ck_conv_plan *plan = run->plan;
  const ck_conv_layout *layout = &plan->layout;
  ck_sums sums;
  if (stores_output(plan)) {
    const int64_t offset =
        band->image * layout->out_ns + band->first * layout->out_ps + (is_last(plan) ? 0 : band->group * layout->out_gs);
    sums = (ck_sums){(float *)run->operands->output + offset, layout->out_ps, layout->out_qs};
  } else {
    const int64_t column = block_channels(plan);
    float *scratch = (float *)(run->workspace + run->map.sums + thread * run->map.sums_bytes);
    sums = (ck_sums){scratch, plan->image.out_columns * column, column};
  }
  if (plan->copy_input) run_copied(run, band, (float *)(run->workspace + run->map.inputs + thread * run->map.input_bytes), &sums);
  else run_in_place(run, band, &sums);
  if (!stores_output(plan) || plan->gemm.has_epilogue) finish(run, band, &sums);
}

static void run_thread(void *context, int32_t thread, int32_t threads) {
  (void)threads;
  ck_depthwise_run *run = context;
  const ck_conv_plan *plan = run->plan;
  const int64_t filters = is_last(plan) ? 1 : plan->groups, tasks = plan->images * filters * run->bands;
  for (;;) {
    const int64_t task = atomic_fetch_add_explicit(&run->next, 1, memory_order_relaxed);
    if (task >= tasks) break;
    const int64_t plane = task / run->bands;
    const ck_band band = ck_band_of(plan, plane / filters, plane % filters, task % run->bands);
    run_band(run, &band, thread);
  }
}

void ck_conv_depthwise(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace) {
  ck_depthwise_run run = {
      .plan = plan,
      .operands = operands,
      .workspace = workspace,
      .map = map_of(plan),
      .bands = ck_ceil_div(plan->image.out_rows, plan->band_rows),
  };
  prepare_weights(&run);
  prepare_taps(&run);
  ck_team_run(plan->gemm.team, run_thread, &run);
}
