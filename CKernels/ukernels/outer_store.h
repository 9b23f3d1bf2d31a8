// From the sums of a tile to C: the part of ukernels/outer.h that includes it, whose macros it uses.

/// Finishes the sums of a tile.
CK_INLINE void CK_FINISH(const ck_tile *t, CK_VEC sum[CK_MAX_MR][CK_MAX_VECTORS], ck_mask tail, const ck_form form) {
  enum { lanes = sizeof(CK_VEC) / sizeof(CK_ACC) };
  const ck_finish *f = t->finish;
  const CK_ACC scale = (CK_ACC)f->scale, *rows = f->bias_of_rows;
  if (rows) {
    CK_EACH (i, form.rows) {
      const CK_VEC bias = ck_broadcast(rows + i);
      CK_EACH (j, form.vectors) sum[i][j] = sum[i][j] * scale + bias;
    }
  } else {
    const CK_ACC *columns = f->bias;
    CK_EACH (j, form.vectors) {
      const bool full = form.whole || j < form.vectors - 1;
      CK_VEC bias = {};
      if (columns) bias = full ? ck_load(columns + j * lanes) : ck_load_first(columns + j * lanes, tail);
      CK_EACH (i, form.rows) sum[i][j] = sum[i][j] * scale + bias;
    }
  }
  if (f->residual) {
    CK_EACH (i, form.rows)
      CK_EACH (j, form.vectors) {
        const bool full = form.whole || j < form.vectors - 1;
        const int64_t place = i * t->c_rs + j * lanes;
#ifdef CK_NARROW
        const uint16_t *narrow = (const uint16_t *)f->residual + place;
        if (t->narrow) {
          sum[i][j] += full ? ck_load(narrow) : ck_load_first(narrow, tail);
          continue;
        }
#endif
        const CK_ACC *from = (const CK_ACC *)f->residual + place;
        sum[i][j] += full ? ck_load(from) : ck_load_first(from, tail);
      }
  }
  if (!f->clamps) return;
  const CK_VEC lower = (CK_ACC)f->lower - (CK_VEC){}, upper = (CK_ACC)f->upper - (CK_VEC){};
  CK_EACH (i, form.rows)
    CK_EACH (j, form.vectors) sum[i][j] = ck_within(sum[i][j], lower, upper);
}

/// C from the sums of a tile.
CK_INLINE void CK_STORE(const ck_tile *t, void *c, CK_VEC sum[CK_MAX_MR][CK_MAX_VECTORS], const ck_form form) {
  enum { lanes = sizeof(CK_VEC) / sizeof(CK_ACC) };
  const int rows = form.rows, vectors = form.vectors;
  const bool whole = form.whole;
  const ck_mask tail = ck_first(whole ? lanes : t->n - (vectors - 1) * lanes);
  const CK_ACC alpha = (CK_ACC)t->alpha, beta = (CK_ACC)t->beta;
  const int64_t c_rs = t->c_rs; // stores to C might change it, as far as the compiler knows
  if (alpha != 1)
    CK_EACH (i, rows)
      CK_EACH (j, vectors) sum[i][j] *= alpha;
  // Laid out apart: in the way of plain stores it took 3 to 6 % of small products out of far caches.
  enum { can_finish = CK_TILE_FINISHES(sizeof(CK_VEC), sizeof(CK_ACC)) };
  const bool finishes = can_finish && __builtin_expect(t->finish != 0, 0);
  if (finishes) {
    if (beta != 0)
      CK_EACH (i, rows)
        CK_EACH (j, vectors) {
          const CK_ACC *from = (const CK_ACC *)c + i * c_rs + j * lanes;
          sum[i][j] += beta * (whole || j < vectors - 1 ? ck_load(from) : ck_load_first(from, tail));
        }
    CK_FINISH(t, sum, tail, form);
  }
#ifdef CK_NARROW
  if (t->narrow) {
    CK_EACH (i, rows) {
      CK_NARROW *to = (CK_NARROW *)c + i * c_rs;
      CK_EACH (j, vectors) {
        if (whole || j < vectors - 1) ck_store(to + j * lanes, sum[i][j]);
        else ck_store_first(to + j * lanes, sum[i][j], tail);
      }
    }
    return;
  }
#endif
  const bool in_lines = (whole || t->n == vectors * lanes) && vectors * sizeof(CK_VEC) % CK_LINE == 0;
  if (t->streams_c && in_lines) {
    CK_EACH (i, rows)
      CK_EACH (j, vectors) ck_store_past((CK_ACC *)c + i * c_rs + j * lanes, sum[i][j]);
    return;
  }
  const bool reads_c = beta != 0 && !finishes;
  CK_EACH (i, rows) {
    CK_ACC *to = (CK_ACC *)c + i * c_rs;
    CK_EACH (j, vectors) {
      const bool full = whole || j < vectors - 1;
      CK_VEC value = sum[i][j];
      if (reads_c) value += beta * (full ? ck_load(to + j * lanes) : ck_load_first(to + j * lanes, tail));
      if (full) ck_store(to + j * lanes, value);
      else ck_store_first(to + j * lanes, value, tail);
    }
  }
}
