// Winograd's algorithm, F(m x m, 3 x 3) (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", arXiv:1509.09308):
// tiles of m x m outputs by (m + 2)^2 multiplications for each pair of channels instead of 9 m^2. Points of the weights are made
// first, by all threads. A task is a block of tiles: the points of their inputs, which stay in the caches, then for some panels
// of output channels a matrix product at each point and the outputs of its sums.
//
// Contract: each sum over channels is one chain, and each tile's transforms are its own, so blocks and threads don't show in the
// bits.
#include <stdatomic.h>

#include "ck_team.h"
#include "conv/conv.h"
#include "conv/direct.h"
#include "conv/winograd.h"
#include "epilogue/epilogue.h"
#include "pack/units.h"

/// Sizes in floats: from tile to tile and from point to point of sums, from point to point of a panel of weights, and of such a
/// panel.
typedef struct ck_winograd_sizes {
  ck_winograd_grid grid;
  ck_winograd_view input;
  int64_t width, sum_point, panel_point, panel;
  int64_t panels; ///< of a group's output channels
} ck_winograd_sizes;

/// Byte offsets into the workspace, which begins with the points of the weights; the last are those of one thread.
typedef struct ck_winograd_map {
  int64_t threads, thread_bytes, total;
  int64_t copies, sums, outputs;
} ck_winograd_map;

typedef struct ck_winograd_run {
  const ck_conv_plan *plan;
  const ck_conv_operands *operands;
  char *workspace;
  ck_winograd_sizes sizes;
  ck_winograd_map map;
  int64_t parts; ///< of a block's panels, each a task
  _Atomic int64_t next_panel, next_task;
} ck_winograd_run;

/// Tiles [first, end) of one group, for panels [panel, panel + panels).
typedef struct ck_tile_block {
  int64_t group, first, end, panel, panels;
} ck_tile_block;

/// A thread's own.
typedef struct ck_own {
  float *inputs, *copies, *sums, *outputs;
} ck_own;

// MARK: sizes

/// Elements along the sum at a point.
static int64_t depth_of(const ck_conv_plan *plan) { return plan->image.kernel_slices * plan->image.channels; }

static ck_winograd_sizes sizes_of(const ck_conv_plan *plan) {
  ck_winograd_sizes s = {.grid = ck_winograd_grid_of(plan)};
  // The last vector of channels of the last slice is whole.
  const int64_t channels = plan->image.channels;
  const int64_t depth = ck_winograd_depth(depth_of(plan) - channels + ck_round_up(channels, CK_LINE_FLOATS));
  s.input = (ck_winograd_view){.plan = plan,
                               .taps = plan->tile_outputs + 2,
                               .transforms = s.grid.transforms->inputs,
                               .depth = depth,
                               .point = plan->block_tiles * depth + CK_LINE_FLOATS};
  s.panels = ck_ceil_div(plan->channels, plan->gemm.nr);
  s.panel_point = ck_round_up(depth_of(plan) * plan->gemm.nr, CK_LINE_FLOATS) + CK_LINE_FLOATS;
  s.panel = s.grid.points * s.panel_point;
  s.width = plan->block_panels * ck_round_up(plan->gemm.nr, CK_LINE_FLOATS);
  s.sum_point = plan->block_tiles * s.width + CK_LINE_FLOATS;
  return s;
}

/// Whether outputs are stored where they belong, as they are.
static bool stores_output(const ck_conv_plan *plan) {
  const ck_gemm_plan *gemm = &plan->gemm;
  return gemm->c_type == CK_F32 && gemm->c_cs == 1 && !gemm->accumulate && !gemm->has_epilogue;
}

static ck_winograd_map map_of(const ck_conv_plan *plan, const ck_winograd_sizes *sizes) {
  ck_winograd_map map = {};
  if (!plan->ready) map.threads = ck_float_bytes(plan->groups * sizes->panels * sizes->panel);
  map.copies = ck_float_bytes(sizes->grid.points * sizes->input.point);
  map.sums = map.copies + ck_float_bytes(ck_winograd_copies(&sizes->input, &sizes->grid));
  map.outputs = map.sums + ck_float_bytes(sizes->grid.points * sizes->sum_point);
  // Outputs of a strip, before they are finished.
  map.thread_bytes = map.outputs;
  if (!stores_output(plan)) map.thread_bytes += ck_float_bytes(CK_MOST_STRIP * plan->tile_outputs * sizes->width);
  // The taps of a panel lie there before.
  if (!plan->ready) map.thread_bytes = ck_most(map.thread_bytes, ck_round_up(ck_direct_panel_bytes(plan), CK_LINE));
  map.total = map.threads + plan->gemm.team.threads * map.thread_bytes;
  return map;
}

int64_t ck_winograd_workspace_bytes(const ck_conv_plan *plan) {
  const ck_winograd_sizes sizes = sizes_of(plan);
  return map_of(plan, &sizes).total;
}

// MARK: weights

/// Makes the points of panel `index`, counted over all groups, by way of its taps.
static void make_panel(const ck_conv_plan *plan, const ck_winograd_sizes *sizes, const void *weights, int64_t index, void *taps,
                       float *points) {
  ck_direct_pack_weights(plan, weights, index / sizes->panels, index % sizes->panels, taps);
  const int64_t place = plan->image.channels * plan->gemm.nr;
  ck_winograd_weights job = {
      .weights = taps, .place = place, .points = points + index * sizes->panel, .point = sizes->panel_point, .count = place};
  for (int64_t slice = 0; slice < plan->image.kernel_slices; slice++) {
    sizes->grid.transforms->weights(&job);
    job.weights += 9 * place;
    job.points += place;
  }
}

static const float *panel_of(const ck_winograd_run *run, int64_t group, int64_t panel) {
  const float *points = run->plan->ready ? run->plan->ready : (const void *)run->workspace;
  return points + (group * run->sizes.panels + panel) * run->sizes.panel;
}

// The taps come last.
int64_t ck_winograd_ready_bytes(const ck_conv_plan *plan) {
  const ck_winograd_sizes sizes = sizes_of(plan);
  return ck_float_bytes(plan->groups * sizes.panels * sizes.panel) + ck_round_up(ck_direct_panel_bytes(plan), CK_LINE);
}

void ck_winograd_make_ready(const ck_conv_plan *plan, const void *weights, void *destination) {
  const ck_winograd_sizes sizes = sizes_of(plan);
  const int64_t count = plan->groups * sizes.panels;
  char *taps = (char *)destination + ck_float_bytes(count * sizes.panel);
  for (int64_t i = 0; i < count; i++) make_panel(plan, &sizes, weights, i, taps, destination);
}

// MARK: blocks

/// The sums over channels at each point, for the tiles of a block and `panels` panels from `panel` on.
static void multiply(const ck_winograd_run *run, const ck_tile_block *block, int64_t panel, int64_t panels, const ck_own *own) {
  const ck_winograd_sizes *sizes = &run->sizes;
  const ck_gemm_plan *gemm = &run->plan->gemm;
  const int64_t tiles = block->end - block->first, rows = ck_ceil_div(tiles, gemm->mr);
  ck_tile tile = gemm->tile;
  tile.blocks = 1;
  tile.k = depth_of(run->plan);
  tile.a_rs = sizes->input.depth;
  tile.a_ks = 1;
  tile.b_ks = gemm->nr;
  tile.c_rs = sizes->width;
  tile.narrow = false;
  for (int64_t point = 0; point < sizes->grid.points; point++)
    for (int64_t p = 0; p < panels; p++) {
      const void *b = panel_of(run, block->group, panel + p) + point * sizes->panel_point;
      tile.n = ck_least(gemm->nr, run->plan->channels - (panel + p) * gemm->nr);
      float *sums = own->sums + point * sizes->sum_point + p * gemm->nr;
      for (int64_t i = 0, row = 0; i < rows; i++) {
        const int64_t height = tiles / rows + (i < tiles % rows);
        const void *a = own->inputs + point * sizes->input.point + row * sizes->input.depth;
        gemm->tiles[height](&tile, &a, &b, sums + row * sizes->width);
        row += height;
      }
    }
}

/// The outputs of a strip, from sums that begin at `sums`.
static void store_strip(const ck_winograd_run *run, const ck_tile_block *block, const ck_strip *strip, int64_t panel,
                        int64_t panels, const float *sums, float *kept) {
  const ck_conv_plan *plan = run->plan;
  const ck_conv_layout *layout = &plan->layout;
  const ck_image *in = &plan->image;
  const int64_t outputs = plan->tile_outputs, p = strip->row * outputs, q = strip->column * outputs;
  const int64_t rows = ck_ceil_div(in->out_rows - strip->row_phase, in->dilation_h) - p;
  const int64_t columns = ck_ceil_div(in->out_columns - strip->column_phase, in->dilation_w) - q;
  // Not all phases are as large as the largest.
  if (rows <= 0 || columns <= 0) return;
  const int64_t ps = layout->out_ps * in->dilation_h, qs = layout->out_qs * in->dilation_w;
  const int64_t first = strip->row_phase * layout->out_ps + strip->column_phase * layout->out_qs;
  const int64_t channel = panel * plan->gemm.nr, bytes = ck_element_bytes(plan->gemm.c_type);
  const bool in_place = stores_output(plan);
  const int64_t place = ck_output_place(plan, strip->image) + block->group * layout->out_gs + first + p * ps;
  char *row = (char *)run->operands->output + place * bytes;
  const char *residual = run->operands->residual ? (const char *)run->operands->residual + place * bytes : 0;
  const ck_winograd_sums job = {
      .points = sums,
      .point = run->sizes.sum_point,
      .tile = run->sizes.width,
      .results = in_place ? (float *)row + q * qs + channel : kept,
      .row = in_place ? ps : strip->tiles * outputs * run->sizes.width,
      .pixel = in_place ? qs : run->sizes.width,
      .step = outputs * (in_place ? qs : run->sizes.width),
      .rows = ck_least(outputs, rows),
      .columns = ck_least(strip->tiles * outputs, columns),
      .tiles = strip->tiles,
      .channels = ck_least(panels * plan->gemm.nr, plan->channels - channel),
  };
  run->sizes.grid.transforms->outputs_of(&job);
  if (in_place) return;
  const float *bias = run->operands->bias;
  for (int64_t i = 0; i < job.rows; i++) {
    const int64_t on = i * ps * bytes;
    const ck_gemm_operands finished = {
        .c = row + on, .bias = bias ? bias + block->group * plan->channels : NULL, .residual = residual ? residual + on : NULL};
    const ck_finished done = {.sums = kept + i * job.row,
                              .sums_rs = job.pixel,
                              .row = q,
                              .column = channel,
                              .rows = job.columns,
                              .columns = job.channels};
    ck_epilogue_store(&plan->gemm, &finished, &done, 1, 0);
  }
}

static void run_block(const ck_winograd_run *run, const ck_tile_block *block, const ck_own *own) {
  const ck_conv_plan *plan = run->plan;
  ck_winograd_make_points(&run->sizes.input, &run->sizes.grid, run->operands->input, block->group, block->first, block->end,
                          own->copies, own->inputs);
  const int64_t end = block->panel + block->panels, most = CK_MOST_STRIP / plan->tile_outputs;
  for (int64_t panel = block->panel; panel < end; panel += plan->block_panels) {
    const int64_t panels = ck_least(plan->block_panels, end - panel);
    multiply(run, block, panel, panels, own);
    for (int64_t tile = block->first; tile < block->end;) {
      const ck_strip strip = ck_strip_from(&run->sizes.grid, tile, block->end, most);
      store_strip(run, block, &strip, panel, panels, own->sums + (tile - block->first) * run->sizes.width, own->outputs);
      tile += strip.tiles;
    }
  }
}

static ck_tile_block block_of(const ck_winograd_run *run, int64_t task) {
  const ck_winograd_sizes *sizes = &run->sizes;
  const int64_t part = task % run->parts, block = task / run->parts % sizes->grid.blocks;
  const int64_t panel = sizes->panels * part / run->parts;
  return (ck_tile_block){
      .group = task / run->parts / sizes->grid.blocks,
      .first = block * run->plan->block_tiles,
      .end = ck_least((block + 1) * run->plan->block_tiles, sizes->grid.tiles),
      .panel = panel,
      .panels = sizes->panels * (part + 1) / run->parts - panel,
  };
}

static void run_thread(void *context, int32_t thread, int32_t threads) {
  ck_winograd_run *run = context;
  const ck_conv_plan *plan = run->plan;
  char *base = run->workspace + run->map.threads + thread * run->map.thread_bytes;
  if (!plan->ready) {
    const int64_t count = plan->groups * run->sizes.panels;
    for (int64_t i; (i = atomic_fetch_add_explicit(&run->next_panel, 1, memory_order_relaxed)) < count;)
      make_panel(plan, &run->sizes, run->operands->weights, i, base, (float *)run->workspace);
    if (threads > 1) ck_team_barrier();
  }
  const ck_own own = {(float *)base, (float *)(base + run->map.copies), (float *)(base + run->map.sums),
                      (float *)(base + run->map.outputs)};
  const int64_t tasks = plan->groups * run->sizes.grid.blocks * run->parts;
  for (int64_t task; (task = atomic_fetch_add_explicit(&run->next_task, 1, memory_order_relaxed)) < tasks;) {
    const ck_tile_block block = block_of(run, task);
    run_block(run, &block, &own);
  }
}

void ck_conv_winograd(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace) {
  ck_winograd_run run = {.plan = plan, .operands = operands, .workspace = workspace, .sizes = sizes_of(plan)};
  run.map = map_of(plan, &run.sizes);
  const int64_t blocks = plan->groups * run.sizes.grid.blocks, threads = plan->gemm.team.threads;
  if (blocks == 0) return;
  run.parts = ck_most(ck_least(ck_ceil_div(threads, blocks), run.sizes.panels), 1);
  ck_team_run(plan->gemm.team, run_thread, &run);
}
