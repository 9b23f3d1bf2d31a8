// Packing by AVX-512.
#if defined(__x86_64__)
#include "isa/avx512.h"

#define CK_SET avx512
#define CK_UNITS 16
#include "pack/movers.h"
#include "isa/end.h"
#endif
