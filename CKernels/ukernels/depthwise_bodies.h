// The depthwise bodies over an ISA's own vectors: fp32, and bf16 widened as it is read.

enum { CK_LANES = sizeof(ck_vf) / sizeof(float) };

#define CK_TYPE f32
#define CK_IN float
#include "ukernels/depthwise_first.h"
#include "ukernels/depthwise_last.h"
#include "ukernels/depthwise_gradient.h"
#undef CK_TYPE
#undef CK_IN

#define CK_TYPE bf16
#define CK_IN uint16_t
#include "ukernels/depthwise_first.h"
#include "ukernels/depthwise_last.h"
#include "ukernels/depthwise_gradient.h"
#undef CK_TYPE
#undef CK_IN
