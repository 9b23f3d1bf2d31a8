// The gradient of 3x3 weights by Winograd's algorithm, F(3 x 3, m x m): each tile of m x m gradients of outputs is a filter that
// meets (m + 2)^2 inputs, and all tiles are summed at their points before the nine weights are made of the sums. At each point
// that is a matrix product of the input channels by the output channels, over the tiles.
//
// A task is a part of the tiles for a part of the channels: its points, block by block, then their products. Threads share no
// points, which would move from one core's caches to another's; where channels are few, parts of the tiles are summed apart.
// Where there are groups for all threads, each takes whole ones. Contract: each such sum is one chain, and the parts are added
// in their order, so threads don't show in the bits.
#include <stdatomic.h>

#include "ck_team.h"
#include "conv/conv.h"
#include "conv/winograd.h"
#include "epilogue/epilogue.h"
#include "pack/units.h"

/// Channels whose weights are made before they are stored.
enum { CK_KEPT_CHANNELS = 8 };

/// Sizes in floats: of the points of a thread's tiles; of sums from channel to channel, from point to point, from one part of the
/// tiles to the next.
typedef struct ck_gradient_sizes {
  ck_winograd_grid grid;
  int64_t input_depth, input_point, gradient_depth, gradient_point;
  int64_t width, sum_point, sums;
} ck_gradient_sizes;

/// Byte offsets into the workspace, which begins with the sums; the last are those of one thread, which begin with the points of
/// inputs.
typedef struct ck_gradient_map {
  int64_t threads, thread_bytes, total;
  int64_t gradients, copies, kept;
} ck_gradient_map;

typedef struct ck_gradient_run {
  const ck_conv_plan *plan;
  const ck_conv_operands *operands;
  char *workspace;
  ck_gradient_sizes sizes;
  ck_gradient_map map;
  _Atomic int64_t next[2]; ///< the next task of this group; groups take turns
} ck_gradient_run;

/// A task: input channels [channel, channel + channels), output channels [column, column + columns), blocks [block, end).
typedef struct ck_gradient_part {
  int64_t channel, channels, column, columns, index, block, end;
} ck_gradient_part;

/// A thread's own.
typedef struct ck_own {
  float *sums; ///< of its groups, or those that all threads share
  float *inputs, *gradients, *copies, *kept;
} ck_own;

// MARK: sizes

/// The input channels of a part, in whole lines.
static int64_t part_channels(const ck_conv_plan *plan) {
  return ck_round_up(ck_ceil_div(plan->image.channels, plan->channel_parts), CK_LINE_FLOATS);
}

/// The output channels of a part, in whole panels.
static int64_t part_columns(const ck_conv_plan *plan) {
  return ck_round_up(ck_ceil_div(plan->channels, plan->panel_parts), plan->gemm.nr);
}

static ck_gradient_sizes sizes_of(const ck_conv_plan *plan) {
  ck_gradient_sizes s = {.grid = ck_winograd_grid_of(plan)};
  s.input_depth = ck_winograd_depth(ck_least(part_channels(plan), plan->image.channels));
  s.input_point = plan->block_tiles * s.input_depth + CK_LINE_FLOATS;
  s.gradient_depth = ck_winograd_depth(ck_least(part_columns(plan), plan->channels));
  s.gradient_point = plan->block_tiles * s.gradient_depth + CK_LINE_FLOATS;
  s.width = ck_winograd_depth(plan->channels);
  s.sum_point = plan->image.channels * s.width + CK_LINE_FLOATS;
  s.sums = s.grid.points * s.sum_point;
  return s;
}

/// The plan of which `channels` channels of the input are the view's tensor.
static ck_conv_plan plan_of_inputs(const ck_conv_plan *plan, int64_t channels) {
  ck_conv_plan part = *plan;
  part.image.channels = channels;
  return part;
}

/// The plan whose input is the gradient of the output.
static ck_conv_plan plan_of_gradients(const ck_conv_plan *plan, const ck_winograd_grid *grid, int64_t channels) {
  const ck_conv_layout *layout = &plan->layout;
  ck_conv_plan part = *plan;
  part.image = (ck_image){.channels = channels,
                          .height = plan->image.out_rows,
                          .width = plan->image.out_columns,
                          .ns = layout->out_ns,
                          .slices = plan->image.slices,
                          .ss = layout->out_ds,
                          .kernel_slices = 1,
                          .dilation_h = plan->image.dilation_h,
                          .dilation_w = plan->image.dilation_w,
                          .cs = layout->out_ks,
                          .hs = layout->out_ps,
                          .ws = layout->out_qs};
  part.layout.in_gs = layout->out_gs;
  part.band_columns = grid->columns * plan->tile_outputs;
  return part;
}

static int64_t sums_bytes(const ck_conv_plan *plan, const ck_gradient_sizes *s) {
  return ck_float_bytes(plan->tile_parts * s->sums);
}

static ck_gradient_map map_of(const ck_conv_plan *plan, const ck_gradient_sizes *s) {
  const int64_t rows = (plan->tile_outputs + 2) * plan->band_columns * s->grid.transforms->lanes;
  const bool copies = plan->image.cs != 1 || plan->layout.out_ks != 1;
  ck_gradient_map map = {};
  map.threads = (plan->groups_apart ? plan->gemm.team.threads : 1) * sums_bytes(plan, s);
  map.gradients = ck_float_bytes(s->grid.points * s->input_point);
  map.copies = map.gradients + ck_float_bytes(s->grid.points * s->gradient_point);
  map.kept = map.copies + (copies ? ck_float_bytes(rows) : 0);
  map.thread_bytes = map.kept + (plan->sums_apart ? ck_float_bytes(9 * CK_KEPT_CHANNELS * s->width) : 0);
  map.total = map.threads + plan->gemm.team.threads * map.thread_bytes;
  return map;
}

int64_t ck_winograd_weights_workspace_bytes(const ck_conv_plan *plan) {
  const ck_gradient_sizes sizes = sizes_of(plan);
  return map_of(plan, &sizes).total;
}

// MARK: tasks

static int64_t task_count(const ck_conv_plan *plan) {
  return (int64_t)plan->tile_parts * plan->channel_parts * plan->panel_parts;
}

static ck_gradient_part part_of(const ck_gradient_run *run, int64_t task) {
  const ck_conv_plan *plan = run->plan;
  const int64_t channels = part_channels(plan), columns = part_columns(plan), blocks = run->sizes.grid.blocks;
  ck_gradient_part part = {
      .channel = task % plan->channel_parts * channels,
      .column = task / plan->channel_parts % plan->panel_parts * columns,
      .index = task / plan->channel_parts / plan->panel_parts,
  };
  part.channels = ck_most(ck_least(channels, plan->image.channels - part.channel), 0);
  part.columns = ck_most(ck_least(columns, plan->channels - part.column), 0);
  part.block = blocks * part.index / plan->tile_parts;
  part.end = blocks * (part.index + 1) / plan->tile_parts;
  return part;
}

/// Adds the products of so many tiles.
static void multiply(const ck_gradient_run *run, const ck_gradient_part *part, int64_t tiles, bool is_first, const ck_own *own) {
  const ck_gradient_sizes *s = &run->sizes;
  const ck_gemm_plan *gemm = &run->plan->gemm;
  const int64_t rows = ck_ceil_div(part->channels, gemm->mr);
  ck_tile tile = gemm->tile;
  tile.blocks = 1;
  tile.k = tiles;
  tile.a_rs = 1;
  tile.a_ks = s->input_depth;
  tile.b_ks = s->gradient_depth;
  tile.c_rs = s->width;
  tile.beta = is_first ? 0 : 1;
  tile.narrow = false;
  for (int64_t point = 0; point < s->grid.points; point++) {
    float *sums = own->sums + part->index * s->sums + point * s->sum_point + part->channel * s->width + part->column;
    for (int64_t column = 0; column < part->columns; column += gemm->nr) {
      const void *b = own->gradients + point * s->gradient_point + column;
      tile.n = ck_least(gemm->nr, part->columns - column);
      for (int64_t i = 0, channel = 0; i < rows; i++) {
        const int64_t height = part->channels / rows + (i < part->channels % rows);
        const void *a = own->inputs + point * s->input_point + channel;
        gemm->tiles[height](&tile, &a, &b, sums + channel * s->width + column);
        channel += height;
      }
    }
  }
}

static void run_part(const ck_gradient_run *run, int64_t group, const ck_gradient_part *part, const ck_own *own) {
  const ck_conv_plan *plan = run->plan;
  const ck_gradient_sizes *s = &run->sizes;
  const int64_t bytes = ck_element_bytes(plan->gemm.a_type), most = plan->block_tiles;
  const ck_conv_plan inputs = plan_of_inputs(plan, part->channels);
  const ck_conv_plan gradients = plan_of_gradients(plan, &s->grid, part->columns);
  const ck_winograd_view input = {&inputs, plan->tile_outputs + 2, s->grid.transforms->inputs, s->input_depth, s->input_point};
  const ck_winograd_view gradient = {&gradients, plan->tile_outputs, s->grid.transforms->gradients, s->gradient_depth,
                                     s->gradient_point};
  const char *x = (const char *)run->operands->input + part->channel * inputs.image.cs * bytes;
  const char *y = (const char *)run->operands->weights + part->column * gradients.image.cs * bytes;
  for (int64_t block = part->block; block < part->end; block++) {
    const int64_t first = block * most, end = ck_least(first + most, s->grid.tiles);
    ck_winograd_make_points(&input, &s->grid, x, group, first, end, own->copies, own->inputs);
    ck_winograd_make_points(&gradient, &s->grid, y, group, first, end, own->copies, own->gradients);
    multiply(run, part, end - first, block == part->block, own);
  }
}

// MARK: weights

/// Weights of channels [first, first + count) that were kept: channel by channel the nine places, each of all output channels.
static void store_kept(const ck_gradient_run *run, int64_t group, int64_t first, int64_t count, const float *kept) {
  const ck_conv_plan *plan = run->plan;
  const ck_conv_layout *w = &plan->layout;
  const int64_t width = run->sizes.width, bytes = ck_element_bytes(plan->gemm.c_type);
  // Where places follow one another in memory, and channels after them, they are the rows of one matrix.
  const bool at_once = w->w_ss == 1 && w->w_rs == 3 && w->w_cs == 9;
  ck_gemm_plan gemm = plan->gemm;
  gemm.c_rs = at_once ? w->w_ss : w->w_cs;
  gemm.c_cs = w->w_os;
  for (int64_t place = 0; place < (at_once ? 1 : 9); place++) {
    const int64_t offset = group * w->w_gs + first * w->w_cs + place / 3 * w->w_rs + place % 3 * w->w_ss;
    const ck_gemm_operands operands = {.c = (char *)run->operands->output + offset * bytes};
    const ck_finished tile = {.sums = kept + place * width,
                              .sums_rs = at_once ? width : 9 * width,
                              .rows = at_once ? 9 * count : count,
                              .columns = plan->channels};
    ck_epilogue_store(&gemm, &operands, &tile, 1, 0);
  }
}

/// The weights of input channels [channel, end), out of the sums.
static void make_weights(const ck_gradient_run *run, int64_t group, int64_t channel, int64_t end, const ck_own *own) {
  const ck_conv_plan *plan = run->plan;
  const ck_conv_layout *w = &plan->layout;
  const int64_t width = run->sizes.width;
  for (; channel < end; channel += CK_KEPT_CHANNELS) {
    const int64_t count = ck_least(CK_KEPT_CHANNELS, end - channel);
    float *output = (float *)run->operands->output;
    const ck_winograd_sums job = {
        .points = own->sums + channel * width,
        .point = run->sizes.sum_point,
        .tile = width,
        .parts = plan->tile_parts,
        .part = run->sizes.sums,
        .results = plan->sums_apart ? own->kept : output + group * w->w_gs + channel * w->w_cs,
        .row = plan->sums_apart ? 3 * width : w->w_rs,
        .pixel = plan->sums_apart ? width : w->w_ss,
        .step = plan->sums_apart ? 9 * width : w->w_cs,
        .rows = 3,
        .columns = 3 * count,
        .tiles = count,
        .channels = plan->channels,
    };
    run->sizes.grid.transforms->weights_of(&job);
    if (plan->sums_apart) store_kept(run, group, channel, count, own->kept);
  }
}

static void run_task(const ck_gradient_run *run, int64_t group, int64_t task, const ck_own *own) {
  const ck_gradient_part part = part_of(run, task);
  if (part.channels > 0 && part.columns > 0) run_part(run, group, &part, own);
}

/// By one thread.
static void run_group(const ck_gradient_run *run, int64_t group, const ck_own *own) {
  for (int64_t task = 0; task < task_count(run->plan); task++) run_task(run, group, task, own);
  make_weights(run, group, 0, run->plan->image.channels, own);
}

/// By all threads.
static void share_group(ck_gradient_run *run, int64_t group, int32_t thread, int32_t threads, const ck_own *own) {
  const int64_t channels = run->plan->image.channels;
  for (int64_t task; (task = atomic_fetch_add_explicit(&run->next[group % 2], 1, memory_order_relaxed)) < task_count(run->plan);)
    run_task(run, group, task, own);
  if (threads > 1) ck_team_barrier();
  if (thread == 0) atomic_store_explicit(&run->next[(group + 1) % 2], 0, memory_order_relaxed);
  make_weights(run, group, channels * thread / threads, channels * (thread + 1) / threads, own);
  // The next group's sums take the place of these.
  if (threads > 1) ck_team_barrier();
}

static void run_thread(void *context, int32_t thread, int32_t threads) {
  ck_gradient_run *run = context;
  const bool takes = run->plan->groups_apart;
  char *sums = run->workspace + (takes ? thread * sums_bytes(run->plan, &run->sizes) : 0);
  char *base = run->workspace + run->map.threads + thread * run->map.thread_bytes;
  const ck_own own = {(float *)sums, (float *)base, (float *)(base + run->map.gradients), (float *)(base + run->map.copies),
                      (float *)(base + run->map.kept)};
  const int64_t groups = run->plan->groups;
  for (int64_t group = takes ? thread : 0; group < groups; group += takes ? threads : 1)
    if (takes) run_group(run, group, &own);
    else share_group(run, group, thread, threads, &own);
}

void ck_conv_winograd_weights(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace) {
  ck_gradient_run run = {.plan = plan, .operands = operands, .workspace = workspace, .sizes = sizes_of(plan)};
  run.map = map_of(plan, &run.sizes);
  ck_team_run(plan->gemm.team, run_thread, &run);
}
