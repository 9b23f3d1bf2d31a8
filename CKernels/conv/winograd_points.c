// Points of weights and of inputs.
#include "ck_pack.h"
#include "conv/conv.h"
#include "conv/direct.h"
#include "conv/winograd.h"
#include "pack/units.h"

// Lines between the places of a tile at one point and the next: as many bytes as are a multiple of a page would put all points
// into one set of the cache.
enum { CK_LINE_FLOATS = CK_LINE / 4 };

ck_winograd_sizes ck_winograd_sizes_of(const ck_conv_plan *plan) {
  const ck_image *in = &plan->image;
  const int64_t outputs = plan->tile_outputs, side = outputs + 2;
  ck_winograd_sizes s = {.transforms = ck_winograd_of(plan->gemm.isa, plan->tile_outputs), .points = side * side};
  s.tile_rows = ck_ceil_div(in->out_rows, outputs);
  s.tile_columns = ck_ceil_div(in->out_columns, outputs);
  s.tiles = plan->images * s.tile_rows * s.tile_columns;
  s.blocks = ck_ceil_div(s.tiles, plan->block_tiles);
  s.panels = ck_ceil_div(plan->channels, plan->gemm.nr);
  // Rows of a multiple of half a page would leave all rows of a tile of the product two sets of the cache.
  s.depth = ck_round_up(in->channels, CK_LINE_FLOATS);
  if (s.depth % 128 == 0) s.depth += CK_LINE_FLOATS;
  s.input_point = plan->block_tiles * s.depth + CK_LINE_FLOATS;
  s.panel_point = ck_round_up(in->channels * plan->gemm.nr, CK_LINE_FLOATS) + CK_LINE_FLOATS;
  s.panel = s.points * s.panel_point;
  s.width = plan->block_panels * ck_round_up(plan->gemm.nr, CK_LINE_FLOATS);
  s.sum_point = plan->block_tiles * s.width + CK_LINE_FLOATS;
  return s;
}

ck_strip ck_strip_from(const ck_winograd_sizes *sizes, int64_t tile, int64_t end, int64_t most) {
  const int64_t of_image = sizes->tile_rows * sizes->tile_columns, place = tile % of_image;
  ck_strip strip = {.image = tile / of_image, .row = place / sizes->tile_columns, .column = place % sizes->tile_columns};
  strip.tiles = ck_least(ck_least(most, end - tile), sizes->tile_columns - strip.column);
  return strip;
}

// MARK: weights

int64_t ck_winograd_taps(const ck_conv_plan *plan) {
  return ck_round_up(ck_direct_panel_bytes(plan), CK_LINE) / (int64_t)sizeof(float);
}

void ck_winograd_make_panel(const ck_conv_plan *plan, const ck_winograd_sizes *sizes, const void *weights, int64_t panel,
                            int64_t group, float *taps, float *points) {
  ck_direct_pack_weights(plan, weights, group, panel, (char *)taps);
  const int64_t place = plan->image.channels * plan->gemm.nr;
  const ck_winograd_weights job = {
      .weights = taps, .place = place, .points = points, .point = sizes->panel_point, .count = place};
  sizes->transforms->weights(&job);
}

// The taps come last.
int64_t ck_winograd_ready_bytes(const ck_conv_plan *plan) {
  const ck_winograd_sizes sizes = ck_winograd_sizes_of(plan);
  return (plan->groups * sizes.panels * sizes.panel + ck_winograd_taps(plan)) * (int64_t)sizeof(float);
}

void ck_winograd_make_ready(const ck_conv_plan *plan, const void *weights, void *destination) {
  const ck_winograd_sizes sizes = ck_winograd_sizes_of(plan);
  const int64_t count = plan->groups * sizes.panels;
  float *points = destination, *taps = points + count * sizes.panel;
  for (int64_t i = 0; i < count; i++)
    ck_winograd_make_panel(plan, &sizes, weights, i % sizes.panels, i / sizes.panels, taps, points + i * sizes.panel);
}

// MARK: inputs

/// Rows of the input are copied where channels are apart: of one vector of channels at a time.
static bool copies_rows(const ck_conv_plan *plan) { return plan->image.cs != 1 && plan->image.channels > 1; }

int64_t ck_winograd_copies(const ck_conv_plan *plan, const ck_winograd_sizes *sizes) {
  if (!copies_rows(plan)) return 0;
  return CK_MOST_POINTS * plan->band_columns * sizes->transforms->lanes;
}

/// The rows of a strip: those of them that exist, `rows[i]` column 0 of the image.
static void list_rows(const ck_conv_plan *plan, const void *input, int64_t group, const ck_strip *strip, const void **rows) {
  const ck_image *in = &plan->image;
  const int64_t bytes = ck_element_bytes(plan->gemm.a_type), base = strip->image * in->ns + group * plan->layout.in_gs;
  for (int64_t i = 0; i < plan->tile_outputs + 2; i++) {
    const int64_t y = strip->row * plan->tile_outputs + i - in->pad_top;
    rows[i] = y < 0 || y >= in->height ? NULL : (const char *)input + (base + y * in->hs) * bytes;
  }
}

/// Where the rows of a row of tiles are read, from their first column on.
typedef struct ck_source {
  const char *rows[CK_MOST_POINTS];
  int64_t pixel, left, end; ///< elements from column to column; column 0 of the tiles is `left` columns before the rows' first
  ck_dtype type;
} ck_source;

static void make_strip(const ck_conv_plan *plan, const ck_winograd_sizes *sizes, const ck_source *source, int64_t column,
                       ck_winograd_inputs *job) {
  const int64_t bytes = ck_element_bytes(source->type), outputs = plan->tile_outputs;
  const int64_t before = source->left - column * outputs; // columns of the strip before the rows' first
  for (int64_t i = 0; i < outputs + 2; i++)
    job->rows[i] = source->rows[i] ? source->rows[i] - before * source->pixel * bytes : NULL;
  job->pixel = source->pixel;
  job->first = ck_most(before, 0);
  job->end = source->end + before;
  if (source->type == CK_F32) sizes->transforms->inputs_f32(job);
  else sizes->transforms->inputs_bf16(job);
}

/// Strips of at most CK_MOST_STRIP outputs, one after another.
static void make_row(const ck_conv_plan *plan, const ck_winograd_sizes *sizes, const ck_source *source, const ck_strip *strip,
                     int64_t channels, float *points) {
  const int64_t most = CK_MOST_STRIP / plan->tile_outputs;
  for (int64_t done = 0; done < strip->tiles; done += most) {
    ck_winograd_inputs job = {.tiles = ck_least(most, strip->tiles - done),
                              .channels = channels,
                              .points = points + done * sizes->depth,
                              .point = sizes->input_point,
                              .tile = sizes->depth};
    make_strip(plan, sizes, source, strip->column + done, &job);
  }
}

/// By way of copies: channel by channel of a vector.
static void make_row_copied(const ck_conv_plan *plan, const ck_winograd_sizes *sizes, const void *const *rows,
                            const ck_strip *strip, float *copies, float *points) {
  const ck_image *in = &plan->image;
  const int64_t lanes = sizes->transforms->lanes, bytes = ck_element_bytes(plan->gemm.a_type);
  ck_source source = {.pixel = lanes, .left = 0, .end = plan->band_columns, .type = CK_F32};
  for (int64_t channel = 0; channel < in->channels; channel += lanes) {
    for (int64_t i = 0; i < plan->tile_outputs + 2; i++) {
      source.rows[i] = NULL;
      if (!rows[i]) continue;
      float *to = copies + i * plan->band_columns * lanes;
      const ck_band_row copy = {
          .channels = ck_least(lanes, in->channels - channel), .width = lanes, .type = CK_F32, .to = (char *)to};
      ck_band_copy_row(plan, (const char *)rows[i] + channel * in->cs * bytes, &copy);
      source.rows[i] = (const char *)to;
    }
    make_row(plan, sizes, &source, strip, lanes, points + channel);
  }
}

void ck_winograd_make_inputs(const ck_conv_plan *plan, const ck_winograd_sizes *sizes, const void *input, int64_t group,
                             int64_t tile, int64_t end, float *copies, float *points) {
  const ck_image *in = &plan->image;
  while (tile < end) {
    const ck_strip strip = ck_strip_from(sizes, tile, end, end);
    const void *rows[CK_MOST_POINTS] = {};
    list_rows(plan, input, group, &strip, rows);
    if (copies_rows(plan)) {
      make_row_copied(plan, sizes, rows, &strip, copies, points);
    } else {
      ck_source source = {.pixel = in->ws, .left = in->pad_left, .end = in->width, .type = plan->gemm.a_type};
      for (int64_t i = 0; i < plan->tile_outputs + 2; i++) source.rows[i] = rows[i];
      make_row(plan, sizes, &source, &strip, in->channels, points);
    }
    points += strip.tiles * sizes->depth;
    tile += strip.tiles;
  }
}
