// The body of the families `outer` and `pair`, included once per type and ISA.
//
//   CK_BODY, CK_STORE, CK_REPEAT, CK_TILE: names of the four functions
//   CK_IN    element of A and B        CK_GROUP  KR of them, adjacent (pair: two; else CK_IN)
//   CK_ACC   scalar of the sums and C  CK_VEC    vector of CK_ACC          CK_NARROW  element of a narrow C, if it may be narrow
//
// The accumulators are a constant-size array under full unrolling, so they stay in registers: `rows * vectors` sums, `vectors` of
// B and one broadcast of A live at once. Each element is one chain of multiply-adds over k, whatever the tile: rows of one ISA
// agree bit for bit.

/// C from the sums of a tile of `rows` x `vectors`; the last vector is of some columns alone unless `whole`.
CK_INLINE void CK_STORE(const ck_tile *t, void *c, CK_VEC sum[CK_MAX_MR][CK_MAX_VECTORS], const int rows, const int vectors,
                        const bool whole) {
  enum { lanes = sizeof(CK_VEC) / sizeof(CK_ACC) };
  const ck_mask tail = ck_first(t->n - (vectors - 1) * lanes);
  const CK_ACC alpha = (CK_ACC)t->alpha, beta = (CK_ACC)t->beta;
  const int64_t c_rs = t->c_rs; // stores to C might change it, as far as the compiler knows
  if (alpha != 1)
    CK_EACH (i, rows)
      CK_EACH (j, vectors) sum[i][j] *= alpha;
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
  const bool reads_c = beta != 0;
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

CK_INLINE void CK_BODY(CK_TILE_ARGUMENTS, const int rows, const int vectors, const bool whole, const bool packed_a,
                       const bool copies) {
  enum { lanes = sizeof(CK_VEC) / sizeof(CK_ACC), kr = sizeof(CK_GROUP) / sizeof(CK_IN) };
  const ck_mask tail = ck_first(t->n - (vectors - 1) * lanes);
  CK_VEC sum[CK_MAX_MR][CK_MAX_VECTORS];
  CK_EACH (i, rows)
    CK_EACH (j, vectors) sum[i][j] = (CK_VEC){};

  const int64_t a_rs = packed_a ? kr : t->a_rs;
  const int quads = packed_a ? 1 : (rows + 3) / 4;
  const int64_t a_ks = t->a_ks, b_ks = t->b_ks;
  char *copy = t->copy_b;
  for (int64_t s = 0; s < t->blocks; s++) {
    const CK_IN *a_k[CK_MAX_MR / 4], *b_k = b[s];
    CK_EACH (q, quads) a_k[q] = (const CK_IN *)a[s] + 4 * q * a_rs;
    // Scalar rows have no registers to spare, and no speed that a miss could hold up.
    const bool last = s + 1 == t->blocks, fetches = lanes > 1 && last && (t->fetch_c || t->fetch[0].count || t->fetch[1].count);
    int64_t left = t->k / kr;
    ck_fetching fetching;
    if (fetches) fetching = ck_fetching_of(t, c, t->narrow ? 2 : sizeof(CK_ACC), rows, vectors * lanes, left);
#pragma clang loop unroll(disable)
    while (left > 0) {
      int64_t steps = fetches && left > CK_CHUNK ? CK_CHUNK : left;
      left -= steps;
      // Kept in memory: the loop over k needs the registers.
      if (lanes > 1) asm("" : "+m"(fetching));
#pragma clang loop unroll(disable)
      do {
        // Strided rows: what the compiler can't see through it can't turn into a chain of one addition a row.
        CK_EACH (q, quads)
          if (quads > 1) asm("" : "+r"(a_k[q]));
        typeof(ck_load((const CK_GROUP *)b_k)) column[CK_MAX_VECTORS];
        CK_EACH (j, vectors) {
          const CK_GROUP *from = (const CK_GROUP *)b_k + j * lanes;
          column[j] = whole || j < vectors - 1 ? ck_load(from) : ck_load_first(from, tail);
          if (copies) __builtin_memcpy(copy + j * (int)sizeof column[j], &column[j], sizeof column[j]);
          if (copies && j * sizeof column[j] % 64 == 0) __builtin_prefetch(from + CK_COPY_AHEAD * b_ks);
        }
        if (copies) copy += vectors * (int)sizeof column[0];
        CK_EACH (i, rows) {
          const typeof(column[0]) row =
              ck_broadcast((const CK_GROUP *)(a_k[i / 4 % quads] + i % (quads > 1 ? 4 : CK_MAX_MR) * a_rs));
          CK_EACH (j, vectors) sum[i][j] = ck_madd(sum[i][j], row, column[j]);
        }
        CK_EACH (q, quads) a_k[q] += a_ks;
        b_k += b_ks;
      } while (--steps > 0);
      if (fetches) ck_fetch_more(&fetching, t, left);
    }
  }

  CK_STORE(t, c, sum, rows, vectors, whole);
}

/// The tile of one product after another.
CK_INLINE void CK_REPEAT(CK_TILE_ARGUMENTS, const int rows, const int vectors, const bool whole, const bool packed_a,
                         const bool copies) {
  const void *next_a, *next_b;
#pragma clang loop unroll(disable)
  for (int64_t left = t->more;; left--) {
    CK_BODY(t, a, b, c, rows, vectors, whole, packed_a, copies);
    if (left == 0) return;
    next_a = (const char *)a[0] + t->a_step;
    next_b = (const char *)b[0] + t->b_step;
    c = (char *)c + t->c_step;
    a = &next_a, b = &next_b;
  }
}

/// One row of the table: `rows` x `nr`, narrower when fewer columns are live. Packed A (its rows adjacent) has fixed addresses,
/// strided A computed ones. A tile that copies B does so beside its multiply-adds: stores have a port of their own, but scalar
/// rows no register to spare, and bf16 that is widened is packed otherwise.
CK_INLINE void CK_TILE(CK_TILE_ARGUMENTS, const int rows, const int nr) {
  enum { lanes = sizeof(CK_VEC) / sizeof(CK_ACC), kr = sizeof(CK_GROUP) / sizeof(CK_IN) };
  const bool packed_a = t->a_rs == kr;
  const int vectors = nr / lanes;
  if (t->n == nr) {
    if (kr == 1 && lanes > 1 && sizeof(CK_IN) == sizeof(CK_ACC) && t->copy_b) {
      if (packed_a) CK_REPEAT(t, a, b, c, rows, vectors, true, true, true);
      else CK_REPEAT(t, a, b, c, rows, vectors, true, false, true);
    } else if (packed_a) CK_REPEAT(t, a, b, c, rows, vectors, true, true, false);
    else CK_REPEAT(t, a, b, c, rows, vectors, true, false, false);
    return;
  }
  const int64_t live = (t->n + lanes - 1) / lanes;
  CK_UNROLL
  for (int v = 1; v <= vectors; v++) {
    if (live != v) continue;
    if (packed_a) CK_REPEAT(t, a, b, c, rows, v, lanes == 1, true, false);
    else CK_REPEAT(t, a, b, c, rows, v, lanes == 1, false, false);
  }
}

#undef CK_BODY
#undef CK_REPEAT
#undef CK_STORE
#undef CK_TILE
#undef CK_IN
#undef CK_GROUP
#undef CK_ACC
#undef CK_VEC
#undef CK_NARROW
