// Direct convolution: a tile is some pixels of an output row by NR output channels, and the batch-reduce micro-kernel sums it
// over all places of the kernel and all input channels before it is stored (Georganas et al., "Anatomy of High-Performance Deep
// Learning Convolutions on SIMD Architectures", SC 2018; as batch-reduce GEMM: Georganas et al., IPDPS 2020). The input is read
// where it lies if its channels are adjacent and no column is padding; else a band of its rows is copied so. Kernel rows in the
// padding are left out.
//
// Contract: every output element is summed in the order (d, r, s, c) in one chain, so threads, bands and panels don't show in its
// bits. Which depths are a pair does: of an odd number of channels pairs reach across the places of a kernel row, if these lie
// side by side and copies have no channel more (`pixel_channels`).
#include <stdatomic.h>
#include <stddef.h>

#include "ck_pack.h"
#include "ck_team.h"
#include "conv/band.h"
#include "conv/conv.h"
#include "conv/direct.h"
#include "conv/direct_workspace.h"
#include "epilogue/epilogue.h"
#include "gemm/panels.h"
#include "pack/units.h"

enum { CK_TASKS_PER_THREAD = 4 };

typedef struct ck_direct_run {
  const ck_conv_plan *plan;
  const ck_conv_operands *operands;
  char *workspace;
  ck_direct_map map;
  int64_t panels, places, place_columns; ///< panels of a group; blocks of the sum; those in a row of the kernel
  int64_t depth;                         ///< of one block
  bool private_panels;
  _Atomic int64_t next[2]; ///< the next task of this step; steps take turns
} ck_direct_run;

/// A thread's own: a copied band, sums, and where the blocks of a tile begin in the input and in the weights.
typedef struct ck_own {
  int32_t thread;
  char *band, *sums;
  const void **pixels, **weights;
} ck_own;

/// A step: some panels of one group, or all of some groups, against all images.
typedef struct ck_direct_step {
  int64_t index, group, groups, panel, panels, parts, bands;
} ck_direct_step;

/// Blocks of a sum in memory: that of place (0, 0, 0) of the kernel, and elements from slice to slice, row to row and column to
/// column.
typedef struct ck_blocks {
  const char *base;
  int64_t slice, row, column;
} ck_blocks;

/// Lists those of some rows of each slice; returns how many there are.
static int64_t list_blocks(const ck_direct_run *run, const ck_blocks *blocks, ck_taps rows, const void **list) {
  const int64_t bytes = ck_element_bytes(run->plan->gemm.panel_type);
  const void **next = list;
  for (int64_t d = 0; d < run->plan->image.kernel_slices; d++)
    for (int64_t r = rows.first; r < rows.first + rows.count; r++)
      for (int64_t s = 0; s < run->place_columns; s++)
        *next++ = blocks->base + (d * blocks->slice + r * blocks->row + s * blocks->column) * bytes;
  return next - list;
}

// MARK: weights

/// The panel, packed: ahead, or now. Of a single band each panel is used once, by one thread: it stays in that thread's caches,
/// where the next takes its place. Else all threads share what the first has packed.
static const char *packed_panel(const ck_direct_run *run, const ck_direct_step *step, int64_t group, int64_t panel,
                                int32_t thread) {
  const int64_t bytes = ck_round_up(ck_direct_panel_bytes(run->plan), CK_LINE), before = (group - step->group) * step->panels,
                kept = run->private_panels ? thread : before + panel - step->panel;
  if (run->plan->ready) return (const char *)run->plan->ready + (group * run->panels + panel) * bytes;
  char *packed = run->workspace + kept * bytes;
  _Atomic int64_t *state = (_Atomic int64_t *)(run->workspace + run->map.states) + kept;
  if (run->private_panels) {
    ck_direct_pack_weights(run->plan, run->operands->weights, group, panel, packed);
  } else if (ck_team_first(state, step->index)) {
    ck_direct_pack_weights(run->plan, run->operands->weights, group, panel, packed);
    ck_team_done(state, step->index);
  }
  return packed;
}

/// The panel's blocks, and how far apart its depths are.
static ck_blocks weights_of(const ck_direct_run *run, const ck_direct_step *step, int64_t group, int64_t panel, int32_t thread,
                            ck_tile *tile) {
  const ck_conv_plan *plan = run->plan;
  const ck_conv_layout *w = &plan->layout;
  if (plan->pack_weights) {
    const int64_t block = ck_round_up(run->depth, plan->gemm.kr) * plan->gemm.nr, row = run->place_columns * block;
    tile->b_ks = plan->gemm.nr * plan->gemm.kr;
    return (ck_blocks){packed_panel(run, step, group, panel, thread), plan->image.kernel_rows * row, row, block};
  }
  const int64_t offset = group * w->w_gs + panel * plan->gemm.nr * w->w_os;
  tile->b_ks = w->w_cs;
  return (ck_blocks){(const char *)run->operands->weights + offset * ck_element_bytes(plan->gemm.panel_type), w->w_ds, w->w_rs,
                     w->w_ss};
}

// MARK: the input

/// An input as the tiles read it: channels adjacent, `pixel`, `row` and `slice` elements apart, its first column `left` columns
/// before the image's.
typedef struct ck_source {
  const char *base;
  int64_t slice, row, pixel, first_row, left;
} ck_source;

static ck_source source_of(const ck_direct_run *run, const ck_band *band, char *copy) {
  const ck_conv_plan *plan = run->plan;
  const ck_image *in = &plan->image;
  if (plan->copy_input) {
    const int64_t pixel = plan->pixel_channels;
    const int64_t row = plan->band_columns * pixel;
    return (ck_source){copy, (band->end_row - band->first_row) * row, row, pixel, band->first_row, in->pad_left};
  }
  const int64_t offset = ck_image_place(in, band->image) + band->group * plan->layout.in_gs;
  const char *base = (const char *)run->operands->input + offset * ck_element_bytes(plan->gemm.a_type);
  return (ck_source){base, in->kernel_ss, in->hs, in->ws, 0, 0};
}

/// What the tile from output (p, q) on meets.
static ck_blocks pixels_of(const ck_direct_run *run, const ck_source *source, int64_t p, int64_t q) {
  const ck_image *in = &run->plan->image;
  const int64_t row = p * in->stride_h - in->pad_top - source->first_row, column = q * in->stride_w - in->pad_left + source->left;
  const int64_t offset = row * source->row + column * source->pixel;
  return (ck_blocks){source->base + offset * ck_element_bytes(run->plan->gemm.panel_type), source->slice,
                     in->dilation_h * source->row, in->dilation_w * source->pixel};
}

// MARK: the loops

/// Whether every tile's rows begin with a line.
static bool has_whole_lines(const ck_direct_run *run) {
  const ck_conv_layout *out = &run->plan->layout;
  const int64_t strides = out->out_ns | out->out_ds | out->out_gs | out->out_ps | out->out_qs;
  const uintptr_t bytes = (uintptr_t)(strides * ck_element_bytes(run->plan->gemm.c_type));
  return ((uintptr_t)run->operands->output | bytes) % CK_LINE == 0;
}

static int64_t bytes_of_sums(const ck_gemm_plan *gemm, const ck_tile *tile) {
  return ck_element_bytes(tile->narrow || !gemm->accumulate ? gemm->c_type : gemm->acc_type);
}

/// Some tiles of `height` rows, one after another along an output row.
static void run_tiles(const ck_gemm_plan *gemm, ck_tile *tile, int64_t height, int64_t count, const ck_own *own, char *c) {
  tile->more = gemm->tiles_repeat ? count - 1 : 0;
  tile->a_step = height * tile->a_rs * ck_element_bytes(gemm->panel_type);
  tile->c_step = height * tile->c_rs * bytes_of_sums(gemm, tile);
  gemm->tiles[height](tile, own->pixels, own->weights, c);
  for (int64_t i = 1; !gemm->tiles_repeat && i < count; i++) {
    for (int64_t s = 0; s < tile->blocks; s++) own->pixels[s] = (const char *)own->pixels[s] + tile->a_step;
    gemm->tiles[height](tile, own->pixels, own->weights, c + i * tile->c_step);
  }
}

/// An output row of a panel: the rows of the kernel that meet the image, and where its first pixel and channel lie.
typedef struct ck_direct_row {
  int64_t p, channel;
  ck_taps taps;
  ck_gemm_operands operands;
} ck_direct_row;

/// Finishes sums of a row.
static void finish(const ck_direct_run *run, const ck_gemm_operands *operands, const ck_finished *done) {
  if (run->plan->turns_sums) ck_epilogue_turn(&run->plan->gemm, operands->c, done);
  else ck_epilogue_store(&run->plan->gemm, operands, done, 1, 0);
}

/// Tiles of a row between two of which nothing is to be finished; those that lie in the output are finished while they are in L1.
static int64_t tiles_together(const ck_gemm_plan *gemm) {
  if (gemm->accumulate) return CK_TILES_TOGETHER;
  return gemm->has_epilogue ? 1 : ck_most(gemm->row_tiles, 1);
}

static void run_row(const ck_direct_run *run, const ck_source *source, const ck_direct_row *row, ck_tile *tile,
                    const ck_own *own) {
  const ck_gemm_plan *gemm = &run->plan->gemm;
  const int64_t out_qs = run->plan->layout.out_qs, out_bytes = ck_element_bytes(gemm->c_type);
  const int64_t together = tiles_together(gemm);
  for (int64_t i = 0, q = 0; i < gemm->row_tiles;) {
    const int64_t end = ck_least(i + together, gemm->row_tiles), first = q;
    char *c = gemm->accumulate ? own->sums : (char *)row->operands.c + (q * out_qs + row->channel) * out_bytes;
    char *next = c;
    while (i < end) {
      const bool is_taller = i < gemm->taller_tiles;
      const int64_t height = gemm->tile_rows + is_taller, count = ck_least(is_taller ? gemm->taller_tiles : end, end) - i;
      const ck_blocks pixels = pixels_of(run, source, row->p, q);
      list_blocks(run, &pixels, row->taps, own->pixels);
      run_tiles(gemm, tile, height, count, own, next);
      i += count, q += count * height, next += count * tile->c_step;
    }
    if (!gemm->accumulate && !gemm->has_epilogue) continue;
    const ck_finished done = {
        .sums = c, .sums_rs = tile->c_rs, .row = first, .column = row->channel, .rows = q - first, .columns = tile->n};
    finish(run, &row->operands, &done);
  }
}

/// Two rows of pixels by one tile.
static void run_pair(const ck_direct_run *run, const ck_source *source, const ck_direct_row *row, ck_tile *tile,
                     const ck_own *own) {
  const ck_gemm_plan *gemm = &run->plan->gemm;
  const ck_conv_layout *out = &run->plan->layout;
  const int64_t out_bytes = ck_element_bytes(gemm->c_type), pixels = gemm->m;
  const ck_blocks blocks = pixels_of(run, source, row->p, 0);
  list_blocks(run, &blocks, row->taps, own->pixels);
  ck_tile pair = *tile;
  pair.more = 0;
  pair.a_lower = run->plan->image.stride_h * source->row;
  pair.c_lower = gemm->accumulate ? pixels * tile->c_rs : out->out_ps;
  char *c = gemm->accumulate ? own->sums : (char *)row->operands.c + row->channel * out_bytes;
  gemm->tiles[2 * pixels](&pair, own->pixels, own->weights, c);
  if (!gemm->accumulate && !gemm->has_epilogue) return;
  const int64_t sum_bytes = bytes_of_sums(gemm, tile);
  ck_gemm_operands operands = row->operands;
  for (int64_t i = 0; i < 2; i++) {
    const ck_finished done = {.sums = c + i * pair.c_lower * sum_bytes,
                              .sums_rs = tile->c_rs,
                              .column = row->channel,
                              .rows = pixels,
                              .columns = tile->n};
    finish(run, &operands, &done);
    operands.c = (char *)operands.c + out->out_ps * out_bytes;
    if (operands.residual) operands.residual = (const char *)operands.residual + out->out_ps * out_bytes;
  }
}

/// Whether a row of the output meets the same rows of the kernel.
static bool meets_as_many(const ck_axis *axis, int64_t p, const ck_taps *taps) {
  const ck_taps own = ck_taps_of(axis, p);
  return own.first == taps->first && own.count == taps->count;
}

/// One panel of weights against the band's output rows.
static void run_panel(const ck_direct_run *run, const ck_direct_step *step, const ck_band *band, const ck_source *source,
                      int64_t panel, const ck_own *own) {
  const ck_conv_plan *plan = run->plan;
  const ck_gemm_plan *gemm = &plan->gemm;
  const ck_conv_layout *layout = &plan->layout;
  const ck_axis axis = ck_rows_of(&plan->image);
  const int64_t channel = panel * gemm->nr, out_bytes = ck_element_bytes(gemm->c_type);
  ck_tile tile = gemm->tile;
  const ck_blocks weights = weights_of(run, step, band->group, panel, own->thread, &tile);
  tile.k = run->depth;
  tile.a_rs = plan->image.stride_w * source->pixel;
  tile.a_ks = gemm->a_kr;
  tile.n = ck_least(gemm->nr, plan->channels - channel);
  tile.streams_b = gemm->in_tiles && ck_direct_panel_bytes(plan) > CK_NEAR_BYTES;
  tile.c_rs = gemm->accumulate ? gemm->nr : layout->out_qs;
  tile.streams_c = gemm->streams_c && tile.n * out_bytes % CK_LINE == 0 && has_whole_lines(run);
  tile.fetch_c = gemm->fetches_c && !gemm->accumulate && !tile.streams_c;
  ck_direct_row row = {.channel = channel};
  if (run->operands->bias) row.operands.bias = (const float *)run->operands->bias + band->group * plan->channels;
  for (int64_t p = band->first, rows; p < band->end; p += rows) {
    const ck_taps taps = ck_taps_of(&axis, p);
    rows = plan->pairs_rows && p + 1 < band->end && meets_as_many(&axis, p + 1, &taps) ? 2 : 1;
    if (p == band->first || taps.first != row.taps.first || taps.count != row.taps.count)
      tile.blocks = list_blocks(run, &weights, taps, own->weights);
    const int64_t offset = ck_output_place(plan, band->image) + band->group * layout->out_gs + p * layout->out_ps;
    row.p = p;
    row.taps = taps;
    row.operands.c = (char *)run->operands->output + offset * out_bytes;
    if (run->operands->residual) row.operands.residual = (const char *)run->operands->residual + offset * out_bytes;
    if (rows == 2) run_pair(run, source, &row, &tile, own);
    else run_row(run, source, &row, &tile, own);
  }
}

static void run_step(ck_direct_run *run, ck_direct_step *step, int32_t thread, int32_t threads) {
  const ck_conv_plan *plan = run->plan;
  step->bands = ck_ceil_div(plan->image.out_rows, plan->band_rows);
  const int64_t images = plan->images * step->bands, inputs = images * step->groups;
  step->parts = threads == 1 ? 1 : ck_least(step->panels, ck_ceil_div((int64_t)threads * CK_TASKS_PER_THREAD, inputs));
  if (thread == 0) atomic_store_explicit(&run->next[(step->index + 1) % 2], 0, memory_order_relaxed);
  const void **lists = (const void **)(run->workspace + run->map.lists + thread * run->map.list_bytes);
  const ck_own own = {.thread = thread,
                      .band = run->workspace + run->map.bands + thread * run->map.band_bytes,
                      .sums = run->workspace + run->map.sums + thread * run->map.sums_bytes,
                      .pixels = lists,
                      .weights = lists + run->places};
  int64_t copied = -1;
  for (;;) {
    const int64_t task = atomic_fetch_add_explicit(&run->next[step->index % 2], 1, memory_order_relaxed);
    if (task >= inputs * step->parts) break;
    const int64_t input = task / step->parts, part = task % step->parts;
    const int64_t image = input % images / step->bands;
    const ck_band band = ck_band_of(plan, image, step->group + input / images, input % step->bands);
    if (plan->copy_input && input != copied) ck_band_copy(plan, &band, run->operands->input, own.band);
    copied = input;
    const ck_source source = source_of(run, &band, own.band);
    const int64_t end = step->panel + step->panels * (part + 1) / step->parts;
    for (int64_t panel = step->panel + step->panels * part / step->parts; panel < end; panel++)
      run_panel(run, step, &band, &source, panel, &own);
  }
  // The next step overwrites the panels.
  if (threads > 1) ck_team_barrier();
}

static void run_thread(void *context, int32_t thread, int32_t threads) {
  ck_direct_run *run = context;
  const bool begins = run->plan->gemm.in_tiles && ck_tiles_begin_amx();
  const int64_t kept = run->plan->kept_panels, groups = run->plan->groups, at_once = ck_most(kept / run->panels, 1);
  int64_t index = 0;
  for (int64_t group = 0; group < groups; group += at_once)
    for (int64_t panel = 0; panel < run->panels; panel += kept, index++) {
      ck_direct_step step = {.index = index, .group = group, .panel = panel};
      step.groups = ck_least(at_once, groups - group);
      step.panels = ck_least(kept, run->panels - panel);
      run_step(run, &step, thread, threads);
    }
  if (begins) ck_tiles_end_amx();
  ck_end_streams(&run->plan->gemm);
}

void ck_conv_direct(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace) {
  const ck_image *in = &plan->image;
  ck_direct_run run = {
      .plan = plan,
      .operands = operands,
      .workspace = workspace,
      .map = ck_direct_map_of(plan),
      .panels = ck_ceil_div(plan->channels, plan->gemm.nr),
      .place_columns = ck_direct_joins_columns(plan) ? 1 : in->kernel_columns,
      .private_panels = ck_direct_has_private_panels(plan),
      .depth = ck_direct_depth(plan),
  };
  run.places = in->kernel_slices * in->kernel_rows * run.place_columns;
  // No panel is packed yet.
  if (ck_direct_packs_weights(plan)) __builtin_memset(workspace + run.map.states, 0, (size_t)(run.map.lists - run.map.states));
  ck_team_run(plan->gemm.team, run_thread, &run);
}
