// Winograd's transforms of 3x3 convolution, F(m x m, 3 x 3) for m = 2, 4 and 6 (winograd/). A tile of m x m outputs depends on
// (m + 2) x (m + 2) inputs, of which its points are made; a product at each point takes the place of the sum over the kernel.
#pragma once
#include "ck_types.h"

/// Along one axis: the most points, and of one pass over tiles side by side the most outputs.
enum { CK_MOST_POINTS = 8, CK_MOST_STRIP = 48 };

/// Tiles side by side, and where the points of their inputs go: those of tile t at point i, the channels adjacent, begin
/// `i * point + t * tile` on. Channels are filled up to whole vectors with zeros.
typedef struct ck_winograd_inputs {
  const void *rows[CK_MOST_POINTS]; ///< column 0 of the first tile, which may lie before the image; NULL: padding
  int64_t pixel;                    ///< elements from column to column
  int64_t first, end;               ///< columns in the image; the others are padding
  int64_t tiles, channels;
  float *points;
  int64_t point, tile;
} ck_winograd_inputs;

/// The sums at the points of tiles side by side, lying as above, and where the outputs go.
typedef struct ck_winograd_outputs {
  const float *points;
  int64_t point, tile;
  float *outputs;
  int64_t row, pixel;    ///< elements from output row to row, from column to column; channels are adjacent
  int64_t rows, columns; ///< that exist: of one row of tiles, of all of them side by side
  int64_t tiles, channels;
} ck_winograd_outputs;

/// Weights whose places r, s of the kernel lie `(3 * r + s) * place` on, and their points i, which go `i * point` on: so many
/// floats of each, whole vectors.
typedef struct ck_winograd_weights {
  const float *weights;
  int64_t place;
  float *points;
  int64_t point, count;
} ck_winograd_weights;

/// The transforms of one m. Inputs of fp32 and, widened, of bf16.
typedef struct ck_winograd {
  int32_t outputs, lanes; ///< m; floats of a vector
  void (*inputs_f32)(const ck_winograd_inputs *);
  void (*inputs_bf16)(const ck_winograd_inputs *);
  void (*weights)(const ck_winograd_weights *);
  void (*sums)(const ck_winograd_outputs *);
} ck_winograd;

/// By the instructions of `isa`; NULL for another m than 2, 4, 6.
const ck_winograd *ck_winograd_of(ck_isa isa, int32_t outputs);
