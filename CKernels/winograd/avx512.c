// Winograd's transforms by AVX-512.
#if defined(__x86_64__)
#include "winograd/table.h"
#include "isa/avx512.h"

#define CK_SET avx512
#include "winograd/transforms.h"
#include "isa/end.h"
#endif
