// The body of the epilogue, included once per type of C.
//
//   CK_TILE  name   CK_ROWS  type of its rows   CK_ACC  type of the sums and the bias   CK_OUT  element of C in memory

/// Rows of a tile, or a piece of them.
typedef struct CK_ROWS {
  const CK_ACC *sums, *bias, *bias_of_rows; // bias: one per column, or NULL; one per row, or NULL
  const CK_OUT *residual;                   // as C lies, or NULL
  CK_OUT *c;
  CK_ACC *values; // where what isn't finished goes, row by row
  int64_t rows, columns, sums_rs, c_rs, c_cs;
  CK_ACC alpha, beta, scale, lower, upper;
} CK_ROWS;

/// Row `i` of them.
OVERLOAD CK_ROWS row_of(const CK_ROWS *r, int64_t i) {
  CK_ROWS row = *r;
  row.sums += i * r->sums_rs;
  row.c += i * r->c_rs;
  if (r->residual) row.residual += i * r->c_rs;
  if (r->values) row.values += i * r->columns;
  return row;
}

/// Element `j` of a row, but for the activation and the clamp.
OVERLOAD CK_ACC linear(const CK_ROWS *r, int64_t j, int64_t step, CK_ACC bias, const bool reads_c, const bool adds) {
  CK_ACC value = r->sums[j] * r->alpha;
  if (reads_c) value += r->beta * from_memory(r->c[j * step]);
  value = value * r->scale + bias;
  return adds ? value + from_memory(r->residual[j * step]) : value;
}

// C adjacent along N, which the compiler turns into vectors. What there is to read is known when it is compiled, and once for all
// rows: a row of a tile is only a few vectors (to find it out for each took a third of the time), and a vector that is masked
// away costs more than a hundred cycles where its address is none.
OVERLOAD void finish(const CK_ROWS *r, const bool reads_c, const bool by_column, const bool adds, const bool ends) {
  for (int64_t i = 0; i < r->rows; i++) {
    const CK_ROWS row = row_of(r, i);
    const CK_ACC bias = r->bias_of_rows ? r->bias_of_rows[i] : 0;
    // What is written is read at the same place only: the sums may be C itself.
#pragma clang loop vectorize(assume_safety) interleave_count(2)
    for (int64_t j = 0; j < row.columns; j++) {
      const CK_ACC value = linear(&row, j, 1, by_column ? row.bias[j] : bias, reads_c, adds);
      if (ends) to_memory(&row.c[j], within(value, row.lower, row.upper));
      else row.values[j] = value;
    }
  }
}
OVERLOAD void finish(const CK_ROWS *r, const bool reads_c, const bool by_column, const bool ends) {
  if (r->residual) finish(r, reads_c, by_column, true, ends);
  else finish(r, reads_c, by_column, false, ends);
}
OVERLOAD void finish(const CK_ROWS *r, const bool reads_c, const bool ends) {
  if (r->bias) finish(r, reads_c, true, ends);
  else finish(r, reads_c, false, ends);
}

OVERLOAD void finish(const CK_ROWS *r, const bool ends) {
  if (r->c_cs == 1) {
    if (r->beta != 0) finish(r, true, ends);
    else finish(r, false, ends);
    return;
  }
  for (int64_t i = 0; i < r->rows; i++) {
    const CK_ROWS row = row_of(r, i);
    const CK_ACC bias = r->bias_of_rows ? r->bias_of_rows[i] : 0;
#pragma clang loop vectorize(disable)
    for (int64_t j = 0; j < row.columns; j++) {
      const CK_ACC value = linear(&row, j, row.c_cs, row.bias ? row.bias[j] : bias, row.beta != 0, row.residual);
      if (ends) to_memory(&row.c[j * row.c_cs], within(value, row.lower, row.upper));
      else row.values[j] = value;
    }
  }
}

/// All rows of the tile, with all that the epilogue has to add.
OVERLOAD CK_ROWS rows_of(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_finished *t, CK_ROWS rows) {
  const ck_epilogue *e = &plan->epilogue;
  const int64_t place = place_of(plan, t);
  const ck_bias along = t->turned ? CK_BIAS_PER_ROW : CK_BIAS_PER_COLUMN;
  rows.sums = (const CK_ACC *)t->sums;
  rows.sums_rs = t->sums_rs;
  rows.c = (CK_OUT *)operands->c + place;
  rows.rows = t->rows, rows.columns = t->columns;
  if (e->bias == along) rows.bias = (const CK_ACC *)operands->bias + t->column;
  else if (e->bias != CK_BIAS_NONE) rows.bias_of_rows = (const CK_ACC *)operands->bias + t->row;
  if (e->adds_residual) rows.residual = (const CK_OUT *)operands->residual + place;
  return rows;
}

// As many rows as fit are activated at once.
OVERLOAD void finish_activated(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_finished *t, CK_ROWS rows) {
  enum { room = 512 };
  _Alignas(64) CK_ACC values[room];
  for (int64_t j = 0; j < t->columns; j += room) {
    ck_finished part = *t;
    part.column += j;
    part.columns = ck_least(t->columns - j, room);
    for (int64_t i = 0; i < t->rows; i += part.rows) {
      part.sums = (const CK_ACC *)t->sums + i * t->sums_rs + j;
      part.row = t->row + i;
      part.rows = ck_least(room / part.columns, t->rows - i);
      rows = rows_of(plan, operands, &part, rows);
      rows.values = values;
      finish(&rows, false);
      activate(values, part.rows * part.columns, plan->epilogue.activation);
      const CK_ROWS last = {
          .sums = values,
          .c = rows.c,
          .rows = part.rows,
          .columns = part.columns,
          .sums_rs = part.columns,
          .c_rs = rows.c_rs,
          .c_cs = rows.c_cs,
          .alpha = 1,
          .scale = 1,
          .lower = rows.lower,
          .upper = rows.upper,
      };
      finish(&last, true);
    }
  }
}

static void CK_TILE(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_finished *t, double alpha, double beta) {
  const ck_epilogue *e = &plan->epilogue;
  CK_ROWS rows = {
      .c_rs = t->turned ? plan->c_cs : plan->c_rs,
      .c_cs = t->turned ? plan->c_rs : plan->c_cs,
      .alpha = (CK_ACC)alpha,
      .beta = (CK_ACC)beta,
      .scale = (CK_ACC)e->scale,
      .lower = (CK_ACC)e->lower,
      .upper = (CK_ACC)e->upper,
  };
  if (e->activation != CK_ACT_NONE) {
    finish_activated(plan, operands, t, rows);
    return;
  }
  rows = rows_of(plan, operands, t, rows);
  finish(&rows, true);
}

#undef CK_TILE
#undef CK_ROWS
#undef CK_ACC
#undef CK_OUT
