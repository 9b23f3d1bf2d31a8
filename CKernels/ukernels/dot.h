// The body of the family `dot`, included once per type and ISA; CK_BODY, CK_TILE, CK_IN, CK_ACC, CK_VEC as in outer.h, CK_NARROW
// too, and
//
//   CK_STEP  elements of K in one vector of CK_IN
//
// Vectorised along K, which is adjacent in both operands: for a few rows against a transposed B (a layer applied to a few tokens)
// nothing needs packing. Each element is one vector of partial sums over k, then one fixed tree of additions, whatever the tile.

/// One step along K: `CK_STEP` depths, or the first few of them.
CK_INLINE void CK_BODY(CK_VEC sum[CK_MAX_MR][CK_MAX_VECTORS], const CK_IN *a, int64_t a_rs, const CK_IN *b, int64_t b_cs,
                       const int rows, const int columns, const bool whole, ck_mask tail) {
  typeof(ck_load(a)) row[CK_MAX_MR];
  CK_EACH (i, rows) row[i] = whole ? ck_load(a + i * a_rs) : ck_load_first(a + i * a_rs, tail);
  CK_EACH (j, columns) {
    const typeof(row[0]) column = whole ? ck_load(b + j * b_cs) : ck_load_first(b + j * b_cs, tail);
    CK_EACH (i, rows) sum[i][j] = ck_madd(sum[i][j], row[i], column);
  }
}

CK_SPECIALIZED void CK_BODY(CK_TILE_ARGUMENTS, const int rows, const int columns) {
  CK_VEC sum[CK_MAX_MR][CK_MAX_VECTORS];
  CK_EACH (i, rows)
    CK_EACH (j, columns) sum[i][j] = (CK_VEC){};

  const int64_t a_rs = t->a_rs, b_cs = t->b_ks, tail = t->k % CK_STEP, whole = t->k - tail;
  for (int64_t s = 0; s < t->blocks; s++) {
    const CK_IN *a_k = a[s], *b_k = b[s];
#pragma clang loop unroll(disable)
    for (int64_t p = 0; p < whole; p += CK_STEP) CK_BODY(sum, a_k + p, a_rs, b_k + p, b_cs, rows, columns, true, 0);
    if (tail) CK_BODY(sum, a_k + whole, a_rs, b_k + whole, b_cs, rows, columns, false, ck_first(tail));
  }

  const CK_ACC alpha = (CK_ACC)t->alpha, beta = (CK_ACC)t->beta;
  CK_EACH (i, rows) {
    const int64_t row = i * t->c_rs;
    CK_ACC *to = (CK_ACC *)c + row, value[CK_MAX_VECTORS];
    ck_sum_each(value, sum[i], columns, alpha);
    if (t->narrow) {
      CK_EACH (j, columns) ck_store_one((CK_NARROW *)c + row + j, value[j]);
      continue;
    }
    if (beta != 0)
      CK_EACH (j, columns) value[j] = ck_madd_one(value[j], beta, to[j]);
    CK_EACH (j, columns) ck_store_one(&to[j], value[j]);
  }
}

/// One row of the table: `rows` x `nr`, with fewer columns when fewer are live, of one product after another.
CK_INLINE void CK_TILE(CK_TILE_ARGUMENTS, const int rows, const int nr) {
  const void *next_a, *next_b;
#pragma clang loop unroll(disable)
  for (int64_t left = t->more;; left--) {
    CK_UNROLL
    for (int columns = 1; columns <= nr; columns++)
      if (t->n == columns) CK_BODY(t, a, b, c, rows, columns);
    if (left == 0) return;
    next_a = (const char *)a[0] + t->a_step;
    next_b = (const char *)b[0] + t->b_step;
    c = (char *)c + t->c_step;
    a = &next_a, b = &next_b;
  }
}

#undef CK_BODY
#undef CK_TILE
#undef CK_IN
#undef CK_ACC
#undef CK_VEC
#undef CK_NARROW
#undef CK_STEP
