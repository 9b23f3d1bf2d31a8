#include "winograd/table.h"

const ck_winograd *ck_winograd_of(ck_isa isa, int32_t outputs) {
  if (outputs != 2 && outputs != 4 && outputs != 6) return 0;
  const int32_t row = outputs / 2 - 1;
#if defined(__x86_64__)
  if (isa >= CK_ISA_AVX512) return &ck_winograd_avx512[row];
  if (isa >= CK_ISA_AVX2) return &ck_winograd_avx2[row];
#endif
  (void)isa;
  return &ck_winograd_baseline[row];
}
