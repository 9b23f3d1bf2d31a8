#include "epilogue/epilogue.h"

static const ck_finishers *finishers_of(ck_isa isa) {
#if defined(__x86_64__)
  if (isa >= CK_ISA_AVX512) return &ck_finishers_avx512;
  if (isa >= CK_ISA_AVX2) return &ck_finishers_avx2;
#endif
  (void)isa;
  return &ck_finishers_baseline;
}

void ck_epilogue_store(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_finished *tile, double alpha,
                       double beta) {
  const ck_finishers *finishers = finishers_of(plan->isa);
  if (plan->c_type == CK_F32) finishers->f32(plan, operands, tile, alpha, beta);
  else if (plan->c_type == CK_BF16) finishers->bf16(plan, operands, tile, alpha, beta);
  else finishers->f64(plan, operands, tile, alpha, beta);
}
