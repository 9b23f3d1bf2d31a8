// Packing by AVX2.
#if defined(__x86_64__)
#include "isa/avx2.h"

#define CK_SET avx2
#define CK_UNITS 8
#include "pack/movers.h"
#include "isa/end.h"
#endif
