#include "epilogue/epilogue.h"

#include "pack/panel.h"
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

static void store(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_finished *tile, double alpha,
                  double beta) {
  const ck_finishers *finishers = finishers_of(plan->isa);
  if (plan->c_type == CK_F32) finishers->f32(plan, operands, tile, alpha, beta);
  else if (plan->c_type == CK_BF16) finishers->bf16(plan, operands, tile, alpha, beta);
  else finishers->f64(plan, operands, tile, alpha, beta);
}

// Block by block through L1: along a row, what is written would lie a stride apart, often in one set of the cache.
static void store_turned(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_finished *tile, double alpha,
                         double beta) {
  _Alignas(64) double turned[CK_MAX_MR * CK_MAX_NR];
  for (int64_t i = 0; i < tile->rows; i += CK_MAX_MR)
    for (int64_t j = 0; j < tile->columns; j += CK_MAX_NR) {
      const int64_t rows = ck_least(tile->rows - i, CK_MAX_MR), columns = ck_least(tile->columns - j, CK_MAX_NR);
      const ck_pack_job job = {
          .source = (const char *)tile->sums + (i * tile->sums_rs + j) * ck_element_bytes(plan->acc_type),
          .destination = turned,
          .rows = rows,
          .k = columns,
          .rs = tile->sums_rs,
          .ks = 1,
          .panel = (int32_t)rows,
          .kr = 1,
          .from = plan->acc_type,
          .to = plan->acc_type,
          .isa = plan->isa,
      };
      ck_pack(&job);
      const ck_finished block = {.sums = turned,
                                 .sums_rs = rows,
                                 .row = tile->column + j,
                                 .column = tile->row + i,
                                 .rows = columns,
                                 .columns = rows,
                                 .turned = true};
      store(plan, operands, &block, alpha, beta);
    }
}

void ck_epilogue_turn(const ck_gemm_plan *plan, void *c, const ck_finished *tile) {
  const int64_t bytes = ck_element_bytes(plan->c_type);
  const ck_pack_job job = {.kr = 1, .from = plan->c_type, .to = plan->c_type, .isa = plan->isa};
  const ck_panel panel = {
      .source = tile->sums,
      .destination = (char *)c + (tile->row + tile->column * plan->c_cs) * bytes,
      .live = tile->rows,
      .k = tile->columns,
      .rs = tile->sums_rs * bytes,
      .ks = bytes,
      .width = plan->c_cs,
  };
  ck_pack_panel(&job, &panel);
}

// bf16 whose rows are apart as well: rounding one by one takes longest, so a block is rounded as it lies, by whole vectors.
static void turn_rounded(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_finished *tile, double alpha) {
  _Alignas(64) uint16_t rounded[CK_MAX_MR * CK_MAX_NR];
  const int64_t sum_bytes = ck_element_bytes(plan->acc_type);
  ck_gemm_plan by_rows = *plan;
  by_rows.c_cs = 1;
  for (int64_t i = 0; i < tile->rows; i += CK_MAX_MR)
    for (int64_t j = 0; j < tile->columns; j += CK_MAX_NR) {
      const int64_t rows = ck_least(tile->rows - i, CK_MAX_MR), columns = ck_least(tile->columns - j, CK_MAX_NR);
      const int64_t row = tile->row + i, column = tile->column + j;
      ck_gemm_operands of_block = {.c = rounded};
      if (plan->epilogue.bias != CK_BIAS_NONE)
        of_block.bias = (const char *)operands->bias + (plan->epilogue.bias == CK_BIAS_PER_ROW ? row : column) * sum_bytes;
      const char *sums = (const char *)tile->sums + (i * tile->sums_rs + j) * sum_bytes;
      const ck_finished block = {.sums = sums, .sums_rs = tile->sums_rs, .rows = rows, .columns = columns};
      by_rows.c_rs = columns;
      store(&by_rows, &of_block, &block, alpha, 0);
      uint16_t *to = (uint16_t *)operands->c + row * plan->c_rs + column * plan->c_cs;
      for (int64_t x = 0; x < columns; x++)
        for (int64_t y = 0; y < rows; y++) to[x * plan->c_cs + y * plan->c_rs] = rounded[y * columns + x];
    }
}

/// Whether elements along a row of C share sets of L1, so that they had better be written column by column.
static bool shares_sets(const ck_gemm_plan *plan) { return plan->c_cs * ck_element_bytes(plan->c_type) % 1024 == 0; }

void ck_epilogue_store(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_finished *tile, double alpha,
                       double beta) {
  enum { whole_vectors = 16 };
  const bool is_near_along_rows = plan->c_cs != 1 && plan->c_rs < plan->c_cs && tile->rows > 1,
             is_wide = tile->columns >= whole_vectors;
  const bool reads = beta != 0 || plan->epilogue.adds_residual;
  if (is_near_along_rows && plan->c_rs == 1) store_turned(plan, operands, tile, alpha, beta);
  else if (is_near_along_rows && is_wide && plan->c_type == CK_BF16 && !reads) turn_rounded(plan, operands, tile, alpha);
  else if (is_near_along_rows && is_wide && shares_sets(plan)) store_turned(plan, operands, tile, alpha, beta);
  else store(plan, operands, tile, alpha, beta);
}
