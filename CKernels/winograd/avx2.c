// Winograd's transforms by AVX2.
#if defined(__x86_64__)
#include "winograd/table.h"
#include "isa/avx2.h"

#define CK_SET avx2
#include "winograd/transforms.h"
#include "isa/end.h"
#endif
