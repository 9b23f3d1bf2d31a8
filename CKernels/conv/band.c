#include "conv/band.h"

#include "ck_pack.h"
#include "pack/units.h"

ck_band ck_band_of(const ck_conv_plan *plan, int64_t image, int64_t group, int64_t index) {
  const ck_image *in = &plan->image;
  ck_band band = {.image = image, .group = group, .first = index * plan->band_rows};
  band.end = ck_least(band.first + plan->band_rows, in->out_rows);
  const int64_t first = band.first * in->stride_h - in->pad_top;
  const int64_t last = (band.end - 1) * in->stride_h - in->pad_top + (in->kernel_rows - 1) * in->dilation_h;
  band.first_row = plan->joins_rows ? first : ck_least(ck_most(first, 0), in->height);
  band.end_row = plan->joins_rows ? last + 1 : ck_most(ck_least(last + 1, in->height), band.first_row);
  return band;
}

int64_t ck_band_most_rows(const ck_conv_plan *plan) {
  const ck_image *in = &plan->image;
  const int64_t reached = (plan->band_rows - 1) * in->stride_h + (in->kernel_rows - 1) * in->dilation_h + 1;
  return plan->joins_rows ? reached : ck_least(in->height, reached);
}

ck_block ck_band_block(const ck_conv_plan *plan, const ck_band *band) {
  const ck_image *in = &plan->image;
  return (ck_block){
      .down = {.outputs = band->end - band->first,
               .inputs = band->end_row - band->first_row,
               .taps = in->kernel_rows,
               .first = band->first * in->stride_h - in->pad_top - band->first_row,
               .stride = in->stride_h,
               .dilation = in->dilation_h},
      .across = {.outputs = in->out_columns,
                 .inputs = in->width,
                 .taps = in->kernel_columns,
                 .first = -in->pad_left,
                 .stride = in->stride_w,
                 .dilation = in->dilation_w},
  };
}

ck_axis ck_rows_of(const ck_image *in) {
  return (ck_axis){in->height, in->kernel_rows, in->stride_h, in->dilation_h, in->pad_top};
}

ck_taps ck_taps_of(const ck_axis *axis, int64_t output) {
  const int64_t start = output * axis->stride - axis->pad;
  ck_taps taps = {};
  while (taps.first < axis->kernel && start + taps.first * axis->dilation < 0) taps.first++;
  while (taps.first + taps.count < axis->kernel && start + (taps.first + taps.count) * axis->dilation < axis->size) taps.count++;
  return taps;
}

void ck_band_copy_row(const ck_conv_plan *plan, const void *row, const ck_band_row *copy) {
  const ck_image *in = &plan->image;
  const int64_t from_bytes = ck_element_bytes(plan->gemm.a_type), pixel_bytes = copy->width * ck_element_bytes(copy->type);
  // The first columns may be beyond what the outputs reach: padding below 0.
  const int64_t skipped = ck_least(ck_most(-in->pad_left, 0), in->width);
  const int64_t left = ck_least(ck_most(in->pad_left, 0), plan->band_columns);
  const int64_t columns = ck_least(in->width - skipped, plan->band_columns - left);
  const int64_t right = plan->band_columns - left - columns;
  const char *source = (const char *)row + skipped * in->ws * from_bytes;
  __builtin_memset(copy->to, 0, (size_t)(left * pixel_bytes));
  __builtin_memset(copy->to + (left + columns) * pixel_bytes, 0, (size_t)(right * pixel_bytes));
  // A panel whose rows are the channels and whose depths are the pixels; where these follow one another, a panel of one depth.
  const bool adjacent = in->cs == 1 || copy->channels == 1;
  const bool runs_on = adjacent && in->ws == copy->width && copy->channels == copy->width;
  const bool at_once = runs_on && columns * copy->width <= INT32_MAX; // what a panel may count
  const int64_t width = at_once ? columns * copy->width : copy->width;
  const ck_pack_job job = {
      .source = source,
      .destination = copy->to + left * pixel_bytes,
      .rows = at_once ? width : copy->channels,
      .k = at_once ? 1 : columns,
      .rs = at_once ? 1 : in->cs,
      .ks = in->ws,
      .panel = (int32_t)width,
      .kr = 1,
      .from = plan->gemm.a_type,
      .to = copy->type,
      .isa = plan->gemm.isa,
  };
  ck_pack(&job);
}

void ck_band_copy(const ck_conv_plan *plan, const ck_band *band, const void *input, void *destination) {
  const ck_image *in = &plan->image;
  const int64_t from_bytes = ck_element_bytes(plan->gemm.a_type), to_bytes = ck_element_bytes(plan->gemm.panel_type);
  const int64_t base = ck_image_place(in, band->image) + band->group * plan->layout.in_gs;
  ck_band_row copy = {
      .channels = in->channels, .width = plan->pixel_channels, .type = plan->gemm.panel_type, .to = (char *)destination};
  for (int64_t slice = 0; slice < in->kernel_slices; slice++)
    for (int64_t row = band->first_row; row < band->end_row; row++) {
      const int64_t bytes = plan->band_columns * copy.width * to_bytes;
      if (row < 0 || row >= in->height) __builtin_memset(copy.to, 0, (size_t)bytes);
      else ck_band_copy_row(plan, (const char *)input + (base + slice * in->kernel_ss + row * in->hs) * from_bytes, &copy);
      copy.to += bytes;
    }
}
