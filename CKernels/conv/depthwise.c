// Depthwise convolution: a filter for each channel and no sum over channels, so that the bytes decide and not the multiply-adds;
// and that of narrow groups, whose micro-kernels take the same blocks.
//
// The input is read where it lies and the kernels skip the padding. A task is a block of outputs: some rows of some channels of
// one image. Contract: each output is one chain of multiply-adds, in an order that the kernel's row fixes, whatever the blocks
// and threads. Of volumes, one for each slice of the kernel, which are then added in their order.
#include "ck_team.h"
#include "conv/band.h"
#include "conv/conv.h"
#include "conv/filters.h"
#include "epilogue/epilogue.h"
#include "pack/units.h"

/// Byte offsets into the workspace, which begins with copied weights; for each thread, sums and those of one slice of the kernel.
typedef struct ck_depthwise_map {
  int64_t sums, sums_bytes, slice, total;
} ck_depthwise_map;

typedef struct ck_depthwise_run {
  const ck_conv_plan *plan;
  ck_conv_operands operands;
  char *workspace;
  ck_depthwise_map map;
  const void *weights;
  int64_t w_channel, w_member, w_slice, w_row, w_column; ///< strides of the weights as the kernel reads them
  int64_t bands, channel_bands;
} ck_depthwise_run;

/// Outputs of a task.
typedef struct ck_depthwise_task {
  int64_t image, row, rows, channel, channels;
} ck_depthwise_task;

/// Where a task's sums go.
typedef struct ck_sums {
  void *base; ///< fp32, or what the narrow kernel stores
  int64_t channel, row, column;
} ck_sums;

static bool is_last(const ck_conv_plan *plan) { return plan->vectors == CK_CHANNELS_LAST; }

/// Whether the kernel's sums may be stored where the output lies.
static bool stores_output(const ck_conv_plan *plan) { return !plan->gemm.accumulate; }

/// Vectors of channels want weights that are adjacent.
static bool copies_weights(const ck_conv_plan *plan) {
  return is_last(plan) && !(ck_filter_step(plan) == 1 && ck_filters_are_even(plan));
}

/// Weights of a place of the kernel.
static int64_t place_weights(const ck_conv_plan *plan) { return plan->image.channels * ck_filter_channels(plan); }

static ck_depthwise_map map_of(const ck_conv_plan *plan) {
  const ck_image *in = &plan->image;
  ck_depthwise_map map = {};
  if (copies_weights(plan))
    map.sums = ck_round_up(ck_kernel_places(in) * place_weights(plan) * ck_element_bytes(plan->gemm.b_type), CK_LINE);
  if (!stores_output(plan)) {
    const int64_t sums = plan->band_rows * in->out_columns * plan->band_channels;
    map.slice = ck_round_up(sums * (int64_t)sizeof(float), CK_LINE);
    map.sums_bytes = in->kernel_slices > 1 ? 2 * map.slice : map.slice;
  }
  map.total = map.sums + plan->gemm.team.threads * map.sums_bytes;
  return map;
}

int64_t ck_depthwise_workspace_bytes(const ck_conv_plan *plan) {
  int64_t bytes = 0;
  for (int64_t i = 0; i < plan->joined; i++) bytes += ck_round_up(map_of(&plan[i]).total, CK_LINE);
  return bytes;
}

static void prepare_weights(ck_depthwise_run *run) {
  const ck_conv_plan *plan = run->plan;
  const ck_conv_layout *w = &plan->layout;
  const ck_image *in = &plan->image;
  run->weights = run->operands.weights;
  run->w_channel = ck_filter_step(plan), run->w_member = w->w_cs;
  run->w_slice = w->w_ds, run->w_row = w->w_rs, run->w_column = w->w_ss;
  if (!copies_weights(plan)) return;
  const int64_t channels = ck_filter_channels(plan);
  const ck_filters all = {0, channels, channels, plan->gemm.b_type, run->workspace};
  ck_filters_copy(plan, run->operands.weights, &all);
  run->weights = run->workspace;
  run->w_channel = 1, run->w_member = channels, run->w_column = place_weights(plan);
  run->w_row = in->kernel_columns * run->w_column, run->w_slice = in->kernel_rows * run->w_row;
}

// The sums become the output, rounded and with the epilogue applied, row by row.
static void finish(const ck_depthwise_run *run, const ck_depthwise_task *task, const ck_sums *sums) {
  const ck_conv_plan *plan = run->plan;
  ck_gemm_operands finished = {.bias = run->operands.bias};
  for (int64_t p = 0; p < task->rows; p++) {
    const int64_t offset = ck_output_place(plan, task->image) + (task->row + p) * plan->layout.out_ps;
    const int64_t bytes = ck_element_bytes(plan->gemm.c_type);
    finished.c = (char *)run->operands.output + offset * bytes;
    if (run->operands.residual) finished.residual = (const char *)run->operands.residual + offset * bytes;
    const int64_t columns = plan->image.out_columns;
    const ck_finished done = {
        .sums = (const float *)sums->base + p * sums->row,
        .sums_rs = is_last(plan) ? sums->column : sums->channel,
        .row = is_last(plan) ? 0 : task->channel,
        .column = is_last(plan) ? task->channel : 0,
        .rows = is_last(plan) ? columns : task->channels,
        .columns = is_last(plan) ? task->channels : columns,
    };
    ck_epilogue_store(&plan->gemm, &finished, &done, 1, 0);
  }
}

static ck_sums sums_of(const ck_depthwise_run *run, const ck_depthwise_task *task, int32_t thread) {
  const ck_conv_plan *plan = run->plan;
  const ck_conv_layout *out = &plan->layout;
  if (stores_output(plan)) {
    const int64_t offset = ck_output_place(plan, task->image) + task->row * out->out_ps + task->channel * out->out_ks;
    char *base = (char *)run->operands.output + offset * ck_element_bytes(plan->gemm.c_type);
    return (ck_sums){base, out->out_ks, out->out_ps, out->out_qs};
  }
  float *base = (float *)(run->workspace + run->map.sums + thread * run->map.sums_bytes);
  const int64_t columns = plan->image.out_columns;
  if (is_last(plan)) return (ck_sums){base, 1, columns * task->channels, task->channels};
  return (ck_sums){base, task->rows * columns, columns, 1};
}

/// The sums with one slice of the kernel.
static void run_slice(const ck_depthwise_run *run, const ck_depthwise_task *task, const ck_sums *sums, int64_t slice,
                      void *destination) {
  const ck_conv_plan *plan = run->plan;
  const ck_image *in = &plan->image;
  const ck_band band = {.first = task->row, .end = task->row + task->rows, .end_row = in->height};
  ck_block block = ck_band_block(plan, &band);
  block.down.in = in->hs, block.across.in = in->ws, block.in_channel = in->cs;
  block.down.out = sums->row, block.across.out = sums->column, block.out_channel = sums->channel;
  block.down.w = run->w_row, block.across.w = run->w_column, block.w_channel = run->w_channel, block.w_member = run->w_member;
  block.channels = task->channels;
  block.abreast = plan->vectors_abreast;
  block.asks = plan->gemm.fetches, block.asks_for_outputs = plan->gemm.fetches_c;
  const int64_t bytes = ck_element_bytes(plan->gemm.a_type);
  const int64_t place = ck_image_place(in, task->image) + slice * in->kernel_ss + task->channel * in->cs;
  const int64_t weight = slice * run->w_slice + task->channel * run->w_channel;
  const char *input = (const char *)run->operands.input + place * bytes, *weights = (const char *)run->weights + weight * bytes;
  if (plan->depthwise_narrow) plan->depthwise_narrow(&block, input, weights, destination);
  else plan->depthwise(&block, input, weights, destination);
}

static void run_task(const ck_depthwise_run *run, const ck_depthwise_task *task, int32_t thread) {
  const ck_conv_plan *plan = run->plan;
  const ck_sums sums = sums_of(run, task, thread);
  run_slice(run, task, &sums, 0, sums.base);
  float *base = sums.base, *more = (float *)((char *)base + run->map.slice);
  const int64_t count = task->rows * plan->image.out_columns * task->channels;
  for (int64_t slice = 1; slice < plan->image.kernel_slices; slice++) {
    run_slice(run, task, &sums, slice, more);
    for (int64_t i = 0; i < count; i++) base[i] += more[i];
  }
  if (!stores_output(plan) || plan->gemm.has_epilogue) finish(run, task, &sums);
}

/// The plans that are joined.
typedef struct ck_depthwise_runs {
  ck_depthwise_run of[CK_MOST_JOINED];
  int64_t count;
} ck_depthwise_runs;

// Each thread takes neighbouring tasks, the same in every call: what one layer has written into a core's L2 the next reads there.
static void run_tasks(const ck_depthwise_run *run, int32_t thread, int32_t threads) {
  const ck_conv_plan *plan = run->plan;
  const int64_t tasks = plan->images * run->channel_bands * run->bands;
  for (int64_t index = tasks * thread / threads; index < tasks * (thread + 1) / threads; index++) {
    const int64_t plane = index / run->bands;
    ck_depthwise_task task = {
        .image = plane / run->channel_bands,
        .row = index % run->bands * plan->band_rows,
        .channel = plane % run->channel_bands * plan->band_channels,
    };
    task.rows = ck_least(plan->band_rows, plan->image.out_rows - task.row);
    task.channels = ck_least(plan->band_channels, ck_filter_channels(plan) - task.channel);
    run_task(run, &task, thread);
  }
}

static void run_thread(void *context, int32_t thread, int32_t threads) {
  const ck_depthwise_runs *runs = context;
  for (int64_t i = 0; i < runs->count; i++) run_tasks(&runs->of[i], thread, threads);
}

static ck_depthwise_run run_of(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace) {
  ck_depthwise_run run = {
      .plan = plan,
      .operands = *operands,
      .workspace = workspace,
      .map = map_of(plan),
      .bands = ck_ceil_div(plan->image.out_rows, plan->band_rows),
      .channel_bands = ck_ceil_div(ck_filter_channels(plan), plan->band_channels),
  };
  prepare_weights(&run);
  return run;
}

void ck_conv_depthwise(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace) {
  ck_depthwise_runs runs;
  runs.count = plan->joined;
  for (int64_t i = 0; i < runs.count; i++) {
    const ck_conv_operands own = ck_conv_operands_from(&plan[i], &plan->offsets, operands);
    runs.of[i] = run_of(&plan[i], &own, workspace);
    workspace += ck_round_up(runs.of[i].map.total, CK_LINE);
  }
  ck_team_run(plan->gemm.team, run_thread, &runs);
}
