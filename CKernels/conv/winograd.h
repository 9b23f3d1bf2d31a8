// Winograd's algorithm: what its drivers share.
#pragma once
#include "ck_winograd.h"
#include "conv/band.h"
#include "pack/units.h"

/// Floats of a line. What lies a multiple of some pages apart, as the points of a tile would, is moved by one: else all of it
/// would fall into one set of the caches.
enum { CK_LINE_FLOATS = 16 };

/// Bytes of so many floats, in whole lines.
static inline int64_t ck_float_bytes(int64_t count) { return ck_round_up(count * (int64_t)sizeof(float), CK_LINE); }

/// The tiles of a plan. Outputs a dilation apart meet pixels a dilation apart, as if they were an image of their own: a phase.
typedef struct ck_winograd_grid {
  const ck_winograd *transforms;
  int64_t points;                    ///< of a tile
  int64_t row_phases, column_phases; ///< of an image
  int64_t rows, columns;             ///< of tiles, of the largest phase
  int64_t tiles, blocks;             ///< of all images
} ck_winograd_grid;

ck_winograd_grid ck_winograd_grid_of(const ck_conv_plan *plan);

/// Floats from tile to tile of so many channels.
int64_t ck_winograd_depth(int64_t channels);

/// Tiles side by side: of one row of tiles of a phase of an image, which begins with row `row_phase` and column `column_phase`.
typedef struct ck_strip {
  int64_t image, row_phase, column_phase, row, column, tiles;
} ck_strip;

/// Those from `tile` on, at most `most`, in a block that ends with `end`.
ck_strip ck_strip_from(const ck_winograd_grid *grid, int64_t tile, int64_t end, int64_t most);

/// A tensor whose tiles become points: the input, or the gradient of the output.
typedef struct ck_winograd_view {
  const ck_conv_plan *plan; ///< whose input it is
  int64_t taps;             ///< along each axis of a tile
  struct ck_winograd_by_type transforms;
  int64_t depth, point; ///< floats from tile to tile, from point to point
} ck_winograd_view;

/// Floats of rows that are copied while points are made.
int64_t ck_winograd_copies(const ck_winograd_view *view, const ck_winograd_grid *grid);

/// Makes the points of tiles [tile, end) of a group: of each, the channels of one slice after those of another.
void ck_winograd_make_points(const ck_winograd_view *view, const ck_winograd_grid *grid, const void *tensor, int64_t group,
                             int64_t tile, int64_t end, float *copies, float *points);
