// The bodies over an ISA's own vectors: fp32 and fp64 by multiply-add, and bf16 widened to fp32 as it is read (exact products).

#define CK_DEPTH depth_outer_f32
#define CK_DEPTHS depths_outer_f32
#define CK_BODY outer_f32
#define CK_FINISH finish_outer_f32
#define CK_STORE store_outer_f32
#define CK_REPEAT repeat_outer_f32
#define CK_TILE tile_outer_f32
#define CK_COPYING copying_outer_f32
#define CK_WIDE wide_outer_f32
#define CK_AXPYF axpyf_outer_f32
#define CK_IN float
#define CK_GROUP float
#define CK_ACC float
#define CK_VEC ck_vf
#define CK_NARROW uint16_t
#define CK_FOLDS CK_ISA_FOLDS
#define CK_HALVES CK_ISA_HALVES
#include "ukernels/outer.h"

#define CK_DEPTH depth_outer_f64
#define CK_DEPTHS depths_outer_f64
#define CK_BODY outer_f64
#define CK_FINISH finish_outer_f64
#define CK_STORE store_outer_f64
#define CK_REPEAT repeat_outer_f64
#define CK_TILE tile_outer_f64
#define CK_COPYING copying_outer_f64
#define CK_WIDE wide_outer_f64
#define CK_AXPYF axpyf_outer_f64
#define CK_IN double
#define CK_GROUP double
#define CK_ACC double
#define CK_VEC ck_vd
#define CK_FOLDS CK_ISA_FOLDS
#include "ukernels/outer.h"

#define CK_BODY dot_f32
#define CK_TILE tile_dot_f32
#define CK_IN float
#define CK_ACC float
#define CK_VEC ck_vf
#define CK_NARROW uint16_t
#define CK_STEP (int64_t)(sizeof(ck_vf) / sizeof(float))
#include "ukernels/dot.h"

#define CK_BODY dot_bf16
#define CK_TILE tile_dot_bf16
#define CK_IN uint16_t
#define CK_ACC float
#define CK_VEC ck_vf
#define CK_NARROW uint16_t
#define CK_STEP (int64_t)(sizeof(ck_vf) / sizeof(float))
#include "ukernels/dot.h"
