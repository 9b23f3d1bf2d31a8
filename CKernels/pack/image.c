// Panels of an image: what im2col would copy into a matrix goes straight into the panel that is multiplied next. For each place
// (d, r, s) of the kernel, pixels that are neighbours in an output row are neighbours, a stride apart, in the image too: such a
// run of them, over all channels, is a small matrix of its own.
#include <stddef.h>

#include "pack/panel.h"
#include "pack/units.h"

/// Pixels of one output row in one panel.
typedef struct ck_pixels {
  const char *image; // element (0, 0, 0) of theirs
  int64_t p, q;      // the first one
  int64_t count, place;
} ck_pixels;

/// The first multiple of `step` that is not below `distance`, in steps; 0 for what is negative.
static inline int64_t steps(int64_t distance, int64_t step) { return distance <= 0 ? 0 : (distance + step - 1) / step; }

// The pixels at the place (d, r, s) of the kernel, those depths of theirs that the job takes.
static void pack_place(const ck_pack_job *job, const ck_pixels *run, int64_t d, int64_t r, int64_t s, char *destination) {
  const ck_image *image = job->image;
  const int64_t place = (d * image->kernel_rows + r) * image->kernel_columns + s;
  const int64_t row = run->p * image->stride_h + r * image->dilation_h - image->pad_top;
  const int64_t column = run->q * image->stride_w + s * image->dilation_w - image->pad_left;
  const int64_t first = steps(-column, image->stride_w),
                end = ck_least(run->count, steps(image->width - column, image->stride_w));
  if (row < 0 || row >= image->height || first >= end) return;

  // Channel c is depth `base + c * step`.
  const int64_t step = image->channels_last ? 1 : ck_kernel_places(image),
                base = image->channels_last ? place * image->channels : place;
  const int64_t channel = steps(job->depth - base, step),
                channels = ck_least(image->channels, steps(job->depth + job->k - base, step));
  if (channel >= channels) return;

  const int64_t from_bytes = ck_element_bytes(job->from), to_bytes = ck_element_bytes(job->to);
  const int64_t offset =
      d * image->kernel_ss + row * image->hs + (column + first * image->stride_w) * image->ws + channel * image->cs;
  const int64_t depth = base + channel * step - job->depth;
  const ck_panel part = {
      .source = run->image + offset * from_bytes,
      .destination = destination + (depth * job->panel + run->place + first) * to_bytes,
      .live = end - first,
      .k = channels - channel,
      .rs = image->stride_w * image->ws * from_bytes,
      .ks = image->cs * from_bytes,
      .width = step * job->panel,
  };
  ck_pack_panel(job, &part);
}

// Whether some place of the kernel lies outside the image.
static bool touches_padding(const ck_image *image, const ck_pixels *run) {
  const int64_t row = run->p * image->stride_h - image->pad_top, column = run->q * image->stride_w - image->pad_left;
  const int64_t last_row = row + (image->kernel_rows - 1) * image->dilation_h;
  const int64_t last_column = column + (run->count - 1) * image->stride_w + (image->kernel_columns - 1) * image->dilation_w;
  return row < 0 || column < 0 || last_row >= image->height || last_column >= image->width;
}

void ck_pack_image_panel(const ck_pack_job *job, int64_t row, int64_t rows, char *destination) {
  const ck_image *image = job->image;
  const int64_t pixels = image->out_rows * image->out_columns;
  const size_t bytes = (size_t)(job->panel * job->k * ck_element_bytes(job->to));
  bool cleared = rows < job->panel;
  if (cleared) __builtin_memset(destination, 0, bytes);
  for (int64_t place = 0; place < rows;) {
    const int64_t pixel = (row + place) % pixels, q = pixel % image->out_columns;
    const ck_pixels run = {
        .image = (const char *)job->source + ck_image_place(image, (row + place) / pixels) * ck_element_bytes(job->from),
        .p = pixel / image->out_columns,
        .q = q,
        .count = ck_least(image->out_columns - q, rows - place),
        .place = place,
    };
    if (!cleared && touches_padding(image, &run)) {
      // What the runs before have written is written again: it is rare that only a later one is at the edge.
      __builtin_memset(destination, 0, bytes);
      cleared = true;
      place = 0;
      continue;
    }
    for (int64_t d = 0; d < image->kernel_slices; d++)
      for (int64_t r = 0; r < image->kernel_rows; r++)
        for (int64_t s = 0; s < image->kernel_columns; s++) pack_place(job, &run, d, r, s, destination);
    place += run.count;
  }
}
