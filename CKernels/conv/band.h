// Bands: some rows of the input, copied as a driver's kernels want them.
#pragma once
#include "ck_conv.h"

/// Rows [first_row, end_row) of one image and group: what the output rows [first, end) read of it.
typedef struct ck_band {
  int64_t image, group;
  int64_t first, end;         ///< output rows
  int64_t first_row, end_row; ///< input rows, those in the padding left out, but not where rows are joined
} ck_band;

ck_band ck_band_of(const ck_conv_plan *plan, int64_t image, int64_t group, int64_t index);

/// The most input rows that any band has.
int64_t ck_band_most_rows(const ck_conv_plan *plan);

/// The outputs of a band and the input rows that are there as a depthwise kernel takes them; what lies between elements, and the
/// channels, are the caller's to add.
ck_block ck_band_block(const ck_conv_plan *plan, const ck_band *band);

/// One axis of a convolution.
typedef struct ck_axis {
  int64_t size, kernel, stride, dilation, pad;
} ck_axis;

ck_axis ck_rows_of(const ck_image *image);

/// Places of the kernel, along one axis, that meet the image for an output.
typedef struct ck_taps {
  int64_t first, count;
} ck_taps;

ck_taps ck_taps_of(const ck_axis *axis, int64_t output);

/// Where a copied row of the input goes: so many of its channels, of pixels of `width`, in `type`.
typedef struct ck_band_row {
  int64_t channels, width;
  ck_dtype type;
  char *to;
} ck_band_row;

/// Copies one row of the input, channels last, or of one channel, `band_columns` pixels: zeros where the padding is and for
/// missing channels.
void ck_band_copy_row(const ck_conv_plan *plan, const void *row, const ck_band_row *copy);

/// Copies the band's rows of all slices of the kernel, one slice after another, channels last, `band_columns` pixels each: zeros
/// where the padding is.
void ck_band_copy(const ck_conv_plan *plan, const ck_band *band, const void *input, void *destination);
