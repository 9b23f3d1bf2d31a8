// The micro-kernels of SSE2.
#if defined(__x86_64__)
#include "ukernels/depthwise_rows.h"
#include "ukernels/rows.h"
#include "isa/sse2.h"

#define CK_TILE_ROWS 1
#define CK_STRIP_ROWS 4
#include "ukernels/depthwise_bodies.h"
#include "ukernels/fp32_fp64_bf16.h"

#define CK_SSE2(family, type, mr, nr) CK_ROW_FUNCTION(family, type, mr, nr, sse2)
#include "ukernels/ukernels.def"

#define CK_SSE2(channels, type) CK_DEPTHWISE_FUNCTION(channels, type, sse2)
#include "ukernels/depthwise.def"
CK_NARROW_FUNCTION(sse2)
#include "isa/end.h"
#endif
