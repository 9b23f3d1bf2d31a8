// The gradient of the weights: its tasks, and how their tiles read the input and the output's gradient.
#pragma once
#include "conv/band.h"

/// A part of one group's weights.
typedef struct ck_part {
  int64_t group, channel, channels, panel, panels;
} ck_part;

/// Output rows [first, end) of some images, and the input rows that they meet.
typedef struct ck_rows {
  int64_t image, images, first, end, first_row, end_row;
} ck_rows;

/// An operand as tiles read it: where the first row of the first image is, bytes from image to image and from row to row.
typedef struct ck_view {
  const char *base;
  int64_t image, row;
} ck_view;

/// A thread's own.
typedef struct ck_scratch {
  const void **a, **b;
  char *planes, *staging, *gradient, *sums;
} ck_scratch;

/// The output columns that meet the input with column `s` of the kernel, and where the first of them does: bytes into a row.
typedef struct ck_met_columns {
  int64_t first, count, offset;
} ck_met_columns;

/// Bytes of a thread's copies of a band: of the input for so many channels, of one of its rows before it
/// is paired, of a panel of the output's gradient.
typedef struct ck_weights_copies {
  int64_t planes, staging, gradient;
} ck_weights_copies;

/// Elements from one channel of the input, as tiles read it by channel, to the next; from one pixel, as they read it else.
int64_t ck_weights_channel(const ck_conv_plan *plan);
int64_t ck_weights_pixel(const ck_conv_plan *plan, int64_t channels);

ck_weights_copies ck_weights_copies_of(const ck_conv_plan *plan, int64_t channels);

/// The input of a part: where it lies, or copied for this band.
ck_view ck_weights_input(const ck_conv_plan *plan, const void *input, const ck_part *part, const ck_rows *rows,
                         const ck_scratch *own);

/// One panel of the output's gradient: where it lies, or packed for this band.
ck_view ck_weights_gradient(const ck_conv_plan *plan, const void *gradient, const ck_part *part, const ck_rows *rows,
                            int64_t panel, const ck_scratch *own);

/// Columns of its packed panels: of few channels no more than whole vectors.
int64_t ck_weights_panel_width(const ck_conv_plan *plan);

/// Of column `s` of the kernel.
ck_met_columns ck_weights_met_by(const ck_conv_plan *plan, const ck_part *part, const ck_rows *rows, int64_t s);
