// The depthwise bodies over an ISA's own vectors: fp32, and bf16 widened as it is read.

#define CK_BODY depthwise_f32
#define CK_WALK walk_depthwise_f32
#define CK_TYPE f32
#define CK_IN float
#include "ukernels/depthwise.h"

#define CK_BODY depthwise_bf16
#define CK_WALK walk_depthwise_bf16
#define CK_TYPE bf16
#define CK_IN uint16_t
#include "ukernels/depthwise.h"
