// The small pieces of packing: element sizes, rounding up, widening.
#pragma once
#include "ck_types.h"

static inline int64_t ck_element_bytes(ck_dtype type) { return type == CK_F64 ? 8 : type == CK_F32 ? 4 : 2; }

static inline int64_t ck_least(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t ck_most(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t ck_ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
static inline int64_t ck_round_up(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

/// The float whose upper half `bits` is.
static inline float ck_widened(uint16_t bits) {
  const uint32_t whole = (uint32_t)bits << 16;
  float value;
  __builtin_memcpy(&value, &whole, sizeof value);
  return value;
}
