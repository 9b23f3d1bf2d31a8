// Few rows of A by few rows of B, where they lie: the part of ukernels/outer.h that includes it, whose macros it uses.

/// C[i][0..columns) = alpha * sum over p of A[i][p] B[p][0..columns) + beta C: `axpyf` of BLIS (Van Zee and van de Geijn, "BLIS:
/// A Framework for Rapidly Instantiating BLAS Functionality", 2015, section 4), with all of A in registers from end to end of the
/// rows. Memory is what it waits for, and the fewer instructions lie between two loads the more of them are on their way (1 x
/// 4096 x 4096 on Zen 4: 9 to 13 GFLOP/s).
CK_INLINE void CK_AXPYF(CK_TILE_ARGUMENTS, const int64_t columns, const int rows) {
  // With SSE2 a multiply-add needs a register more.
  enum { lanes = sizeof(CK_VEC) / sizeof(CK_ACC), side = sizeof(CK_VEC) > 16 ? 4 : 2 };
  const CK_ACC alpha = (CK_ACC)t->alpha, beta = (CK_ACC)t->beta;
  const int64_t b_ks = t->b_ks, c_rs = t->c_rs;
  const CK_GROUP *from = b[0];
  typeof(ck_load(from)) factor[CK_AXPYF_ROWS][CK_AXPYF_DEPTH];
  CK_EACH (i, rows)
    CK_EACH (p, CK_AXPYF_DEPTH) factor[i][p] = ck_broadcast((const CK_GROUP *)a[0] + i * t->a_rs + p * t->a_ks);
  CK_ACC *to = c;
#pragma clang loop unroll(disable)
  for (CK_ACC *const end = to + columns; to < end; to += side * lanes, from += side * lanes) {
    CK_VEC sum[CK_AXPYF_ROWS][side] = {};
    CK_EACH (p, CK_AXPYF_DEPTH)
      CK_EACH (j, side) {
        const typeof(factor[0][0]) column = ck_load(from + p * b_ks + j * lanes);
        CK_EACH (i, rows) sum[i][j] = ck_madd(sum[i][j], factor[i][p], column);
      }
    CK_EACH (i, rows)
      CK_EACH (j, side) {
        CK_ACC *place = to + i * c_rs + j * lanes;
        if (alpha != 1) sum[i][j] *= alpha;
        if (beta != 0) sum[i][j] += beta * ck_load(place);
        ck_store(place, sum[i][j]);
      }
  }
}
