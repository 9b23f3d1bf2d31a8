// The matrix that im2col makes: a row for each output pixel of all images, a column for each depth (r, s, c), written out whole
// (Chellapilla, Puri, Simard, "High Performance Convolutional Neural Networks for Document Processing", IWFHR 2006, section 3.1).
// It takes as much more memory as the kernel has places, but a product over it knows no rows of pixels: short ones fill tiles,
// and as depths of a gradient of weights they fill the steps of tile registers.
#include "ck_team.h"
#include "conv/band.h"
#include "conv/conv.h"
#include "pack/units.h"

typedef struct ck_im2col_run {
  const ck_conv_plan *plan;
  const char *input;
  char *to;
} ck_im2col_run;

static int64_t group_rows(const ck_conv_plan *plan) { return plan->images * plan->image.out_rows; }

static int64_t row_bytes(const ck_conv_plan *plan) {
  return plan->image.out_columns * plan->im2col_stride * ck_element_bytes(plan->gemm.a_type);
}

int64_t ck_im2col_group_bytes(const ck_conv_plan *plan) { return group_rows(plan) * row_bytes(plan); }

/// The channels of all places of one row of the kernel, for one pixel: `row`, of the input, is NULL in the padding.
static void copy_places(const ck_image *in, const char *row, int64_t start, const ck_taps *taps, int64_t bytes, char *to) {
  const int64_t place = in->channels * bytes, end = taps->first + taps->count;
  const int64_t first = row ? taps->first : in->kernel_columns;
  __builtin_memset(to, 0, (size_t)(first * place));
  if (!row) return;
  const char *from = row + (start + first * in->dilation_w) * in->ws * bytes;
  if (in->dilation_w == 1 && in->ws == in->channels) {
    __builtin_memcpy(to + first * place, from, (size_t)(taps->count * place));
  } else {
    for (int64_t s = 0; s < taps->count; s++)
      __builtin_memcpy(to + (first + s) * place, from + s * in->dilation_w * in->ws * bytes, (size_t)place);
  }
  __builtin_memset(to + end * place, 0, (size_t)((in->kernel_columns - end) * place));
}

/// The patches of one row of pixels of one image and group.
static void copy_row(const ck_im2col_run *run, int64_t group, int64_t image, int64_t p, char *to) {
  const ck_conv_plan *plan = run->plan;
  const ck_image *in = &plan->image;
  const int64_t bytes = ck_element_bytes(plan->gemm.a_type), place = in->kernel_columns * in->channels * bytes;
  const char *base = run->input + (group * plan->layout.in_gs + ck_image_place(in, image)) * bytes;
  const ck_axis columns = {in->width, in->kernel_columns, in->stride_w, in->dilation_w, in->pad_left};
  for (int64_t q = 0; q < in->out_columns; q++) {
    const ck_taps taps = ck_taps_of(&columns, q);
    for (int64_t r = 0; r < in->kernel_rows; r++) {
      const int64_t y = p * in->stride_h + r * in->dilation_h - in->pad_top;
      const char *row = y >= 0 && y < in->height && taps.count > 0 ? base + y * in->hs * bytes : NULL;
      copy_places(in, row, q * in->stride_w - in->pad_left, &taps, bytes, to + r * place);
    }
    to += plan->im2col_stride * bytes;
  }
}

static void run_thread(void *context, int32_t thread, int32_t threads) {
  const ck_im2col_run *run = context;
  const ck_conv_plan *plan = run->plan;
  const int64_t of_group = group_rows(plan), rows = plan->groups * of_group;
  for (int64_t row = rows * thread / threads; row < rows * (thread + 1) / threads; row++) {
    const int64_t in_group = row % of_group, of_image = plan->image.out_rows;
    copy_row(run, row / of_group, in_group / of_image, in_group % of_image, run->to + row * row_bytes(plan));
  }
}

void ck_im2col(const ck_conv_plan *plan, ck_team team, const void *input, void *to) {
  ck_im2col_run run = {plan, input, to};
  ck_team_run(team, run_thread, &run);
}
