// A task is a band of rows of one vector of channels of one image: its input is turned round, the kernel sums each phase, and
// what they leave is turned back as it is stored. Of a gradient of a strided convolution all phases are done together, so that
// whole rows are stored; one by one, each would store every second element.
//
// Contract: as depthwise.c.
#include "conv/depthwise_turned.h"

#include "ck_pack.h"
#include "ck_team.h"
#include "conv/band.h"
#include "conv/filters.h"
#include "epilogue/epilogue.h"
#include "pack/panel.h"
#include "pack/units.h"

/// Byte offsets into a thread's workspace, which begins with the weights of a task.
typedef struct ck_turned_map {
  int64_t input, sums, total;
} ck_turned_map;

typedef struct ck_turned_run {
  const ck_conv_plan *plan;
  const ck_conv_operands *operands;
  char *workspace;
  ck_turned_map map;
  int64_t bands, vectors; ///< of an image's rows; of channels
} ck_turned_run;

/// Outputs [first, end) of each phase, and the input rows that they meet.
typedef struct ck_turned_task {
  int64_t image, channel, channels, first, end;
  int64_t first_row, end_row;
} ck_turned_task;

void ck_turn_rows(const ck_conv_plan *plan, const ck_turned_rows *rows, float *to) {
  const ck_pack_job job = {
      .source = rows->from,
      .destination = to,
      .rows = rows->channels,
      .k = rows->pixels,
      .rs = rows->channel,
      .ks = 1,
      .panel = (int32_t)rows->lanes,
      .kr = 1,
      .from = rows->type,
      .to = CK_F32,
      .isa = plan->gemm.isa,
  };
  ck_pack(&job);
}

/// The input rows that outputs [first, end) of all phases meet.
static void meet(const ck_conv_plan *plan, ck_turned_task *task) {
  task->first_row = plan->image.height, task->end_row = 0;
  for (const ck_conv_plan *phase = plan; phase < plan + plan->joined; phase++) {
    const ck_image *in = &phase->image;
    const int64_t end = ck_least(task->end, in->out_rows);
    if (end <= task->first) continue;
    const int64_t row = task->first * in->stride_h - in->pad_top;
    const int64_t last = (end - 1) * in->stride_h - in->pad_top + (in->kernel_rows - 1) * in->dilation_h;
    task->first_row = ck_least(task->first_row, ck_most(row, 0));
    task->end_row = ck_most(task->end_row, ck_least(last + 1, in->height));
  }
  task->end_row = ck_most(task->end_row, task->first_row);
}

static ck_turned_map map_of(const ck_conv_plan *plan) {
  int64_t weights = 0, first = INT64_MAX, last = INT64_MIN; // rows that the first output meets, with any phase
  for (const ck_conv_plan *phase = plan; phase < plan + plan->joined; phase++) {
    const ck_image *in = &phase->image;
    weights = ck_most(weights, in->kernel_rows * in->kernel_columns * in->channels);
    first = ck_least(first, -in->pad_top);
    last = ck_most(last, (in->kernel_rows - 1) * in->dilation_h - in->pad_top);
  }
  const int64_t rows = ck_least(plan->image.height, (plan->band_rows - 1) * plan->image.stride_h + last - first + 1);
  const int64_t pixel = plan->band_channels * (int64_t)sizeof(float);
  ck_turned_map map = {.input = ck_round_up(weights * pixel, CK_LINE)};
  map.sums = map.input + ck_round_up(rows * plan->image.width * pixel, CK_LINE);
  map.total = map.sums + ck_round_up(plan->band_rows * plan->phase.row_step * plan->phase.columns * pixel, CK_LINE);
  return map;
}

int64_t ck_depthwise_turned_workspace_bytes(const ck_conv_plan *plan) { return plan->gemm.team.threads * map_of(plan).total; }

static void run_phase(const ck_turned_run *run, const ck_conv_plan *phase, const ck_turned_task *task, char *own) {
  const ck_image *in = &phase->image;
  const ck_phase *at = &phase->phase;
  const int64_t lanes = phase->band_channels, rows = ck_least(task->end, in->out_rows) - task->first;
  if (rows <= 0) return;
  float *sums = (float *)(own + run->map.sums) + (at->row * at->columns + at->column) * lanes;
  const int64_t weights = phase->offsets.weights - run->plan->offsets.weights;
  const ck_filters filters = {task->channel, task->channels, lanes, CK_F32, own};
  ck_filters_copy(phase, (const char *)run->operands->weights + weights * ck_element_bytes(phase->gemm.b_type), &filters);
  const ck_band band = {.first = task->first, .end = task->first + rows, .first_row = task->first_row, .end_row = task->end_row};
  ck_block block = ck_band_block(phase, &band);
  block.down.in = in->width * lanes, block.across.in = lanes, block.in_channel = 1;
  block.down.out = at->row_step * at->columns * lanes, block.across.out = at->column_step * lanes, block.out_channel = 1;
  block.across.w = in->channels * lanes, block.down.w = in->kernel_columns * block.across.w;
  block.w_channel = 1, block.w_member = lanes;
  block.channels = lanes;
  phase->depthwise(&block, own + run->map.input, own, sums);
}

/// Turns so many pixels straight into the output.
static void turn_back(const ck_turned_run *run, const ck_turned_task *task, const char *sums, int64_t pixels, int64_t offset) {
  const ck_conv_plan *plan = run->plan;
  const ck_pack_job job = {.kr = 1, .from = CK_F32, .to = CK_F32, .isa = plan->gemm.isa};
  const int64_t bytes = sizeof(float);
  const ck_panel panel = {.source = sums,
                          .destination = (char *)run->operands->output + offset + task->channel * plan->layout.out_ks * bytes,
                          .live = pixels,
                          .k = task->channels,
                          .rs = plan->band_channels * bytes,
                          .ks = bytes,
                          .width = plan->layout.out_ks};
  ck_pack_panel(&job, &panel);
}

/// Stores the band, with the epilogue applied; rows that follow one another at once.
static void store(const ck_turned_run *run, const ck_turned_task *task, const char *own) {
  const ck_conv_plan *plan = run->plan;
  const ck_phase *at = &plan->phase;
  const int64_t bytes = ck_element_bytes(plan->gemm.c_type), lanes = plan->band_channels;
  const int64_t row = plan->layout.out_ps / at->row_step, column = plan->layout.out_qs / at->column_step;
  const int64_t first = task->first * at->row_step, rows = ck_least(task->end * at->row_step, at->rows) - first;
  const bool at_once = row == at->columns * column;
  const int64_t base = ck_output_place(plan, task->image) - at->row * row - at->column * column + first * row;
  const bool as_they_are = !plan->gemm.has_epilogue && plan->gemm.c_type == CK_F32 && column == 1;
  const int64_t pixels = (at_once ? rows : 1) * at->columns;
  for (int64_t i = 0; i < (at_once ? 1 : rows); i++) {
    const int64_t offset = (base + i * row) * bytes;
    const float *sums = (const float *)(own + run->map.sums) + i * at->columns * lanes;
    if (as_they_are) {
      turn_back(run, task, (const char *)sums, pixels, offset);
      continue;
    }
    const ck_gemm_operands finished = {
        .c = (char *)run->operands->output + offset,
        .bias = run->operands->bias,
        .residual = run->operands->residual ? (const char *)run->operands->residual + offset : 0,
    };
    const ck_finished done = {.sums = sums, .sums_rs = lanes, .column = task->channel, .rows = pixels, .columns = task->channels};
    ck_epilogue_store(&plan->gemm, &finished, &done, 1, 0);
  }
}

static void run_task(const ck_turned_run *run, const ck_turned_task *task, char *own) {
  const ck_conv_plan *plan = run->plan;
  const ck_image *in = &plan->image;
  const int64_t place = ck_image_place(in, task->image) + task->channel * in->cs + task->first_row * in->hs;
  const ck_turned_rows rows = {.from = (const char *)run->operands->input + place * ck_element_bytes(plan->gemm.a_type),
                               .type = plan->gemm.a_type,
                               .channel = in->cs,
                               .pixels = (task->end_row - task->first_row) * in->width,
                               .channels = task->channels,
                               .lanes = plan->band_channels};
  if (rows.pixels > 0) ck_turn_rows(plan, &rows, (float *)(own + run->map.input));
  for (const ck_conv_plan *phase = plan; phase < plan + plan->joined; phase++) run_phase(run, phase, task, own);
  store(run, task, own);
}

// Each thread takes neighbouring tasks, the same in every call: what one layer has written into a core's L2 the next reads there.
static void run_thread(void *context, int32_t thread, int32_t threads) {
  const ck_turned_run *run = context;
  const ck_conv_plan *plan = run->plan;
  char *own = run->workspace + thread * run->map.total;
  const int64_t tasks = plan->images * run->vectors * run->bands;
  for (int64_t index = tasks * thread / threads; index < tasks * (thread + 1) / threads; index++) {
    const int64_t plane = index / run->bands, first = index % run->bands * plan->band_rows;
    ck_turned_task task = {.image = plane / run->vectors,
                           .channel = plane % run->vectors * plan->band_channels,
                           .first = first,
                           .end = first + plan->band_rows};
    task.channels = ck_least(plan->band_channels, ck_filter_channels(plan) - task.channel);
    meet(plan, &task);
    run_task(run, &task, own);
  }
}

void ck_conv_depthwise_turned(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace) {
  ck_turned_run run = {
      .plan = plan,
      .operands = operands,
      .workspace = workspace,
      .map = map_of(plan),
      .bands = ck_ceil_div(plan->phase.rows, plan->band_rows * plan->phase.row_step),
      .vectors = ck_ceil_div(ck_filter_channels(plan), plan->band_channels),
  };
  ck_team_run(plan->gemm.team, run_thread, &run);
}
