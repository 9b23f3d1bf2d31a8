// The tiles of some output rows of a direct convolution, against one panel of weights.
#pragma once
#include "conv/band.h"
#include "conv/conv.h"
#include "conv/direct_workspace.h"

/// A call, and what follows from its plan.
typedef struct ck_direct_run {
  const ck_conv_plan *plan;
  const ck_conv_operands *operands;
  char *workspace;
  ck_direct_map map;
  int64_t panels, places, place_columns; ///< panels of a group; blocks of the sum; those in a row of the kernel
  int64_t depth;                         ///< of one block
  bool private_panels;
  _Atomic int64_t next[2]; ///< the next task of this step; steps take turns
} ck_direct_run;

/// A thread's own: the copied bands of some images, sums, and where the blocks of a tile begin in the input and in the weights.
typedef struct ck_own {
  int32_t thread;
  char *band, *sums;
  const void **pixels, **weights;
} ck_own;

/// Blocks of a sum in memory: that of place (0, 0, 0) of the kernel, and elements from slice to slice, row to row and column to
/// column.
typedef struct ck_blocks {
  const char *base;
  int64_t slice, row, column;
} ck_blocks;

/// An input as the tiles read it: channels adjacent, `pixel`, `row` and `slice` elements apart, its first column `left` columns
/// before the image's.
typedef struct ck_source {
  const char *base;
  int64_t slice, row, pixel, first_row, left;
} ck_source;

/// An output row of a panel: the rows of the kernel that meet the image, and where its first pixel and channel lie.
typedef struct ck_direct_row {
  int64_t p, channel;
  ck_taps taps;
  ck_gemm_operands operands;
} ck_direct_row;

/// Lists those of some rows of each slice; returns how many there are.
int64_t ck_direct_list_blocks(const ck_direct_run *run, const ck_blocks *blocks, ck_taps rows, const void **list);

/// The tiles of one row, of two rows by one tile each, or of all rows of a band, joined through the padding between them, from
/// row `p` on. `tile` and the thread's list have the panel's weights.
void ck_direct_run_row(const ck_direct_run *run, const ck_source *source, const ck_direct_row *row, ck_tile *tile,
                       const ck_own *own);
void ck_direct_run_pair(const ck_direct_run *run, const ck_source *source, const ck_direct_row *row, const ck_tile *tile,
                        const ck_own *own);
void ck_direct_run_joined(const ck_direct_run *run, const ck_source *source, const ck_direct_row *row, int64_t rows,
                          const ck_tile *tile, const ck_own *own);
