// The body of the epilogue, included once per type of C.
//
//   CK_TILE  name   CK_ROW  name of its row type   CK_ACC  type of the sums and the bias   CK_OUT  element of C in memory

/// One row of a tile, or a piece of it.
typedef struct CK_ROW {
  const CK_ACC *sums, *bias; // bias: one per column, or NULL
  const CK_OUT *residual;    // as C lies, or NULL
  CK_OUT *c;
  CK_ACC *values; // where what isn't finished goes
  int64_t columns, c_cs;
  CK_ACC alpha, beta, scale, bias_of_row, lower, upper;
} CK_ROW;

/// Element `j`, but for the activation and the clamp.
OVERLOAD CK_ACC linear(const CK_ROW *r, int64_t j, int64_t step, const bool reads_c, const bool by_column, const bool adds) {
  CK_ACC value = r->sums[j] * r->alpha;
  if (reads_c) value += r->beta * from_memory(r->c[j * step]);
  value = value * r->scale + (by_column ? r->bias[j] : r->bias_of_row);
  return adds ? value + from_memory(r->residual[j * step]) : value;
}

// C adjacent along N, which the compiler turns into vectors. What there is to read is known when it is compiled: a vector that is
// masked away costs more than a hundred cycles where its address is none.
OVERLOAD void finish(const CK_ROW *r, const bool reads_c, const bool by_column, const bool adds, const bool ends) {
  // What is written is read at the same place only: the sums may be C itself.
#pragma clang loop vectorize(assume_safety) interleave_count(2)
  for (int64_t j = 0; j < r->columns; j++) {
    const CK_ACC value = linear(r, j, 1, reads_c, by_column, adds);
    if (ends) to_memory(&r->c[j], within(value, r->lower, r->upper));
    else r->values[j] = value;
  }
}
OVERLOAD void finish(const CK_ROW *r, const bool reads_c, const bool by_column, const bool ends) {
  if (r->residual) finish(r, reads_c, by_column, true, ends);
  else finish(r, reads_c, by_column, false, ends);
}
OVERLOAD void finish(const CK_ROW *r, const bool reads_c, const bool ends) {
  if (r->bias) finish(r, reads_c, true, ends);
  else finish(r, reads_c, false, ends);
}

OVERLOAD void finish(const CK_ROW *r, const bool ends) {
  if (r->c_cs == 1) {
    if (r->beta != 0) finish(r, true, ends);
    else finish(r, false, ends);
    return;
  }
#pragma clang loop vectorize(disable)
  for (int64_t j = 0; j < r->columns; j++) {
    const CK_ACC value = linear(r, j, r->c_cs, r->beta != 0, r->bias, r->residual);
    if (ends) to_memory(&r->c[j * r->c_cs], within(value, r->lower, r->upper));
    else r->values[j] = value;
  }
}

/// Row `i` of the tile, with all that the epilogue has to add.
OVERLOAD CK_ROW row_of(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_finished *t, int64_t i, CK_ROW row) {
  const ck_epilogue *e = &plan->epilogue;
  const int64_t place = place_of_row(plan, t, i);
  const ck_bias along = t->turned ? CK_BIAS_PER_ROW : CK_BIAS_PER_COLUMN;
  row.sums = (const CK_ACC *)t->sums + i * t->sums_rs;
  row.c = (CK_OUT *)operands->c + place;
  row.columns = t->columns;
  if (e->bias == along) row.bias = (const CK_ACC *)operands->bias + t->column;
  else if (e->bias != CK_BIAS_NONE) row.bias_of_row = ((const CK_ACC *)operands->bias)[t->row + i];
  if (e->adds_residual) row.residual = (const CK_OUT *)operands->residual + place;
  return row;
}

// As many rows as fit are activated at once: a row of a tile is only a few vectors.
OVERLOAD void finish_activated(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_finished *t, CK_ROW row) {
  enum { room = 512 };
  _Alignas(64) CK_ACC values[room];
  CK_ROW last = {.alpha = 1, .scale = 1, .c_cs = row.c_cs, .lower = row.lower, .upper = row.upper};
  for (int64_t j = 0; j < t->columns; j += room) {
    ck_finished part = *t;
    part.sums = (const CK_ACC *)t->sums + j;
    part.column += j;
    part.columns = ck_least(t->columns - j, room);
    const int64_t rows = room / part.columns;
    for (int64_t i = 0; i < t->rows; i += rows) {
      const int64_t end = ck_least(i + rows, t->rows), count = (end - i) * part.columns;
      for (int64_t line = i; line < end; line++) {
        row = row_of(plan, operands, &part, line, row);
        row.values = values + (line - i) * part.columns;
        finish(&row, false);
      }
      activate(values, count, plan->epilogue.activation);
      for (int64_t line = i; line < end; line++) {
        last.columns = part.columns;
        last.sums = values + (line - i) * part.columns;
        last.c = (CK_OUT *)operands->c + place_of_row(plan, &part, line);
        finish(&last, true);
      }
    }
  }
}

static void CK_TILE(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_finished *t, double alpha, double beta) {
  const ck_epilogue *e = &plan->epilogue;
  CK_ROW row = {
      .c_cs = stride_along_row(plan, t),
      .alpha = (CK_ACC)alpha,
      .beta = (CK_ACC)beta,
      .scale = (CK_ACC)e->scale,
      .lower = (CK_ACC)e->lower,
      .upper = (CK_ACC)e->upper,
  };
  if (e->activation != CK_ACT_NONE) {
    finish_activated(plan, operands, t, row);
    return;
  }
  for (int64_t i = 0; i < t->rows; i++) {
    row = row_of(plan, operands, t, i, row);
    finish(&row, true);
  }
}

#undef CK_TILE
#undef CK_ROW
#undef CK_ACC
#undef CK_OUT
