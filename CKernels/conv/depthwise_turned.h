// Depthwise convolution, and that of narrow groups, of images that lie channels first by the kernels whose vectors run along
// channels: rows of a vector of channels are turned round, in fp32, a band at a time.
#pragma once
#include "conv/conv.h"

/// Rows of a tensor, one after another in memory, of so many channels.
typedef struct ck_turned_rows {
  const void *from; ///< the first one of the first channel
  ck_dtype type;
  int64_t channel; ///< elements from channel to channel
  int64_t pixels, channels, lanes;
} ck_turned_rows;

/// Writes `pixels * lanes` floats: of each pixel its channels, then zeros.
void ck_turn_rows(const ck_conv_plan *plan, const ck_turned_rows *rows, float *to);
