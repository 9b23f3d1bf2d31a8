// What the depthwise micro-kernels of every ISA share: the names of their rows, and how they walk over a block.
#pragma once
#include "ck_depthwise.h"
#include "isa/unroll.h"

#define CK_DEPTHWISE_NAME(channels, type, isa) ck_depthwise_##channels##_##type##_##isa
#define CK_DEPTHWISE_ARGUMENTS const ck_block *b, const void *in, const void *w, float *out
#define CK_NARROW_NAME(channels, isa) ck_depthwise_##channels##_bf16_narrow_##isa
#define CK_NARROW_ARGUMENTS const ck_block *b, const void *in, const void *w, uint16_t *out
#define CK_GRADIENT_NAME(channels, type, isa) ck_depthwise_gradient_row_##channels##_##type##_##isa

// Static functions, whose names say type and instruction set too.
#define CK_DEPTHWISE_STATIC(name, type, isa) ck_depthwise_##name##_##type##_##isa
#define CK_EXPANDED(macro, ...) macro(__VA_ARGS__)
#define CK_NAME(name) CK_EXPANDED(CK_DEPTHWISE_STATIC, name, CK_TYPE, CK_ISA_NAME)

#define CK_DEPTHWISE_FUNCTION(channels, type, isa)                                                                               \
  void CK_DEPTHWISE_NAME(channels, type, isa)(CK_DEPTHWISE_ARGUMENTS);                                                           \
  void CK_DEPTHWISE_NAME(channels, type, isa)(CK_DEPTHWISE_ARGUMENTS) {                                                          \
    CK_EXPANDED(CK_DEPTHWISE_STATIC, row_##channels, type, CK_ISA_NAME)(b, in, w, out);                                          \
  }                                                                                                                              \
  void CK_GRADIENT_NAME(channels, type, isa)(CK_DEPTHWISE_ARGUMENTS);                                                            \
  void CK_GRADIENT_NAME(channels, type, isa)(CK_DEPTHWISE_ARGUMENTS) {                                                           \
    CK_EXPANDED(CK_DEPTHWISE_STATIC, gradient_##channels, type, CK_ISA_NAME)(b, in, w, out);                                     \
  }

#define CK_NARROW_FUNCTION(channels, isa)                                                                                        \
  void CK_NARROW_NAME(channels, isa)(CK_NARROW_ARGUMENTS);                                                                       \
  void CK_NARROW_NAME(channels, isa)(CK_NARROW_ARGUMENTS) {                                                                      \
    CK_EXPANDED(CK_DEPTHWISE_STATIC, row_##channels, bf16_narrow, CK_ISA_NAME)(b, in, w, out);                                   \
  }

/// Taps of a row that the kernels of groups know.
enum { CK_MOST_GROUPED_TAPS = 3 };

/// Columns of a micro-tile, channels last: 7 divides the images of most networks; of small images 3. Where there are 32
/// registers, a tile has two rows (CK_TILE_ROWS). Channels first, vectors one above the other (CK_STRIP_ROWS): 7 in 32 registers,
/// else 4. Of the weights, 9 fit beside these sums in 32 registers; those of 5x5, and some of 3x3 in 16, are read from the stack.
enum { CK_TILE_COLUMNS = 7, CK_FEW_COLUMNS = 3 };

/// Of a row, in the kernels that know how many there are.
enum { CK_MOST_TAPS = 7 };

typedef struct ck_tile_size {
  int rows, columns;
} ck_tile_size;

/// Asks for lines, `row` and `column` bytes apart. A call, so that tiles that don't ask keep all registers.
static __attribute__((noinline, unused)) void ck_ask_for(uintptr_t from, uintptr_t row, uintptr_t column, int rows, int columns) {
  for (int y = 0; y < rows; y++)
    for (int x = 0; x < columns; x++) __builtin_prefetch((const void *)(from + (uintptr_t)y * row + (uintptr_t)x * column));
}

/// What a walk over channels last is made for. `taps` of 0 stands for any, and tiles of one output.
typedef struct ck_walk {
  ck_tile_size tile;
  int taps, stride;
  bool square;  ///< rows of taps alike
  bool abreast; ///< several vectors of channels, of which tiles may ask for what comes next
} ck_walk;

/// What the square kernels are made for; in `ANY` taps, strides and dilations are read from the block.
typedef enum ck_pattern { CK_ANY_TAPS, CK_TAPS3_STRIDE1, CK_TAPS3_STRIDE2, CK_TAPS5_STRIDE1, CK_TAPS5_STRIDE2 } ck_pattern;

static inline ck_pattern ck_pattern_of(const ck_block *b) {
  const ck_span *down = &b->down, *across = &b->across;
  const int64_t taps = down->taps, stride = down->stride;
  if (across->taps != taps || across->stride != stride || down->dilation != 1 || across->dilation != 1) return CK_ANY_TAPS;
  if (taps == 3 && stride == 1) return CK_TAPS3_STRIDE1;
  if (taps == 3 && stride == 2) return CK_TAPS3_STRIDE2;
  if (taps == 5 && stride == 1) return CK_TAPS5_STRIDE1;
  if (taps == 5 && stride == 2) return CK_TAPS5_STRIDE2;
  return CK_ANY_TAPS;
}

/// The inputs, counted from the first one of a tile, that its outputs meet: those in the image.
typedef struct ck_met {
  int64_t begin, end;
} ck_met;

static inline __attribute__((always_inline)) bool ck_meets(ck_met met, int64_t input) {
  return __builtin_expect(input >= met.begin && input < met.end, 1);
}

/// How a tile lies in one direction of a block.
typedef struct ck_side {
  int64_t outputs; ///< so many of the tile's are in the block
  int64_t first;   ///< input of the first output with the first tap; may be in the padding
  ck_met met;
} ck_side;

static inline __attribute__((always_inline)) ck_side ck_side_of(const ck_span *span, int64_t output, int64_t most) {
  ck_side side = {.outputs = span->outputs - output < most ? span->outputs - output : most};
  side.first = span->first + output * span->stride;
  const int64_t reach = (side.outputs - 1) * span->stride + (span->taps - 1) * span->dilation + 1;
  const int64_t left = span->inputs - side.first;
  side.met = (ck_met){side.first < 0 ? -side.first : 0, left < reach ? left : reach};
  return side;
}

/// Whether every output meets an input: then only the outermost `taps - 1` inputs of a tile can be padding.
static inline bool ck_all_meet(const ck_span *span) {
  const int64_t last = span->first + (span->outputs - 1) * span->stride;
  return span->first + (span->taps - 1) * span->dilation >= 0 && last < span->inputs;
}

/// Where a step of `width` begins: the last one within `count` overlaps the one before.
static inline __attribute__((always_inline)) int64_t ck_begin(int64_t at, int64_t width, int64_t count) {
  return at + width <= count ? at : count - width;
}

/// One weight in fp32.
static inline __attribute__((always_inline, overloadable)) float ck_one(const float *w) { return *w; }
static inline __attribute__((always_inline, overloadable)) float ck_one(const uint16_t *w) {
  const uint32_t bits = (uint32_t)*w << 16;
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}
