// How the tiles of the weights' gradient read their operands: where they lie, or from a thread's copies of a band.
#include "conv/weights.h"

#include "ck_pack.h"
#include "conv/conv.h"
#include "pack/panel.h"
#include "pack/units.h"

/// Columns of a row of the output in packed panels.
static int64_t packed_columns(const ck_conv_plan *plan) { return ck_round_up(plan->image.out_columns, plan->gemm.kr); }

int64_t ck_weights_panel_width(const ck_conv_plan *plan) { return ck_least(plan->gemm.nr, ck_round_up(plan->channels, 16)); }

/// Whether the copies hold each pixel's whole row of places: of pairs, which would else not lie side by side.
static bool copies_places(const ck_conv_plan *plan) { return plan->merge_columns && plan->gemm.kr > 1; }

/// Of pairs: places of a row of the kernel whose pixels pair up alike share a copy of the input, in which its stride is taken
/// out.
static int64_t plane_count(const ck_conv_plan *plan) {
  if (plan->gemm.kr == 1 || plan->by_channel || plan->merge_columns) return 1;
  const int64_t step = plan->gemm.kr * plan->image.stride_w;
  int64_t period = 1;
  while (period < plan->image.kernel_columns && period * plan->image.dilation_w % step != 0) period++;
  return period;
}

/// Whether the rows of channels are copied without their stride, so that the pixels of a pair are adjacent. Pairs are of bf16, in
/// the image and in its copies.
static bool takes_out_stride(const ck_conv_plan *plan) {
  return plan->by_channel && plan->gemm.kr > 1 && plan->image.stride_w > 1;
}

/// Pixels that are a stride apart, of one copied row.
static int64_t run_columns(const ck_conv_plan *plan) { return ck_ceil_div(plan->band_columns, plan->image.stride_w); }

/// Runs that the kernel meets.
static int64_t run_count(const ck_conv_plan *plan) {
  const ck_image *in = &plan->image;
  return ck_least(in->stride_w, (in->kernel_columns - 1) * in->dilation_w + 1);
}

/// Columns of a channel's row, and a line more where the rows of a tile would share sets of L1.
static int64_t channel_columns(const ck_conv_plan *plan) {
  const int64_t columns = takes_out_stride(plan) ? run_count(plan) * run_columns(plan) : plan->band_columns;
  const int64_t bytes = ck_element_bytes(plan->gemm.panel_type);
  return columns * bytes % 2048 == 0 ? columns + CK_LINE / bytes : columns;
}

/// Pixels of a row of a plane.
static int64_t plane_columns(const ck_conv_plan *plan) {
  const ck_image *in = &plan->image;
  if (plan->by_channel) return channel_columns(plan);
  if (plan->gemm.kr == 1) return plan->band_columns;
  if (copies_places(plan)) return packed_columns(plan);
  return ck_round_up(packed_columns(plan) + (in->kernel_columns - 1) * in->dilation_w / in->stride_w, plan->gemm.kr);
}

int64_t ck_weights_channel(const ck_conv_plan *plan) { return plan->copy_input ? plane_columns(plan) : plan->image.cs; }

int64_t ck_weights_pixel(const ck_conv_plan *plan, int64_t channels) {
  if (!plan->copy_input) return plan->image.ws;
  return copies_places(plan) ? plan->image.kernel_columns * channels : channels;
}

static int64_t plane_row_bytes(const ck_conv_plan *plan, int64_t channels) {
  return plane_columns(plan) * ck_weights_pixel(plan, channels) * ck_element_bytes(plan->gemm.panel_type);
}

ck_weights_copies ck_weights_copies_of(const ck_conv_plan *plan, int64_t channels) {
  const int64_t bytes = ck_element_bytes(plan->gemm.panel_type), in_rows = plan->band_images * ck_band_most_rows(plan);
  const int64_t columns = plan->band_images * plan->band_rows * packed_columns(plan);
  ck_weights_copies copies = {};
  if (plan->copy_input) copies.planes = plane_count(plan) * in_rows * plane_row_bytes(plan, channels);
  const int64_t staged = plan->by_channel ? 0 : channels;
  if (plan->copy_input && plan->gemm.kr > 1) copies.staging = plan->band_columns * staged * bytes;
  if (plan->pack_gradient) copies.gradient = columns * plan->gemm.nr * bytes;
  return copies;
}

/// A padded row of the input, channels adjacent, before its pixels are paired: elements from pixel to pixel.
typedef struct ck_staged {
  const char *base;
  int64_t pixel;
} ck_staged;

/// A row of the input, channel after channel.
static void copy_channels(const ck_conv_plan *plan, const char *row, int64_t channels, char *to) {
  const int64_t from_bytes = ck_element_bytes(plan->gemm.a_type), to_bytes = ck_element_bytes(plan->gemm.panel_type);
  for (int64_t c = 0; c < channels; c++) {
    const ck_band_row one = {1, 1, plan->gemm.panel_type, to + c * channel_columns(plan) * to_bytes};
    ck_band_copy_row(plan, row + c * plan->image.cs * from_bytes, &one);
  }
}

/// Whether every column of a copied row exists: then none need be added.
static bool has_whole_rows(const ck_conv_plan *plan) {
  return plan->image.pad_left == 0 && plan->band_columns <= plan->image.width && !plan->merge_columns;
}

static ck_staged stage(const ck_conv_plan *plan, const char *row, int64_t channels, char *staging) {
  if (has_whole_rows(plan)) return (ck_staged){row, plan->image.ws};
  const ck_band_row all = {channels, channels, plan->gemm.panel_type, staging};
  ck_band_copy_row(plan, row, &all);
  return (ck_staged){staging, channels};
}

/// Every `step`-th of them.
static inline __attribute__((always_inline)) void take(const uint16_t *restrict from, uint16_t *restrict to, int64_t count,
                                                       const int64_t step) {
  for (int64_t i = 0; i < count; i++) to[i] = from[i * step];
}

/// The pixels of a run that the image has, and where the first one is in its row.
typedef struct ck_run_pixels {
  int64_t left, end, start;
} ck_run_pixels;

static ck_run_pixels pixels_of(const ck_conv_plan *plan, int64_t run) {
  const ck_image *in = &plan->image;
  const int64_t start = run - in->pad_left, stride = in->stride_w, columns = run_columns(plan);
  const int64_t left = start >= 0 ? 0 : ck_least(ck_ceil_div(-start, stride), columns);
  const int64_t end = ck_most(ck_least(ck_ceil_div(in->width - start, stride), columns), left);
  return (ck_run_pixels){left, end, start + left * stride};
}

/// A row of the input whose channels are adjacent: turned round, one run after another, zeros where the padding is.
static void turn_channels(const ck_conv_plan *plan, const char *row, int64_t channels, char *to) {
  const ck_image *in = &plan->image;
  const int64_t bytes = ck_element_bytes(CK_BF16), width = channel_columns(plan), columns = run_columns(plan);
  const ck_pack_job job = {.kr = 1, .from = CK_BF16, .to = CK_BF16, .isa = plan->gemm.isa};
  for (int64_t run = 0; run < run_count(plan); run++) {
    const ck_run_pixels pixels = pixels_of(plan, run);
    uint16_t *first = (uint16_t *)to + run * columns;
    const ck_panel panel = {
        .source = row + pixels.start * in->ws * bytes,
        .destination = (char *)(first + pixels.left),
        .live = pixels.end - pixels.left,
        .k = channels,
        .rs = in->stride_w * in->ws * bytes,
        .ks = in->cs * bytes,
        .width = width,
    };
    if (panel.live > 0) ck_pack_panel(&job, &panel);
    for (int64_t c = 0; c < channels; c++, first += width) {
      __builtin_memset(first, 0, (size_t)(pixels.left * bytes));
      __builtin_memset(first + pixels.end, 0, (size_t)((columns - pixels.end) * bytes));
    }
  }
}

/// As `copy_channels`, with the stride taken out: one run after another, zeros where the padding is.
static void copy_channels_apart(const ck_conv_plan *plan, const char *row, int64_t channels, char *to) {
  const ck_image *in = &plan->image;
  const int64_t stride = in->stride_w, columns = run_columns(plan);
  for (int64_t run = 0; run < run_count(plan); run++) {
    const ck_run_pixels pixels = pixels_of(plan, run);
    const int64_t left = pixels.left, end = pixels.end;
    const uint16_t *from = (const uint16_t *)row + pixels.start;
    uint16_t *next = (uint16_t *)to + run * columns;
    for (int64_t c = 0; c < channels; c++, from += in->cs, next += channel_columns(plan)) {
      for (int64_t i = 0; i < left; i++) next[i] = 0;
      if (stride == 2) take(from, next + left, end - left, 2);
      else take(from, next + left, end - left, stride);
      for (int64_t i = end; i < columns; i++) next[i] = 0;
    }
  }
}

/// The first `width` elements of each of so many of the output's pixels, in pairs of pixels.
static void pack_pixels(const ck_conv_plan *plan, const ck_staged *row, int64_t width, int64_t columns, char *to) {
  const ck_pack_job job = {
      .source = row->base,
      .destination = to,
      .rows = width,
      .k = columns,
      .rs = 1,
      .ks = plan->image.stride_w * row->pixel,
      .panel = (int32_t)width,
      .kr = plan->gemm.kr,
      .from = plan->gemm.a_type,
      .to = plan->gemm.panel_type,
      .isa = plan->gemm.isa,
  };
  ck_pack(&job);
}

/// A row of every plane, from one of the input.
static void pack_planes(const ck_conv_plan *plan, const ck_staged *row, int64_t channels, char *to, int64_t plane_bytes) {
  const int64_t step = plan->image.dilation_w * row->pixel * ck_element_bytes(plan->gemm.a_type);
  for (int64_t plane = 0; plane < plane_count(plan); plane++) {
    const ck_staged first = {row->base + plane * step, row->pixel};
    pack_pixels(plan, &first, channels, plane_columns(plan), to + plane * plane_bytes);
  }
}

ck_view ck_weights_input(const ck_conv_plan *plan, const void *input, const ck_part *part, const ck_rows *rows,
                         const ck_scratch *own) {
  const ck_image *in = &plan->image;
  const int64_t bytes = ck_element_bytes(plan->gemm.a_type), channels = part->channels;
  const int64_t offset =
      ck_image_place(in, rows->image) + part->group * plan->layout.in_gs + part->channel * in->cs + rows->first_row * in->hs;
  const char *source = (const char *)input + offset * bytes;
  if (!plan->copy_input) return (ck_view){source, in->ns * bytes, in->hs * bytes};
  const int64_t row_bytes = plane_row_bytes(plan, channels), count = rows->end_row - rows->first_row;
  const ck_view view = {own->planes, count * row_bytes, row_bytes};
  for (int64_t n = 0; n < rows->images; n++)
    for (int64_t y = 0; y < count; y++) {
      const char *row = source + (n * in->ns + y * in->hs) * bytes;
      char *to = own->planes + n * view.image + y * row_bytes;
      if (plan->by_channel && in->cs == 1 && in->ws != 1) {
        turn_channels(plan, row, channels, to);
      } else if (takes_out_stride(plan)) {
        copy_channels_apart(plan, row, channels, to);
      } else if (plan->by_channel) {
        copy_channels(plan, row, channels, to);
      } else if (plan->gemm.kr == 1) {
        const ck_band_row copy = {channels, channels, plan->gemm.panel_type, to};
        ck_band_copy_row(plan, row, &copy);
      } else {
        const ck_staged staged = stage(plan, row, channels, own->staging);
        const int64_t places = ck_weights_pixel(plan, channels);
        if (copies_places(plan)) pack_pixels(plan, &staged, places, in->out_columns, to);
        else pack_planes(plan, &staged, channels, to, rows->images * view.image);
      }
    }
  return view;
}

ck_view ck_weights_gradient(const ck_conv_plan *plan, const void *gradient, const ck_part *part, const ck_rows *rows,
                            int64_t panel, const ck_scratch *own) {
  const ck_conv_layout *out = &plan->layout;
  const int64_t bytes = ck_element_bytes(plan->gemm.b_type), nr = plan->gemm.nr, columns = plan->image.out_columns;
  const int64_t channel = panel * nr, width = ck_weights_panel_width(plan);
  const char *source = (const char *)gradient + (ck_output_place(plan, rows->image) + part->group * out->out_gs +
                                                 channel * out->out_ks + rows->first * out->out_ps) *
                                                    bytes;
  if (!plan->pack_gradient) return (ck_view){source, out->out_ns * bytes, out->out_ps * bytes};
  const int64_t row_bytes = packed_columns(plan) * width * ck_element_bytes(plan->gemm.panel_type),
                count = rows->end - rows->first;
  const ck_view view = {own->gradient, count * row_bytes, row_bytes};
  // Rows that follow one another are packed at once.
  const bool at_once = packed_columns(plan) == columns && (count == 1 || out->out_ps == columns * out->out_qs);
  for (int64_t n = 0; n < rows->images; n++)
    for (int64_t p = 0; p < (at_once ? 1 : count); p++) {
      const ck_pack_job job = {
          .source = source + (n * out->out_ns + p * out->out_ps) * bytes,
          .destination = own->gradient + n * view.image + p * row_bytes,
          .rows = ck_least(nr, plan->channels - channel),
          .k = at_once ? count * columns : columns,
          .rs = out->out_ks,
          .ks = out->out_qs,
          .panel = (int32_t)width,
          .kr = plan->gemm.kr,
          .from = plan->gemm.b_type,
          .to = plan->gemm.panel_type,
          .isa = plan->gemm.isa,
      };
      ck_pack(&job);
    }
  return view;
}

ck_met_columns ck_weights_met_by(const ck_conv_plan *plan, const ck_part *part, const ck_rows *rows, int64_t s) {
  const ck_image *in = &plan->image;
  const int64_t bytes = ck_element_bytes(plan->gemm.panel_type), kr = plan->gemm.kr;
  if (copies_places(plan)) return (ck_met_columns){0, packed_columns(plan), 0};
  if (plan->copy_input && plan->by_channel) {
    const int64_t column = s * in->dilation_w, step = takes_out_stride(plan) ? in->stride_w : 1;
    return (ck_met_columns){0, packed_columns(plan), (column % step * run_columns(plan) + column / step) * bytes};
  }
  if (plan->copy_input) {
    if (kr == 1) return (ck_met_columns){0, in->out_columns, s * in->dilation_w * part->channels * bytes};
    const int64_t planes = plane_count(plan), plane = s % planes;
    const int64_t plane_bytes = rows->images * (rows->end_row - rows->first_row) * plane_row_bytes(plan, part->channels);
    const int64_t shift = (s - plane) * in->dilation_w / in->stride_w;
    return (ck_met_columns){0, packed_columns(plan), plane * plane_bytes + shift * part->channels * bytes};
  }
  const int64_t start = s * in->dilation_w - in->pad_left;
  const int64_t first = start >= 0 ? 0 : ck_least(ck_ceil_div(-start, in->stride_w), in->out_columns);
  const int64_t left = in->width - start;
  const int64_t end = left <= 0 ? 0 : ck_least(ck_ceil_div(left, in->stride_w), in->out_columns);
  return (ck_met_columns){first, ck_most(end - first, 0), (first * in->stride_w + start) * in->ws * bytes};
}
