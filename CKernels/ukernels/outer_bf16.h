// The family `outer` over bf16 where it lies: A and B widened to fp32 as they are read. For the instruction sets that have rows
// of it.

#define CK_DEPTH depth_outer_bf16
#define CK_DEPTHS depths_outer_bf16
#define CK_BODY outer_bf16
#define CK_FINISH finish_outer_bf16
#define CK_STORE store_outer_bf16
#define CK_REPEAT repeat_outer_bf16
#define CK_TILE tile_outer_bf16
#define CK_COPYING copying_outer_bf16
#define CK_WIDE wide_outer_bf16
#define CK_AXPYF axpyf_outer_bf16
#define CK_IN uint16_t
#define CK_GROUP uint16_t
#define CK_ACC float
#define CK_VEC ck_vf
#define CK_NARROW uint16_t
#define CK_HALVES CK_ISA_HALVES
#include "ukernels/outer.h"
