// The micro-kernels of AVX512_BF16: bf16 operands as the instruction takes them, fp32 sums.
//
// vdpbf16ps adds two products to a sum without rounding the products; it rounds to nearest even and treats subnormal inputs and
// results as zero, whatever MXCSR says (Intel SDM, VDPBF16PS).
#if defined(__x86_64__)
#include "ukernels/rows.h"
#include "isa/avx512bf16.h"

#define CK_DEPTH depth_pair_bf16
#define CK_DEPTHS depths_pair_bf16
#define CK_BODY pair_bf16
#define CK_FINISH finish_pair_bf16
#define CK_STORE store_pair_bf16
#define CK_REPEAT repeat_pair_bf16
#define CK_TILE tile_pair_bf16
#define CK_COPYING copying_pair_bf16
#define CK_WIDE wide_pair_bf16
#define CK_AXPYF axpyf_pair_bf16
#define CK_IN ck_native_bf16
#define CK_GROUP ck_native_pair
#define CK_ACC float
#define CK_VEC ck_vf
#define CK_NARROW ck_native_bf16
#define CK_FOLDS CK_ISA_FOLDS
#define CK_HALVES CK_ISA_HALVES
#define CK_JOINS 1
#include "ukernels/outer.h"

#define CK_BODY dot_bf16
#define CK_TILE tile_dot_bf16
#define CK_IN ck_native_bf16
#define CK_ACC float
#define CK_VEC ck_vf
#define CK_NARROW ck_native_bf16
#define CK_STEP (int64_t) CK_VPAIRS_ELEMENTS
#include "ukernels/dot.h"

#define CK_AVX512BF16(family, type, mr, nr) CK_ROW_FUNCTION(family, type, mr, nr, avx512bf16)
#include "ukernels/ukernels.def"
#include "isa/end.h"
#endif
