// Epilogues by AVX-512.
#if defined(__x86_64__)
#include "isa/avx512.h"

#define CK_SET avx512
#include "epilogue/finishers.h"
#include "isa/end.h"
#endif
