// The contract of a depthwise micro-kernel and the table of all of them (ukernels/depthwise.def): no sum goes over channels, so
// there is nothing to multiply as matrices.
#pragma once
#include "ck_types.h"

typedef enum ck_channels : int32_t {
  CK_CHANNELS_LAST = 0,  ///< vectors run along the channels: one weight for each
  CK_CHANNELS_FIRST = 1, ///< vectors run along a row of one channel's image: one weight for all
} ck_channels;

/// A block of outputs: out[p][q][c] = sum over r < kernel_rows, s < kernel_columns of w[r][s][c] * in[p][q][r][s][c].
///
/// Strides are in elements. Channels last: channel c is c elements on, in input, weights and output. Channels first: `channels`
/// is 1, and column q + 1 is one element on in input and output (`in_column`, `out_column` are 1). Padding has been put round the
/// input.
typedef struct ck_block {
  int64_t kernel_rows, kernel_columns;
  int64_t rows, columns, channels; ///< of outputs
  int64_t in_row, in_column;       ///< from the input of one output to that of the next
  int64_t tap_row;                 ///< from one row of the kernel to the next, in the input
  const int64_t *taps;             ///< [kernel_columns]: from the first column of the kernel to each, in the input
  int64_t out_row, out_column;
  int64_t w_row, w_column; ///< of the weights
} ck_block;

/// `in`, `w`: of the row's input type; `out`: sums in fp32.
typedef void (*ck_depthwise_fn)(const ck_block *block, const void *in, const void *w, float *out);

typedef struct ck_depthwise {
  const char *name;
  ck_channels channels;
  ck_isa isa;
  ck_dtype in;   ///< of input and weights; bf16 is widened as it is read
  int32_t lanes; ///< outputs in a vector
  ck_depthwise_fn run;
} ck_depthwise;

/// Every row compiled into this binary, usable here or not.
const ck_depthwise *ck_depthwise_kernels(int64_t *count);
