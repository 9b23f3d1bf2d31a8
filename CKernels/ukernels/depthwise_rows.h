// What the depthwise micro-kernels of every ISA share: the names of their rows, and how they walk over a block.
#pragma once
#include "ck_depthwise.h"

#define CK_DEPTHWISE_NAME(channels, type, isa) ck_depthwise_##channels##_##type##_##isa
#define CK_DEPTHWISE_ARGUMENTS const ck_block *b, const void *in, const void *w, float *out

// A row, and the kernels that it chooses from: static functions whose names say type and instruction set too.
#define CK_DEPTHWISE_ROW(channels, type) row_##channels##_##type
#define CK_DEPTHWISE_KERNEL(kernel, type, isa) ck_##kernel##_##type##_##isa
#define CK_EXPANDED(macro, ...) macro(__VA_ARGS__)
#define CK_ROW(channels) CK_EXPANDED(CK_DEPTHWISE_ROW, channels, CK_TYPE)
#define CK_KERNEL_NAME(kernel) CK_EXPANDED(CK_DEPTHWISE_KERNEL, kernel, CK_TYPE, CK_ISA_NAME)

#define CK_DEPTHWISE_FUNCTION(channels, type, isa)                                                                               \
  void CK_DEPTHWISE_NAME(channels, type, isa)(CK_DEPTHWISE_ARGUMENTS);                                                           \
  void CK_DEPTHWISE_NAME(channels, type, isa)(CK_DEPTHWISE_ARGUMENTS) { row_##channels##_##type(b, in, w, out); }

/// Outputs summed at once, each a chain of multiply-adds of its own; and the most taps of a kernel that shares what it loads.
enum { CK_OUTPUTS = 4, CK_MOST_TAPS = 5 };

/// One of a block's directions: how many outputs lie in it, and how far apart.
typedef struct ck_direction {
  int64_t count, in, out;
} ck_direction;

/// A block with its directions named by what is done along them.
///
/// Channels last: lines are rows, outputs side by side are columns, vectors run along channels. Channels first: one line, outputs
/// side by side are rows, vectors run along columns. Taps `along` lie in the direction of the outputs side by side: where they
/// are as far apart as these, one loaded vector serves several outputs.
typedef struct ck_walk {
  bool last; ///< channels last: a weight for each lane
  ck_direction lines, outputs;
  int64_t lanes; ///< outputs along the vectors
} ck_walk;

static inline __attribute__((always_inline)) ck_walk ck_walk_last(const ck_block *b) {
  return (ck_walk){.last = true,
                   .lines = {b->rows, b->in_row, b->out_row},
                   .outputs = {b->columns, b->in_column, b->out_column},
                   .lanes = b->channels};
}

static inline __attribute__((always_inline)) ck_walk ck_walk_first(const ck_block *b) {
  return (ck_walk){.outputs = {b->rows, b->in_row, b->out_row}, .lines = {.count = 1}, .lanes = b->columns};
}

/// Where a step of `width` begins: the last one within `count` overlaps the one before, and writes the same again.
static inline __attribute__((always_inline)) int64_t ck_begin(int64_t at, int64_t width, int64_t count) {
  return at + width <= count ? at : count - width;
}

/// Whether the taps along the outputs are as far apart as the outputs.
static inline __attribute__((always_inline)) bool ck_shares(const ck_block *b, const ck_walk walk) {
  if (!walk.last) return b->tap_row == b->in_row;
  for (int64_t s = 1; s < b->kernel_columns; s++)
    if (b->taps[s] - b->taps[s - 1] != b->in_column) return false;
  return true;
}

/// One weight in fp32.
static inline __attribute__((always_inline, overloadable)) float ck_one(const float *w) { return *w; }
static inline __attribute__((always_inline, overloadable)) float ck_one(const uint16_t *w) {
  const uint32_t bits = (uint32_t)*w << 16;
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}
