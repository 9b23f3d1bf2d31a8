// Epilogues by AVX2.
#if defined(__x86_64__)
#include "isa/avx2.h"

#define CK_SET avx2
#include "epilogue/finishers.h"
#include "isa/end.h"
#endif
