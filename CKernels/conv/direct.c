// Direct convolution: a tile is some pixels of an output row by NR output channels, and the batch-reduce micro-kernel sums it
// over all places of the kernel and all input channels before it is stored (Georganas et al., "Anatomy of High-Performance Deep
// Learning Convolutions on SIMD Architectures", SC 2018; as batch-reduce GEMM: Georganas et al., IPDPS 2020). The input is read
// where it lies if its channels are adjacent and no column is padding; else a band of its rows is copied so. Kernel rows in the
// padding are left out, but of rows that are joined, whose tiles reach from one into the next: these have zeros in their place.
//
// Contract: every output element is summed in the order (d, r, s, c) in one chain, so threads, bands and panels don't show in its
// bits. Which depths are a pair does: of an odd number of channels pairs reach across the places of a kernel row, if these lie
// side by side and copies have no channel more (`pixel_channels`).
#include <stdatomic.h>
#include <stddef.h>

#include "ck_team.h"
#include "conv/direct.h"
#include "conv/direct_rows.h"
#include "gemm/panels.h"
#include "pack/units.h"

enum { CK_TASKS_PER_THREAD = 4 };

/// A step: some panels of one group, or all of some groups, against all images.
typedef struct ck_direct_step {
  int64_t index, group, groups, panel, panels, parts, bands;
} ck_direct_step;

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

// MARK: the loops

/// Whether every tile's rows begin with a line.
static bool has_whole_lines(const ck_direct_run *run) {
  const ck_conv_layout *out = &run->plan->layout;
  const int64_t strides = out->out_ns | out->out_ds | out->out_gs | out->out_ps | out->out_qs;
  const uintptr_t bytes = (uintptr_t)(strides * ck_element_bytes(run->plan->gemm.c_type));
  return ((uintptr_t)run->operands->output | bytes) % CK_LINE == 0;
}

/// Rows of the output from `p` on that are run at once: all of a band, or two that meet the same rows of the kernel.
static int64_t rows_at_once(const ck_conv_plan *plan, const ck_band *band, const ck_axis *axis, int64_t p, const ck_taps *taps) {
  if (plan->joins_rows) return band->end - p;
  if (!plan->pairs_rows || p + 1 == band->end) return 1;
  const ck_taps below = ck_taps_of(axis, p + 1);
  return below.first == taps->first && below.count == taps->count ? 2 : 1;
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
    const ck_taps taps = plan->joins_rows ? (ck_taps){0, axis.kernel} : ck_taps_of(&axis, p);
    rows = rows_at_once(plan, band, &axis, p, &taps);
    if (p == band->first || taps.first != row.taps.first || taps.count != row.taps.count)
      tile.blocks = ck_direct_list_blocks(run, &weights, taps, own->weights);
    const int64_t offset = ck_output_place(plan, band->image) + band->group * layout->out_gs + p * layout->out_ps;
    row.p = p;
    row.taps = taps;
    row.operands.c = (char *)run->operands->output + offset * out_bytes;
    if (run->operands->residual) row.operands.residual = (const char *)run->operands->residual + offset * out_bytes;
    if (plan->joins_rows) ck_direct_run_joined(run, source, &row, rows, &tile, own);
    else if (rows == 2) ck_direct_run_pair(run, source, &row, &tile, own);
    else ck_direct_run_row(run, source, &row, &tile, own);
  }
}

/// A band of each of some images of a group.
typedef struct ck_images {
  int64_t first, count, group, band;
} ck_images;

static void copy_bands(const ck_direct_run *run, const ck_images *taken, char *copies) {
  for (int64_t i = 0; i < taken->count; i++) {
    const ck_band band = ck_band_of(run->plan, taken->first + i, taken->group, taken->band);
    ck_band_copy(run->plan, &band, run->operands->input, copies + i * run->map.image_bytes);
  }
}

/// One panel of weights against them, while it is in the caches.
static void run_images(const ck_direct_run *run, const ck_direct_step *step, const ck_images *taken, int64_t panel,
                       const ck_own *own) {
  for (int64_t i = 0; i < taken->count; i++) {
    const ck_band band = ck_band_of(run->plan, taken->first + i, taken->group, taken->band);
    const ck_source source = source_of(run, &band, own->band + i * run->map.image_bytes);
    run_panel(run, step, &band, &source, panel, own);
  }
}

static void run_step(ck_direct_run *run, ck_direct_step *step, int32_t thread, int32_t threads) {
  const ck_conv_plan *plan = run->plan;
  step->bands = ck_ceil_div(plan->image.out_rows, plan->band_rows);
  const int64_t images = ck_ceil_div(plan->images, plan->band_images) * step->bands, inputs = images * step->groups;
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
    const int64_t first = input % images / step->bands * plan->band_images;
    const ck_images taken = {.first = first,
                             .count = ck_least(plan->band_images, plan->images - first),
                             .group = step->group + input / images,
                             .band = input % step->bands};
    if (plan->copy_input && input != copied) copy_bands(run, &taken, own.band);
    copied = input;
    const int64_t end = step->panel + step->panels * (part + 1) / step->parts;
    for (int64_t panel = step->panel + step->panels * part / step->parts; panel < end; panel++)
      run_images(run, step, &taken, panel, &own);
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
