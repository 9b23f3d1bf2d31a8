// The table as data: ukernels.def, once to declare the functions and once for the rows.
#include "ukernels/rows.h"

#define CK_DECLARE(family, type, mr, nr, isa) void CK_ROW_NAME(family, type, mr, nr, isa)(CK_TILE_ARGUMENTS);
#define CK_SCALAR(family, type, mr, nr) CK_DECLARE(family, type, mr, nr, scalar)
#define CK_SSE2(family, type, mr, nr) CK_DECLARE(family, type, mr, nr, sse2)
#define CK_AVX2(family, type, mr, nr) CK_DECLARE(family, type, mr, nr, avx2)
#define CK_AVX512(family, type, mr, nr) CK_DECLARE(family, type, mr, nr, avx512)
#define CK_AVX512BF16(family, type, mr, nr) CK_DECLARE(family, type, mr, nr, avx512bf16)
#define CK_AMX(family, type, mr, nr) CK_DECLARE(family, type, mr, nr, amx)
#include "ukernels/ukernels.def"

enum {
  family_outer = CK_OUTER,
  family_pair = CK_PAIR,
  family_dot = CK_DOT, // by their names in the table
  family_matrix = CK_MATRIX,
  kr_outer = 1,
  kr_pair = 2,
  kr_dot = 1,
  kr_matrix = 2,
  a_kr_outer = 1,
  a_kr_pair = 2,
  a_kr_dot = 1,
  a_kr_matrix = CK_TILE_DEPTH,
  packed_b_outer = false,
  packed_b_pair = true,
  packed_b_dot = false,
  packed_b_matrix = true,
};
#define TYPES_f32 .a = CK_F32, .b = CK_F32, .acc = CK_F32, .c = CK_F32
#define TYPES_f64 .a = CK_F64, .b = CK_F64, .acc = CK_F64, .c = CK_F64
#define TYPES_bf16 .a = CK_BF16, .b = CK_BF16, .acc = CK_F32, .c = CK_F32

#define CK_TABLE_ROW(kind, type, rows_, columns, isa_name, level)                                                                \
  {                                                                                                                              \
      .name = #kind "_" #type "_" #rows_ "x" #columns "_" #isa_name,                                                             \
      .family = family_##kind,                                                                                                   \
      .isa = level,                                                                                                              \
      TYPES_##type,                                                                                                              \
      .mr = rows_,                                                                                                               \
      .nr = columns,                                                                                                             \
      .kr = kr_##kind,                                                                                                           \
      .a_kr = a_kr_##kind,                                                                                                       \
      .packed_b = packed_b_##kind,                                                                                               \
      .run = CK_ROW_NAME(kind, type, rows_, columns, isa_name),                                                                  \
  },
static const ck_ukernel rows[] = {
#define CK_SCALAR(family, type, mr, nr) CK_TABLE_ROW(family, type, mr, nr, scalar, CK_ISA_SCALAR)
#define CK_SSE2(family, type, mr, nr) CK_TABLE_ROW(family, type, mr, nr, sse2, CK_ISA_SSE2)
#define CK_AVX2(family, type, mr, nr) CK_TABLE_ROW(family, type, mr, nr, avx2, CK_ISA_AVX2)
#define CK_AVX512(family, type, mr, nr) CK_TABLE_ROW(family, type, mr, nr, avx512, CK_ISA_AVX512)
#define CK_AVX512BF16(family, type, mr, nr) CK_TABLE_ROW(family, type, mr, nr, avx512bf16, CK_ISA_AVX512BF16)
#define CK_AMX(family, type, mr, nr) CK_TABLE_ROW(family, type, mr, nr, amx, CK_ISA_AMX)
#include "ukernels/ukernels.def"
};

const ck_ukernel *ck_ukernels(int64_t *count) {
  *count = sizeof rows / sizeof rows[0];
  return rows;
}
