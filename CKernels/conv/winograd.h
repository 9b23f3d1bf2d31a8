// Winograd's algorithm: what its parts share.
#pragma once
#include "ck_winograd.h"
#include "conv/band.h"

/// Worked out once a call. Elements are fp32.
typedef struct ck_winograd_sizes {
  const ck_winograd *transforms;
  int64_t points;                  ///< of a tile
  int64_t tile_rows, tile_columns; ///< of an image
  int64_t tiles, blocks;           ///< of all images
  int64_t panels;                  ///< of a group's output channels
  int64_t depth, input_point;      ///< of inputs: elements from tile to tile, from point to point
  int64_t panel_point, panel;      ///< of weights: from point to point of a panel, from panel to panel
  int64_t width, sum_point;        ///< of sums: from tile to tile, from point to point
} ck_winograd_sizes;

ck_winograd_sizes ck_winograd_sizes_of(const ck_conv_plan *plan);

/// Tiles side by side: of one row of tiles of an image.
typedef struct ck_strip {
  int64_t image, row, column, tiles;
} ck_strip;

/// Those from `tile` on, at most `most`, in a block that ends with `end`.
ck_strip ck_strip_from(const ck_winograd_sizes *sizes, int64_t tile, int64_t end, int64_t most);

/// Elements that the making of points takes beside them: of weights, the taps of a panel; of inputs, rows that are copied.
int64_t ck_winograd_taps(const ck_conv_plan *plan);
int64_t ck_winograd_copies(const ck_conv_plan *plan, const ck_winograd_sizes *sizes);

/// Makes the points of one panel of a group's weights; `weights`: where the plan's begin.
void ck_winograd_make_panel(const ck_conv_plan *plan, const ck_winograd_sizes *sizes, const void *weights, int64_t panel,
                            int64_t group, float *taps, float *points);

/// Makes the points of the inputs of tiles [tile, end) of a group.
void ck_winograd_make_inputs(const ck_conv_plan *plan, const ck_winograd_sizes *sizes, const void *input, int64_t group,
                             int64_t tile, int64_t end, float *copies, float *points);
