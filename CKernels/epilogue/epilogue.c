#include "epilogue/epilogue.h"

#include "pack/units.h"

static const ck_finishers *finishers_of(ck_isa isa) {
#if defined(__x86_64__)
  if (isa >= CK_ISA_AVX512) return &ck_finishers_avx512;
  if (isa >= CK_ISA_AVX2) return &ck_finishers_avx2;
#endif
  (void)isa;
  return &ck_finishers_baseline;
}

void ck_fetch_tile(const ck_gemm_plan *plan, const void *matrix, const ck_finished *tile) {
  if (plan->c_cs != 1) return;
  enum { line = 64 };
  const int64_t bytes = ck_element_bytes(plan->c_type);
  for (int64_t i = 0; i < tile->rows; i++) {
    const char *row = (const char *)matrix + ((tile->row + i) * plan->c_rs + tile->column) * bytes;
    for (int64_t j = 0; j < tile->columns * bytes; j += line) __builtin_prefetch(row + j);
  }
}

void ck_epilogue_store(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_finished *tile, double alpha,
                       double beta) {
  const ck_finishers *finishers = finishers_of(plan->isa);
  if (plan->c_type == CK_F32) finishers->f32(plan, operands, tile, alpha, beta);
  else if (plan->c_type == CK_BF16) finishers->bf16(plan, operands, tile, alpha, beta);
  else finishers->f64(plan, operands, tile, alpha, beta);
}
