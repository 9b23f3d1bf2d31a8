// Headroom as a contestant of the peer benchmark: its C interface behind that of peer_abi.h. Products, and what concerns all
// calls.
#include <stdlib.h>

#include "headroom.h"
#include "peer_abi.h"
#include "threads.h"

int threads_of_every_call = 1;

void peer_set_num_threads(int n) { threads_of_every_call = n; }

const char *peer_version(void) { return "Headroom " HR_VERSION; }

/// The strides of an operand: `by_columns` where its columns are adjacent.
static hr_strides strides(int by_columns, int64_t leading) {
  return by_columns ? (hr_strides){.row = 1, .column = leading} : (hr_strides){.row = leading, .column = 1};
}

static inline __attribute__((always_inline)) int describe(hr_gemm_desc *desc, const peer_gemm_desc *d) {
  if (hr_gemm_desc_init(desc, sizeof *desc, d->m, d->n, d->k) != HR_OK) return 1;
  desc->a = strides(d->layout != d->ta, d->lda);
  desc->b = strides(d->layout != d->tb, d->ldb);
  desc->c = strides(d->layout, d->ldc);
  desc->input_type = d->dtype == PEER_F32 ? HR_F32 : HR_BF16;
  desc->output_type = d->dtype == PEER_BF16 ? HR_BF16 : HR_F32;
  desc->batch = (hr_batch){.count = d->batch, .a = d->stride_a, .b = d->stride_b, .c = d->stride_c};
  desc->options.threads = threads_of_every_call;
  return 0;
}

/// The interface passes no counts: they are those that the descriptor needs.
static int64_t count(int64_t rows, int64_t columns, hr_strides s, int64_t batch, int64_t stride) {
  return (rows - 1) * s.row + (columns - 1) * s.column + (batch - 1) * stride + 1;
}

static hr_gemm_operands operands(const hr_gemm_desc *d, const void *a, const void *b, void *c) {
  return (hr_gemm_operands){
      .size = sizeof(hr_gemm_operands),
      .a = {a, count(d->m, d->k, d->a, d->batch.count, d->batch.a)},
      .b = {b, count(d->k, d->n, d->b, d->batch.count, d->batch.b)},
      .c = {c, count(d->m, d->n, d->c, d->batch.count, d->batch.c)},
  };
}

/// Inlined, so that `d` stays in registers: copied from memory, several members at once, it would wait for the stores before it.
static inline __attribute__((always_inline)) int multiply(const peer_gemm_desc *d, const void *a, const void *b, void *c) {
  hr_gemm_desc desc;
  if (describe(&desc, d)) return 1;
  const hr_gemm_operands o = operands(&desc, a, b, c);
  return hr_gemm(&desc, &o) != HR_OK;
}

int peer_gemm(int dtype, int layout, int ta, int tb, int64_t m, int64_t n, int64_t k, const void *a, int64_t lda, const void *b,
              int64_t ldb, void *c, int64_t ldc) {
  const peer_gemm_desc d = {dtype, layout, ta, tb, m, n, k, lda, ldb, ldc, .batch = 1};
  return multiply(&d, a, b, c);
}

int peer_gemm_batch_strided(int dtype, int layout, int ta, int tb, int64_t m, int64_t n, int64_t k, const void *a, int64_t lda,
                            int64_t stride_a, const void *b, int64_t ldb, int64_t stride_b, void *c, int64_t ldc,
                            int64_t stride_c, int64_t batch) {
  const peer_gemm_desc d = {dtype, layout, ta, tb, m, n, k, lda, ldb, ldc, batch, stride_a, stride_b, stride_c};
  return multiply(&d, a, b, c);
}

typedef struct plan {
  hr_gemm_desc desc;
  hr_gemm_plan *plan;
} plan;

void *peer_gemm_plan(const peer_gemm_desc *d) {
  plan *p = malloc(sizeof *p);
  if (!p) return NULL;
  if (describe(&p->desc, d) || hr_gemm_plan_create(&p->desc, &p->plan) != HR_OK) {
    free(p);
    return NULL;
  }
  return p;
}

int peer_gemm_execute(void *handle, const void *a, const void *b, void *c) {
  const plan *p = handle;
  const hr_gemm_operands o = operands(&p->desc, a, b, c);
  return hr_gemm_plan_execute(p->plan, &o, NULL, 0) != HR_OK;
}

/// B packed ahead, with the plan of the last call: the interface names the size of A with each.
typedef struct packed {
  hr_packed *panels;
  plan last;
  int64_t m, lda;
  int ta;
} packed;

void *peer_gemm_pack_b(int dtype, int tb, int64_t n, int64_t k, const void *b, int64_t ldb) {
  const peer_gemm_desc d = {dtype, 0, 0, tb, 2, n, k, k, ldb, n, .batch = 1};
  hr_gemm_desc desc;
  packed *p = calloc(1, sizeof *p);
  if (!p) return NULL;
  if (!describe(&desc, &d)) {
    const hr_buffer elements = {b, count(k, n, desc.b, 1, 0)};
    if (hr_gemm_pack(&desc, HR_SIDE_B, &elements, &p->panels) == HR_OK) return p;
  }
  free(p);
  return NULL;
}

int peer_gemm_packed(int dtype, int ta, int64_t m, int64_t n, int64_t k, const void *a, int64_t lda, const void *packed_b,
                     void *c, int64_t ldc) {
  packed *p = (packed *)packed_b;
  if (!p->last.plan || p->m != m || p->lda != lda || p->ta != ta) {
    const peer_gemm_desc d = {dtype, 0, ta, 0, m, n, k, lda, n, ldc, .batch = 1};
    hr_gemm_plan_destroy(p->last.plan);
    p->last.plan = NULL;
    if (describe(&p->last.desc, &d) || hr_gemm_plan_create_packed(&p->last.desc, NULL, p->panels, &p->last.plan) != HR_OK)
      return 1;
    p->m = m, p->lda = lda, p->ta = ta;
  }
  hr_gemm_operands o = operands(&p->last.desc, a, NULL, c);
  o.b = (hr_buffer){NULL, 0};
  return hr_gemm_plan_execute(p->last.plan, &o, NULL, 0) != HR_OK;
}

void peer_gemm_free_packed(void *handle) {
  packed *p = handle;
  hr_gemm_plan_destroy(p->last.plan);
  hr_packed_destroy(p->panels);
  free(p);
}

void peer_gemm_plan_destroy(void *handle) {
  plan *p = handle;
  hr_gemm_plan_destroy(p->plan);
  free(p);
}
