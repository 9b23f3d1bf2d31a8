// The table of depthwise micro-kernels as data: depthwise.def, once to declare the functions and once for the rows.
#include <stddef.h>

#include "depthwise/rows.h"

#define CK_DECLARE(channels, type, isa)                                                                                          \
  void CK_DEPTHWISE_NAME(channels, type, isa)(CK_DEPTHWISE_ARGUMENTS);                                                           \
  void CK_GRADIENT_NAME(channels, type, isa)(CK_DEPTHWISE_ARGUMENTS);                                                            \
  void CK_NARROW_NAME(channels, isa)(CK_NARROW_ARGUMENTS);
#define CK_SCALAR(channels, type) CK_DECLARE(channels, type, scalar)
#define CK_SSE2(channels, type) CK_DECLARE(channels, type, sse2)
#define CK_AVX2(channels, type) CK_DECLARE(channels, type, avx2)
#define CK_AVX512(channels, type) CK_DECLARE(channels, type, avx512)
#include "depthwise/depthwise.def"

enum {
  channels_last = CK_CHANNELS_LAST,
  channels_first = CK_CHANNELS_FIRST,
  channels_grouped4 = CK_CHANNELS_LAST,
  channels_grouped8 = CK_CHANNELS_LAST,
};
enum { group_last = 1, group_first = 1, group_grouped4 = 4, group_grouped8 = 8 };
enum { type_f32 = CK_F32, type_bf16 = CK_BF16 };

#define CK_NARROW_last_bf16(isa) CK_NARROW_NAME(last, isa)
#define CK_NARROW_grouped4_bf16(isa) CK_NARROW_NAME(grouped4, isa)
#define CK_NARROW_grouped8_bf16(isa) CK_NARROW_NAME(grouped8, isa)
#define CK_NARROW_last_f32(isa) NULL
#define CK_NARROW_grouped4_f32(isa) NULL
#define CK_NARROW_grouped8_f32(isa) NULL
#define CK_NARROW_first_bf16(isa) NULL
#define CK_NARROW_first_f32(isa) NULL

#define CK_TABLE_ROW(order, type, isa_name, level, lanes_)                                                                       \
  {                                                                                                                              \
      .name = "depthwise_" #order "_" #type "_" #isa_name,                                                                       \
      .channels = channels_##order,                                                                                              \
      .group = group_##order,                                                                                                    \
      .isa = level,                                                                                                              \
      .in = type_##type,                                                                                                         \
      .lanes = lanes_,                                                                                                           \
      .run = CK_DEPTHWISE_NAME(order, type, isa_name),                                                                           \
      .run_gradient = CK_GRADIENT_NAME(order, type, isa_name),                                                                   \
      .run_narrow = CK_NARROW_##order##_##type(isa_name),                                                                        \
  },
static const ck_depthwise rows[] = {
#define CK_SCALAR(channels, type) CK_TABLE_ROW(channels, type, scalar, CK_ISA_SCALAR, 1)
#define CK_SSE2(channels, type) CK_TABLE_ROW(channels, type, sse2, CK_ISA_SSE2, 4)
#define CK_AVX2(channels, type) CK_TABLE_ROW(channels, type, avx2, CK_ISA_AVX2, 8)
#define CK_AVX512(channels, type) CK_TABLE_ROW(channels, type, avx512, CK_ISA_AVX512, 16)
#include "depthwise/depthwise.def"
};

const ck_depthwise *ck_depthwise_kernels(int64_t *count) {
  *count = sizeof rows / sizeof rows[0];
  return rows;
}
