// What finishes tiles, included once per instruction set between the begin and the end of its target.
//
//   CK_SET  the instruction set, which ends the names
#include "epilogue/epilogue.h"
#include "isa/set.h"
#include "pack/units.h"

#define OVERLOAD static inline __attribute__((always_inline, overloadable))

OVERLOAD float from_memory(float value) { return value; }
OVERLOAD double from_memory(double value) { return value; }
OVERLOAD float from_memory(uint16_t bf16) { return ck_widened(bf16); }

OVERLOAD void to_memory(float *c, float value) { *c = value; }
OVERLOAD void to_memory(double *c, double value) { *c = value; }
// Round to nearest, ties to even; NaN stays NaN, made quiet.
OVERLOAD void to_memory(uint16_t *c, float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  const uint32_t rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
  *c = (uint16_t)(value != value ? (bits >> 16) | 0x40 : rounded);
}

/// Where a tile begins in C.
OVERLOAD int64_t place_of(const ck_gemm_plan *plan, const ck_finished *t) {
  return t->turned ? t->column * plan->c_rs + t->row * plan->c_cs : t->row * plan->c_rs + t->column * plan->c_cs;
}

#include "epilogue/activations.h"

#define CK_TILE CK_NAME(finish_f32)
#define CK_ROWS finish_f32_rows
#define CK_ACC float
#define CK_OUT float
#include "epilogue/tile.h"

#define CK_TILE CK_NAME(finish_bf16)
#define CK_ROWS finish_bf16_rows
#define CK_ACC float
#define CK_OUT uint16_t
#include "epilogue/tile.h"

#define CK_TILE CK_NAME(finish_f64)
#define CK_ROWS finish_f64_rows
#define CK_ACC double
#define CK_OUT double
#include "epilogue/tile.h"

const ck_finishers CK_NAME(ck_finishers) = {CK_NAME(finish_f32), CK_NAME(finish_bf16), CK_NAME(finish_f64)};
