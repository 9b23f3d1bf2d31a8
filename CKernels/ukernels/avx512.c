// The micro-kernels of AVX-512.
#if defined(__x86_64__)
#include "ukernels/depthwise_rows.h"
#include "ukernels/rows.h"
#include "isa/avx512.h"

#define CK_TILE_ROWS 2
#define CK_STRIP_ROWS 7
#include "ukernels/depthwise_bodies.h"
#include "ukernels/fp32_fp64_bf16.h"
#include "ukernels/outer_bf16.h"

#define CK_AVX512(family, type, mr, nr) CK_ROW_FUNCTION(family, type, mr, nr, avx512)
#include "ukernels/ukernels.def"

#define CK_AVX512(channels, type) CK_DEPTHWISE_FUNCTION(channels, type, avx512)
#include "ukernels/depthwise.def"
CK_NARROW_FUNCTION(avx512)
#include "isa/end.h"
#endif
