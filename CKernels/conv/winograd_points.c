// Points of tiles.
#include "conv/winograd.h"
#include "pack/units.h"

ck_winograd_grid ck_winograd_grid_of(const ck_conv_plan *plan) {
  const ck_image *in = &plan->image;
  const int64_t outputs = plan->tile_outputs, side = outputs + 2;
  ck_winograd_grid grid = {.transforms = ck_winograd_of(plan->gemm.isa, plan->tile_outputs), .points = side * side};
  grid.row_phases = in->dilation_h;
  grid.column_phases = in->dilation_w;
  grid.rows = ck_ceil_div(ck_ceil_div(in->out_rows, in->dilation_h), outputs);
  grid.columns = ck_ceil_div(ck_ceil_div(in->out_columns, in->dilation_w), outputs);
  grid.tiles = plan->images * grid.row_phases * grid.column_phases * grid.rows * grid.columns;
  grid.blocks = ck_ceil_div(grid.tiles, plan->block_tiles);
  return grid;
}

// Rows of a multiple of so many lines would leave the rows of a product's tile a few sets of L1.
int64_t ck_winograd_depth(int64_t channels) {
  const int64_t depth = ck_round_up(channels, CK_LINE_FLOATS);
  return depth % (8 * CK_LINE_FLOATS) == 0 ? depth + CK_LINE_FLOATS : depth;
}

ck_strip ck_strip_from(const ck_winograd_grid *grid, int64_t tile, int64_t end, int64_t most) {
  // Rows of tiles, phases and rows of phases before this one, of all images.
  const int64_t rows = tile / grid->columns, phases = rows / grid->rows, phase_rows = phases / grid->column_phases;
  ck_strip strip = {.image = phase_rows / grid->row_phases,
                    .row_phase = phase_rows % grid->row_phases,
                    .column_phase = phases % grid->column_phases,
                    .row = rows % grid->rows,
                    .column = tile % grid->columns};
  strip.tiles = ck_least(ck_least(most, end - tile), grid->columns - strip.column);
  return strip;
}

/// Rows are copied where channels are apart: of one vector of channels at a time.
static bool copies_rows(const ck_winograd_view *view) { return view->plan->image.cs != 1 && view->plan->image.channels > 1; }

int64_t ck_winograd_copies(const ck_winograd_view *view, const ck_winograd_grid *grid) {
  return copies_rows(view) ? view->taps * view->plan->band_columns * grid->transforms->lanes : 0;
}

/// Where the rows of a row of tiles are read, from their first column on; NULL: padding.
typedef struct ck_source {
  const char *rows[CK_MOST_POINTS];
  int64_t pixel, left, end; ///< elements from column to column; column 0 of the tiles is `left` columns before the rows' first
  ck_dtype type;
} ck_source;

/// The rows where they lie, from `first` on: the phase's first column in the image.
static ck_source rows_of(const ck_winograd_view *view, const void *tensor, int64_t group, const ck_strip *strip, int64_t slice) {
  const ck_conv_plan *plan = view->plan;
  const ck_image *in = &plan->image;
  const int64_t step = in->dilation_w, before = in->pad_left - strip->column_phase;
  const int64_t left = before > 0 ? ck_ceil_div(before, step) : before / step, first = left * step - before;
  ck_source source = {
      .pixel = in->ws * step, .left = left, .end = ck_ceil_div(in->width - first, step), .type = plan->gemm.a_type};
  const int64_t bytes = ck_element_bytes(source.type), image = ck_image_place(in, strip->image) + group * plan->layout.in_gs,
                base = image + slice * in->kernel_ss + first * in->ws;
  for (int64_t i = 0; i < view->taps; i++) {
    const int64_t y = strip->row_phase + (strip->row * plan->tile_outputs + i) * in->dilation_h - in->pad_top;
    if (y >= 0 && y < in->height) source.rows[i] = (const char *)tensor + (base + y * in->hs) * bytes;
  }
  return source;
}

/// Passes of at most CK_MOST_STRIP outputs, one after another.
static void make_row(const ck_winograd_view *view, const ck_source *source, const ck_strip *strip, int64_t channels,
                     float *points) {
  const int64_t outputs = view->plan->tile_outputs, most = CK_MOST_STRIP / outputs, bytes = ck_element_bytes(source->type);
  for (int64_t done = 0; done < strip->tiles; done += most) {
    const int64_t before = source->left - (strip->column + done) * outputs; // columns before the rows' first
    ck_winograd_tiles job = {.pixel = source->pixel,
                             .first = ck_most(before, 0),
                             .end = source->end + before,
                             .tiles = ck_least(most, strip->tiles - done),
                             .channels = channels,
                             .points = points + done * view->depth,
                             .point = view->point,
                             .tile = view->depth};
    for (int64_t i = 0; i < view->taps; i++)
      if (source->rows[i]) job.rows[i] = source->rows[i] - before * source->pixel * bytes;
    if (source->type == CK_F32) view->transforms.f32(&job);
    else view->transforms.bf16(&job);
  }
}

/// By way of copies of the strip's columns.
static void make_row_copied(const ck_winograd_view *view, const ck_source *rows, const ck_strip *strip, int64_t lanes,
                            float *copies, float *points) {
  const int64_t outputs = view->plan->tile_outputs, bytes = ck_element_bytes(rows->type);
  ck_conv_plan part = *view->plan;
  part.band_columns = strip->tiles * outputs + view->taps - outputs;
  part.image.pad_left = rows->left - strip->column * outputs;
  part.image.width = rows->end;
  part.image.ws = rows->pixel;
  const int64_t row_floats = part.band_columns * lanes;
  const ck_strip copied = {.tiles = strip->tiles};
  ck_source source = {.pixel = lanes, .end = part.band_columns, .type = CK_F32};
  for (int64_t channel = 0; channel < part.image.channels; channel += lanes) {
    for (int64_t i = 0; i < view->taps; i++) {
      source.rows[i] = rows->rows[i] ? (const char *)(copies + i * row_floats) : 0;
      if (!rows->rows[i]) continue;
      const ck_band_row copy = {.channels = ck_least(lanes, part.image.channels - channel),
                                .width = lanes,
                                .type = CK_F32,
                                .to = (char *)(copies + i * row_floats)};
      ck_band_copy_row(&part, rows->rows[i] + channel * part.image.cs * bytes, &copy);
    }
    make_row(view, &source, &copied, lanes, points + channel);
  }
}

// Where a slice's channels are no whole vectors, its last one reaches into the next slice, whose points come later.
void ck_winograd_make_points(const ck_winograd_view *view, const ck_winograd_grid *grid, const void *tensor, int64_t group,
                             int64_t tile, int64_t end, float *copies, float *points) {
  const int64_t channels = view->plan->image.channels;
  for (int64_t slice = 0; slice < view->plan->image.kernel_slices; slice++) {
    float *to = points + slice * channels;
    for (int64_t next = tile; next < end;) {
      const ck_strip strip = ck_strip_from(grid, next, end, end);
      const ck_source rows = rows_of(view, tensor, group, &strip, slice);
      if (copies_rows(view)) make_row_copied(view, &rows, &strip, grid->transforms->lanes, copies, to);
      else make_row(view, &rows, &strip, channels, to);
      to += strip.tiles * view->depth;
      next += strip.tiles;
    }
  }
}
