// The body of the epilogue, included once per type of C.
//
//   CK_TILE  name   CK_ROW  name of its row type   CK_ACC  type of the sums and the bias   CK_OUT  element of C in memory

/// One row of a tile.
typedef struct CK_ROW {
  const CK_ACC *sums, *bias; // bias: one per column, or NULL
  CK_OUT *c;
  int64_t columns, c_cs;
  CK_ACC alpha, beta, scale, bias_of_row;
  bool relu;
} CK_ROW;

// `unit`: C adjacent along N, which the compiler turns into vectors.
OVERLOAD void finish(const CK_ROW *r, const bool unit, const bool reads_c, const bool by_column) {
  const int64_t step = unit ? 1 : r->c_cs;
  for (int64_t j = 0; j < r->columns; j++) {
    CK_ACC value = r->sums[j] * r->alpha;
    if (reads_c) value += r->beta * from_memory(r->c[j * step]);
    value = value * r->scale + (by_column ? r->bias[j] : r->bias_of_row);
    to_memory(&r->c[j * step], r->relu && value < 0 ? (CK_ACC)0 : value); // NaN passes
  }
}

static void CK_TILE(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_finished *t, double alpha, double beta) {
  const ck_epilogue *e = &plan->epilogue;
  const CK_ACC *bias = operands->bias;
  CK_ROW r = {
      .columns = t->columns,
      .c_cs = plan->c_cs,
      .alpha = (CK_ACC)alpha,
      .beta = (CK_ACC)beta,
      .scale = (CK_ACC)e->scale,
      .relu = e->activation == CK_ACT_RELU,
  };
  if (e->bias == CK_BIAS_PER_COLUMN) r.bias = bias + t->column;
  for (int64_t i = 0; i < t->rows; i++) {
    r.sums = (const CK_ACC *)t->sums + i * t->sums_rs;
    r.c = (CK_OUT *)operands->c + (t->row + i) * plan->c_rs + t->column * plan->c_cs;
    if (e->bias == CK_BIAS_PER_ROW) r.bias_of_row = bias[t->row + i];
    if (plan->c_cs != 1) finish(&r, false, r.beta != 0, r.bias != 0);
    else if (r.beta != 0) finish(&r, true, true, r.bias != 0);
    else if (r.bias != 0) finish(&r, true, false, true);
    else finish(&r, true, false, false);
  }
}

#undef CK_TILE
#undef CK_ROW
#undef CK_ACC
#undef CK_OUT
