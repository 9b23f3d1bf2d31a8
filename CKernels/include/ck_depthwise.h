// The contract of a depthwise micro-kernel and the table of all of them (depthwise/depthwise.def): sums go over no channels, or
// over the few of a narrow group, so that there is nothing to multiply as matrices.
#pragma once
#include "ck_types.h"

typedef enum ck_channels : int32_t {
  CK_CHANNELS_LAST = 0,  ///< vectors run along the channels: one weight for each
  CK_CHANNELS_FIRST = 1, ///< vectors run along a row of one channel's image: one weight for all
} ck_channels;

/// One direction of an image: outputs 0 ..< outputs, of which output o meets input `first + o * stride + t * dilation` with tap
/// t.
///
/// Inputs outside 0 ..< inputs are padding and are not read. `in`, `out`, `w`: elements from one to the next of the input, the
/// output and the weights.
typedef struct ck_span {
  int64_t outputs, inputs, taps;
  int64_t first, stride, dilation;
  int64_t in, out, w;
} ck_span;

/// A block of outputs: out[c][p][q] = sum over taps r of `down` and s of `across` of w[c][r][s] * in[c][input of (p, r)][input of
/// (q, s)].
///
/// Or of its weights' gradient, which is added to: w[c][r][s] += sum over outputs (p, q) of gradient[c][p][q] * in[c][...],
/// likewise. Where an operand is infinite or NaN, all of its channel's, or its group's, may become NaN.
///
/// Of a row whose groups have more than one channel, w[c][i][r][s] times the group's i-th input channel is summed over i as well;
/// channels lie last, and there are whole vectors of them. A gradient of a group has three taps across.
///
/// Pointers are to input (0, 0), tap (0, 0) and output (0, 0) of the first channel. Channels last: a channel is one element on in
/// each. Channels first: `across.in` is 1.
typedef struct ck_block {
  ck_span down, across;
  int64_t channels, in_channel, out_channel, w_channel;
  int64_t w_member; ///< from the weights of one input channel of a group to those of the next
  int64_t abreast;  ///< channels last: vectors of channels whose tiles at one place follow each other; up to 1: each goes alone
  bool asks;        ///< of several: the input lies beyond the caches, so that tiles ask for what the one below meets
  bool asks_for_outputs; ///< of several: for the outputs of the one below
} ck_block;

/// `in`, `w`: of the row's input type; `out`: sums in fp32.
typedef void (*ck_depthwise_fn)(const ck_block *block, const void *in, const void *w, float *out);

/// The same of bf16, whose outputs are rounded to bf16 as they are stored.
typedef void (*ck_depthwise_narrow_fn)(const ck_block *block, const void *in, const void *w, uint16_t *out);

typedef struct ck_depthwise {
  const char *name;
  ck_channels channels;
  int32_t group; ///< input and output channels of a group: 1, 4 or 8
  ck_isa isa;
  ck_dtype in;   ///< of input and weights; bf16 is widened as it is read
  int32_t lanes; ///< outputs in a vector
  ck_depthwise_fn run;
  ck_depthwise_fn run_gradient; ///< `w`: the output's gradient, of the row's input type; `out`: sums of the weights' gradient in
                                ///< fp32, which lie as the block says of weights. NULL: none
  ck_depthwise_narrow_fn run_narrow; ///< NULL: none
} ck_depthwise;

/// Every row compiled into this binary, usable here or not.
const ck_depthwise *ck_depthwise_kernels(int64_t *count);
