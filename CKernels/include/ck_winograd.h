// Winograd's transforms of 3x3 convolution (winograd/): F(m x m, 3 x 3), of tiles of m x m outputs for m = 2, 4 and 6, and F(3 x
// 3, m x m), of the gradient of the weights. A tile has (m + 2)^2 points, and a product at each takes the place of the sums over
// the kernel or over the tile.
#pragma once
#include "ck_types.h"

/// Along one axis: the most points, and of one pass over tiles side by side the most outputs.
enum { CK_MOST_POINTS = 8, CK_MOST_STRIP = 48 };

/// Tiles side by side, of (m + 2)^2 inputs or m^2 gradients of outputs, each m columns on from the last, and where their points
/// go: those of tile t at point i, the channels adjacent, begin `i * point + t * tile` on. Channels are filled up to whole
/// vectors with zeros.
typedef struct ck_winograd_tiles {
  const void *rows[CK_MOST_POINTS]; ///< column 0 of the first tile, which may lie before the image; NULL: padding
  int64_t pixel;                    ///< elements from column to column
  int64_t first, end;               ///< columns in the image; the others are padding
  int64_t tiles, channels;
  float *points;
  int64_t point, tile;
} ck_winograd_tiles;

/// The sums at the points of tiles, lying as above, and where their results go: m^2 outputs, or 9 weights; of weights the sums of
/// several parts, added up.
typedef struct ck_winograd_sums {
  const float *points;
  int64_t point, tile;
  int64_t parts, part; ///< of weights: how many, and from one to the next
  float *results;
  int64_t row, pixel, step; ///< elements from row to row, from column to column, from tile to tile; channels are adjacent
  int64_t rows, columns;    ///< that exist: of one row of tiles, of all of them side by side
  int64_t tiles, channels;
} ck_winograd_sums;

/// Weights whose places r, s of the kernel lie `(3 * r + s) * place` on, and their points i, which go `i * point` on: so many
/// floats of each, whole vectors.
typedef struct ck_winograd_weights {
  const float *weights;
  int64_t place;
  float *points;
  int64_t point, count;
} ck_winograd_weights;

typedef void (*ck_winograd_tiles_fn)(const ck_winograd_tiles *);

/// The transforms of one m.
typedef struct ck_winograd {
  int32_t outputs, lanes; ///< m; floats of a vector
  struct ck_winograd_by_type {
    ck_winograd_tiles_fn f32, bf16;
  } inputs, gradients; ///< bf16 is widened
  void (*weights)(const ck_winograd_weights *);
  void (*outputs_of)(const ck_winograd_sums *);
  void (*weights_of)(const ck_winograd_sums *);
} ck_winograd;

/// By the instructions of `isa`; NULL for another m than 2, 4, 6.
const ck_winograd *ck_winograd_of(ck_isa isa, int32_t outputs);
