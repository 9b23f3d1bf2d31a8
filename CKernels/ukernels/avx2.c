// The micro-kernels of AVX2 with FMA.
#if defined(__x86_64__)
#include "ukernels/rows.h"
#include "isa/avx2.h"
#include "ukernels/fp32_fp64_bf16.h"
#include "ukernels/outer_bf16.h"

#define CK_AVX2(family, type, mr, nr) CK_ROW_FUNCTION(family, type, mr, nr, avx2)
#include "ukernels/ukernels.def"
#include "isa/end.h"
#endif
