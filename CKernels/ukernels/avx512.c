// The micro-kernels of AVX-512.
#if defined(__x86_64__)
#include "ukernels/rows.h"
#include "isa/avx512.h"
#include "ukernels/fp32_fp64_bf16.h"
#include "ukernels/outer_bf16.h"

#define CK_AVX512(family, type, mr, nr) CK_ROW_FUNCTION(family, type, mr, nr, avx512)
#include "ukernels/ukernels.def"
#include "isa/end.h"
#endif
