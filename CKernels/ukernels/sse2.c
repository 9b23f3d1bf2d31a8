// The micro-kernels of SSE2.
#if defined(__x86_64__)
#include "ukernels/rows.h"
#include "isa/sse2.h"
#include "ukernels/fp32_fp64_bf16.h"

#define CK_SSE2(family, type, mr, nr) CK_ROW_FUNCTION(family, type, mr, nr, sse2)
#include "ukernels/ukernels.def"
#include "isa/end.h"
#endif
