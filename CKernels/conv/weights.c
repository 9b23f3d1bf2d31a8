// The gradient of the weights. That of one place (r, s) of the kernel is a matrix product over all output pixels: of the input
// that the place meets, its channels as rows, and of the output's gradient. The batch-reduce micro-kernel sums a tile of it over
// the rows of a band of the output, so that both operands can be read where they lie (Georganas et al., "Anatomy of
// High-Performance Deep Learning Convolutions on SIMD Architectures", SC 2018, on weight updates). Of few channels, all places of
// a row of the kernel are one product.
//
// A task is a part of the weights, summed by one thread over all bands or, of few weights, over some of them. Contract: each
// element is summed in the order of the images, rows and columns of the output, in chains of one band each; the sums over some of
// the bands are added in their order. So threads don't show in the bits.
#include "ck_team.h"
#include "conv/conv.h"
#include "conv/weights.h"
#include "epilogue/epilogue.h"
#include "pack/units.h"

/// Byte offsets into a thread's workspace, bytes of it and of the sums of one task. In front of all threads' are the sums over
/// some of the bands.
typedef struct ck_weights_map {
  int64_t planes, staging, gradient, sums, thread_bytes;
  int64_t task_sums, threads, total;
} ck_weights_map;

typedef struct ck_weights_run {
  const ck_conv_plan *plan;
  const ck_conv_operands *operands;
  char *workspace;
  ck_weights_map map;
  int64_t panels, bands, bands_of_image;
} ck_weights_run;

/// Where sums go: the first, and elements from channel to channel and from place to place of the kernel.
typedef struct ck_sums {
  char *base;
  int64_t channel, row, column;
} ck_sums;

// MARK: sizes

static int64_t part_channels(const ck_conv_plan *plan) { return ck_ceil_div(plan->image.channels, plan->channel_parts); }

static int64_t part_panels(const ck_conv_plan *plan) {
  return ck_ceil_div(ck_ceil_div(plan->channels, plan->gemm.nr), plan->panel_parts);
}

/// Parts of all weights.
static int64_t part_count(const ck_conv_plan *plan) { return plan->groups * plan->channel_parts * plan->panel_parts; }

static ck_weights_map map_of(const ck_conv_plan *plan) {
  const ck_image *in = &plan->image;
  const int64_t channels = part_channels(plan), width = part_panels(plan) * plan->gemm.nr;
  const int64_t sums = in->kernel_rows * in->kernel_columns * channels * width, rows = plan->band_images * plan->band_rows;
  const ck_weights_copies copies = ck_weights_copies_of(plan, channels);
  ck_weights_map map = {};
  map.planes = ck_round_up(2 * rows * (int64_t)sizeof(void *), CK_LINE);
  map.staging = map.planes + ck_round_up(copies.planes, CK_LINE);
  map.gradient = map.staging + ck_round_up(copies.staging, CK_LINE);
  map.sums = map.gradient + ck_round_up(copies.gradient, CK_LINE);
  map.task_sums = ck_round_up(sums * (int64_t)sizeof(float), CK_LINE);
  map.thread_bytes = map.sums + (plan->sums_apart ? map.task_sums : 0);
  map.threads = plan->band_parts > 1 ? part_count(plan) * plan->band_parts * map.task_sums : 0;
  map.total = map.threads + plan->gemm.team.threads * map.thread_bytes;
  return map;
}

int64_t ck_weights_workspace_bytes(const ck_conv_plan *plan) { return map_of(plan).total; }

// MARK: tasks

static ck_part part_of(const ck_weights_run *run, int64_t index) {
  const ck_conv_plan *plan = run->plan;
  const int64_t channels = part_channels(plan), panels = part_panels(plan);
  ck_part part = {
      .group = index / (plan->channel_parts * plan->panel_parts),
      .channel = index / plan->panel_parts % plan->channel_parts * channels,
      .panel = index % plan->panel_parts * panels,
  };
  part.channels = ck_most(ck_least(channels, plan->image.channels - part.channel), 0);
  part.panels = ck_most(ck_least(panels, run->panels - part.panel), 0);
  return part;
}

static ck_rows rows_from(const ck_conv_plan *plan, int64_t image, int64_t band) {
  const ck_band one = ck_band_of(plan, image, 0, band);
  return (ck_rows){image, ck_least(plan->band_images, plan->images - image), one.first, one.end, one.first_row, one.end_row};
}

/// Whether the weights of a channel, all places of the kernel, are followed by those of the next.
static bool lies_by_channel(const ck_conv_plan *plan) {
  const ck_image *in = &plan->image;
  return !in->channels_last && !plan->merge_columns &&
         plan->layout.w_cs == in->kernel_rows * in->kernel_columns * plan->layout.w_ss;
}

static ck_sums sums_of(const ck_weights_run *run, const ck_part *part, const ck_scratch *own) {
  const ck_conv_plan *plan = run->plan;
  const ck_conv_layout *w = &plan->layout;
  const ck_image *in = &plan->image;
  if (!plan->sums_apart) {
    const int64_t offset = part->group * w->w_gs + part->channel * w->w_cs + part->panel * plan->gemm.nr;
    return (ck_sums){(char *)run->operands->output + offset * (int64_t)sizeof(float), w->w_cs, w->w_rs, w->w_ss};
  }
  // In the order of the weights' own depths, which are then stored at once.
  const int64_t width = part->panels * plan->gemm.nr, columns = in->kernel_columns;
  if (!lies_by_channel(plan)) return (ck_sums){own->sums, width, columns * part->channels * width, part->channels * width};
  return (ck_sums){own->sums, in->kernel_rows * columns * width, columns * width, width};
}

// MARK: the loops

/// The products of one band with one panel.
typedef struct ck_products {
  const ck_weights_run *run;
  const ck_part *part;
  const ck_rows *rows;
  const ck_scratch *own;
  ck_view input, gradient;
  ck_sums sums;
  ck_tile tile;
} ck_products;

/// The rows of the input that row `r` of the kernel meets, and of the gradient: a block each.
static void list_rows(ck_products *p, int64_t r, int64_t channel_bytes, const ck_met_columns *met) {
  const ck_image *in = &p->run->plan->image;
  const ck_rows *rows = p->rows;
  const int64_t skipped = met->first * p->tile.b_ks * ck_element_bytes(p->run->plan->gemm.panel_type);
  p->tile.blocks = 0;
  for (int64_t n = 0; met->count > 0 && n < rows->images; n++)
    for (int64_t row = rows->first; row < rows->end; row++) {
      const int64_t y = row * in->stride_h + r * in->dilation_h - in->pad_top;
      if (y < 0 || y >= in->height) continue;
      const int64_t at = n * p->input.image + (y - rows->first_row) * p->input.row;
      p->own->a[p->tile.blocks] = p->input.base + at + met->offset + channel_bytes;
      p->own->b[p->tile.blocks++] = p->gradient.base + n * p->gradient.image + (row - rows->first) * p->gradient.row + skipped;
    }
}

/// All places of the kernel with one tile of channels.
static void run_tile(ck_products *p, int64_t channel, int64_t height) {
  const ck_conv_plan *plan = p->run->plan;
  const int64_t columns = plan->merge_columns ? 1 : plan->image.kernel_columns;
  const int64_t channel_bytes = channel * p->tile.a_rs * ck_element_bytes(plan->gemm.panel_type);
  for (int64_t r = 0; r < plan->image.kernel_rows; r++)
    for (int64_t s = 0; s < columns; s++) {
      const ck_met_columns met = ck_weights_met_by(plan, p->part, p->rows, s);
      list_rows(p, r, channel_bytes, &met);
      p->tile.k = met.count;
      if (p->tile.blocks == 0 && p->tile.beta != 0) continue;
      const int64_t at = r * p->sums.row + s * p->sums.column + channel * p->sums.channel;
      plan->gemm.tiles[height](&p->tile, p->own->a, p->own->b, p->sums.base + at * (int64_t)sizeof(float));
    }
}

/// How the tile's rows, which are channels, and its depths, which are pixels or pairs of them, lie in the input.
static void set_input_strides(const ck_conv_plan *plan, const ck_part *part, ck_tile *tile) {
  const int64_t kr = plan->gemm.kr;
  if (plan->by_channel) {
    tile->a_rs = ck_weights_channel(plan);
    tile->a_ks = kr == 1 ? plan->image.stride_w : plan->gemm.a_kr;
  } else {
    const int64_t pixel = ck_weights_pixel(plan, part->channels);
    tile->a_rs = kr;
    tile->a_ks = kr == 1 ? plan->image.stride_w * pixel : kr * pixel;
  }
}

/// Adds the products of one band.
static void run_band(const ck_weights_run *run, const ck_part *part, const ck_rows *rows, const ck_sums *sums,
                     const ck_scratch *own, bool is_first) {
  const ck_conv_plan *plan = run->plan;
  const ck_gemm_plan *gemm = &plan->gemm;
  // Without images no operand need exist.
  const bool reads = rows->images > 0;
  ck_products products = {run, part, rows, own, .sums = *sums, .tile = gemm->tile};
  if (reads) products.input = ck_weights_input(plan, run->operands->input, part, rows, own);
  ck_tile *tile = &products.tile;
  set_input_strides(plan, part, tile);
  tile->b_ks = plan->pack_gradient ? ck_weights_panel_width(plan) * gemm->kr : plan->layout.out_qs;
  tile->c_rs = sums->channel;
  tile->beta = is_first ? 0 : 1;
  const int64_t m = part->channels * (plan->merge_columns ? plan->image.kernel_columns : 1), tiles = ck_ceil_div(m, gemm->mr);
  for (int64_t panel = part->panel; panel < part->panel + part->panels; panel++) {
    if (reads) products.gradient = ck_weights_gradient(plan, run->operands->weights, part, rows, panel, own);
    tile->n = ck_least(gemm->nr, plan->channels - panel * gemm->nr);
    for (int64_t i = 0, channel = 0; i < tiles; i++) {
      const int64_t height = m / tiles + (i < m % tiles);
      run_tile(&products, channel, height);
      channel += height;
    }
    products.sums.base += gemm->nr * (int64_t)sizeof(float);
  }
}

/// Sums that were kept apart become the gradient.
static void store_sums(const ck_weights_run *run, const ck_part *part, const ck_scratch *own) {
  const ck_conv_plan *plan = run->plan;
  const ck_sums sums = sums_of(run, part, own);
  const ck_conv_layout *w = &plan->layout;
  const ck_image *in = &plan->image;
  const int64_t places = in->kernel_rows * in->kernel_columns;
  const bool by_channel = lies_by_channel(plan);
  ck_gemm_plan gemm = plan->gemm;
  gemm.c_rs = w->w_cs, gemm.c_cs = w->w_os;
  if (by_channel) gemm.c_rs = w->w_ss;
  for (int64_t place = 0; place < (by_channel ? 1 : places); place++) {
    const int64_t r = place / in->kernel_columns, s = place % in->kernel_columns;
    const int64_t offset =
        part->group * w->w_gs + part->channel * w->w_cs + part->panel * gemm.nr * w->w_os + r * w->w_rs + s * w->w_ss;
    const ck_gemm_operands operands = {.c = (char *)run->operands->output + offset * ck_element_bytes(gemm.c_type)};
    const ck_finished tile = {
        .sums = sums.base + (r * sums.row + s * sums.column) * (int64_t)sizeof(float),
        .sums_rs = part->panels * gemm.nr,
        .rows = part->channels * (by_channel ? places : 1),
        .columns = ck_least(part->panels * gemm.nr, plan->channels - part->panel * gemm.nr),
    };
    ck_epilogue_store(&gemm, &operands, &tile, 1, 0);
  }
}

/// One part of the weights over bands [first, end).
static void run_bands(const ck_weights_run *run, const ck_part *part, int64_t first, int64_t end, const ck_scratch *own) {
  const ck_sums sums = sums_of(run, part, own);
  for (int64_t band = first; band < end; band++) {
    const int64_t image = band / run->bands_of_image * run->plan->band_images;
    const ck_rows rows = rows_from(run->plan, image, band % run->bands_of_image);
    run_band(run, part, &rows, &sums, own, band == first);
  }
}

/// Where the sums of a part over some of the bands are.
static float *partial_sums(const ck_weights_run *run, int64_t task) {
  return (float *)(run->workspace + task * run->map.task_sums);
}

/// Adds the sums of a part over all bands to the first.
static void add_up(const ck_weights_run *run, const ck_part *part, int64_t index) {
  const ck_conv_plan *plan = run->plan;
  const int64_t width = part->panels * plan->gemm.nr, live = ck_least(width, plan->channels - part->panel * plan->gemm.nr);
  const int64_t rows = plan->image.kernel_rows * plan->image.kernel_columns * part->channels, parts = plan->band_parts;
  for (int64_t i = 1; i < parts; i++)
    for (int64_t row = 0; row < rows; row++) {
      float *restrict total = partial_sums(run, index * parts) + row * width;
      const float *restrict more = partial_sums(run, index * parts + i) + row * width;
      for (int64_t j = 0; j < live; j++) total[j] += more[j];
    }
}

static bool is_empty(const ck_part *part) { return part->channels == 0 || part->panels == 0; }

static void run_thread(void *context, int32_t thread, int32_t threads) {
  const ck_weights_run *run = context;
  const ck_conv_plan *plan = run->plan;
  char *base = run->workspace + run->map.threads + thread * run->map.thread_bytes;
  const void **lists = (const void **)base;
  ck_scratch own = {lists,
                    lists + plan->band_images * plan->band_rows,
                    base + run->map.planes,
                    base + run->map.staging,
                    base + run->map.gradient,
                    base + run->map.sums};
  const bool begins = plan->gemm.in_tiles && ck_tiles_begin_amx();
  const int64_t parts = plan->band_parts, count = part_count(plan);
  // Neighbouring tasks, as bands may be spread over the parts in turn.
  const int64_t tasks = count * parts, end = tasks * (thread + 1) / threads;
  for (int64_t task = tasks * thread / threads; task < end; task++) {
    const ck_part part = part_of(run, task / parts);
    if (is_empty(&part)) continue;
    if (parts > 1) own.sums = (char *)partial_sums(run, task);
    run_bands(run, &part, run->bands * (task % parts) / parts, run->bands * (task % parts + 1) / parts, &own);
    if (parts == 1 && plan->sums_apart) store_sums(run, &part, &own);
  }
  if (begins) ck_tiles_end_amx();
  if (parts == 1) return;
  if (threads > 1) ck_team_barrier();
  for (int64_t index = thread; index < count; index += threads) {
    const ck_part part = part_of(run, index);
    if (is_empty(&part)) continue;
    add_up(run, &part, index);
    own.sums = (char *)partial_sums(run, index * parts);
    store_sums(run, &part, &own);
  }
}

void ck_conv_weights(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace) {
  const int64_t bands_of_image = ck_ceil_div(plan->image.out_rows, plan->band_rows);
  ck_weights_run run = {
      .plan = plan,
      .operands = operands,
      .workspace = workspace,
      .map = map_of(plan),
      .panels = ck_ceil_div(plan->channels, plan->gemm.nr),
      // Without an image the sums are of nothing.
      .bands = ck_most(ck_ceil_div(plan->images, plan->band_images), 1) * bands_of_image,
      .bands_of_image = bands_of_image,
  };
  ck_team_run(plan->gemm.team, run_thread, &run);
}
