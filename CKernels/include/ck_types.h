// Names shared by every room of the kernel library: element types, instruction sets, status codes.
#pragma once
#include <stdbool.h>
#include <stdint.h>

typedef enum ck_dtype : int32_t { CK_F32 = 0, CK_BF16 = 1, CK_F64 = 2 } ck_dtype;

/// Ordered: a machine that has a level has every level below it.
typedef enum ck_isa : int32_t {
  CK_ISA_SCALAR = 0,
  CK_ISA_SSE2 = 1,
  CK_ISA_AVX2 = 2,       ///< AVX2 and FMA
  CK_ISA_AVX512 = 3,     ///< AVX-512 F, VL, BW, DQ
  CK_ISA_AVX512BF16 = 4, ///< the same and AVX512_BF16
  CK_ISA_AMX = 5,        ///< the same, AMX-TILE and AMX-BF16
  CK_ISA_COUNT = 6,
} ck_isa;

typedef enum ck_status : int32_t {
  CK_OK = 0,
  CK_OUT_OF_MEMORY = 1, ///< the workspace could not be had; nothing was written
} ck_status;

/// Bytes of a line of the caches.
enum { CK_LINE = 64 };
