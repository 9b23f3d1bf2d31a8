// The body of the families `outer` and `pair`, included once per type and ISA.
//
//   CK_DEPTH, CK_DEPTHS, CK_BODY, CK_FINISH, CK_STORE, CK_REPEAT, CK_TILE, CK_COPYING, CK_AXPYF, CK_WIDE: names of the functions
//   CK_FOLDS 1: a multiply-add may broadcast its element of A itself (`ck_madd_from`)
//   CK_HALVES 1: there are multiply-adds of half a vector (`ck_madd_half`)
//   CK_JOINS 1: B as it lies is copied as pairs, of two rows joined (`ck_join`)
//   CK_IN    element of A and B        CK_GROUP  KR of them, adjacent (pair: two; else CK_IN)
//   CK_ACC   scalar of the sums and C  CK_VEC    vector of CK_ACC          CK_NARROW  element of a narrow C, if it may be narrow
//
// The accumulators are a constant-size array under full unrolling, so they stay in registers: `rows * vectors` sums, `vectors` of
// B and one broadcast of A live at once. Each element is one chain of multiply-adds over k, whatever the tile: rows of one ISA
// agree bit for bit.

#ifndef CK_JOINS
#define CK_JOINS 0
#endif
// An element of A, or of the last group the depths that are there.
#if CK_JOINS
#define CK_ELEMENT(from, is_short) ((is_short) ? ck_broadcast_even(from) : ck_broadcast(from))
#else
#define CK_ELEMENT(from, is_short) ((void)(is_short), ck_broadcast(from))
#endif
// A vector of B as it lies, from `row` on, `step` bytes before the next group of depths; of a short group the one row.
#if CK_JOINS
#define CK_PLAIN(row, step, some, is_short)                                                                                      \
  ((is_short) ? ck_join_zeros((const CK_IN *)(row), some)                                                                        \
              : ck_join((const CK_IN *)(row), (const CK_IN *)((row) + (step) / 2), some))
#else
#define CK_PLAIN(row, step, some, is_short) ck_load((const CK_IN *)(row))
#endif

// What a vector of columns needs, or of so few that half a vector holds them.
#if CK_HALVES
#define CK_LOAD_SOME(from, some, is_half) ((is_half) ? ck_load_half(from, some) : ck_load_first(from, some))
#define CK_MADD(sum, a, b, is_half) ((is_half) ? ck_madd_half(sum, a, b) : ck_madd(sum, a, b))
#define CK_MADD_FROM(sum, from, b, is_half) ((is_half) ? ck_madd_half_from(sum, from, b) : ck_madd_from(sum, from, b))
#else
#undef CK_HALVES
#define CK_HALVES 0
#define CK_LOAD_SOME(from, some, is_half) ((void)(is_half), ck_load_first(from, some))
#define CK_MADD(sum, a, b, is_half) ((void)(is_half), ck_madd(sum, a, b))
#define CK_MADD_FROM(sum, from, b, is_half) ((void)(is_half), ck_madd_from(sum, from, b))
#endif

#include "ukernels/outer_store.h"
#include "ukernels/outer_axpyf.h"

/// Adds the products of one group of KR depths, `depth` groups on along A's rows; of a short group A has one depth.
CK_INLINE void CK_DEPTH(CK_VEC sum[CK_MAX_MR][CK_MAX_VECTORS], ck_cursor *at, const int depth, const bool is_short, ck_mask tail,
                        const ck_form form) {
  enum { lanes = sizeof(CK_VEC) / sizeof(CK_ACC), kr = sizeof(CK_GROUP) / sizeof(CK_IN) };
  const int quads = ck_quads(form);
  const int share = form.at_once ? form.vectors / form.at_once : form.vectors;
  typeof(ck_load((const CK_GROUP *)at->b)) column[CK_MAX_VECTORS];
  CK_EACH (j, form.vectors) {
    const bool full = form.whole || j < form.vectors - 1;
    if (form.copies) {
      const char *row = at->b + j * lanes * (int)sizeof(CK_IN);
      column[j] = CK_PLAIN(row, at->b_ks, full ? ck_first(lanes) : tail, is_short);
      __builtin_memcpy(at->copy + j * (int)sizeof column[j], &column[j], sizeof column[j]);
      if (j * lanes * sizeof(CK_IN) % 64 == 0)
        CK_EACH (r, kr) __builtin_prefetch(row + r * (at->b_ks / kr) + at->copy_ahead);
      continue;
    }
    const CK_GROUP *from = (const CK_GROUP *)(at->b + j / share * at->b_ps) + j % share * lanes;
    column[j] = full ? ck_load(from) : CK_LOAD_SOME(from, tail, form.ends_in_half);
  }
  if (form.copies) at->copy += form.copies * (int)sizeof column[0];
  at->b += at->b_ks;
  CK_EACH (i, form.rows) {
    const char *row = at->a[i / 4 % quads] + i % (quads > 1 ? 4 : CK_MAX_MR) * at->a_rs;
    const CK_GROUP *from = (const CK_GROUP *)row + depth;
#if CK_FOLDS
    // Of one vector all: an element has one product. Of two vectors and 14 rows 12, of two products each: with the other two and
    // B that is all that two loads a cycle bring.
    if (!is_short && (form.vectors == 1 || (form.folds && i % 7 < 6))) {
      CK_EACH (j, form.vectors) sum[i][j] = CK_MADD_FROM(sum[i][j], from, column[j], form.ends_in_half && j == form.vectors - 1);
      continue;
    }
#endif
    const typeof(column[0]) element = CK_ELEMENT(from, is_short);
    CK_EACH (j, form.vectors) sum[i][j] = CK_MADD(sum[i][j], element, column[j], form.ends_in_half && j == form.vectors - 1);
  }
}

/// `depths` groups along K, and on to the next ones.
CK_INLINE void CK_DEPTHS(CK_VEC sum[CK_MAX_MR][CK_MAX_VECTORS], ck_cursor *at, const int depths, ck_mask tail,
                         const ck_form form) {
  const int quads = ck_quads(form);
  // Strided rows: what the compiler can't see through it can't turn into a chain of one addition a row.
  CK_EACH (q, quads)
    if (quads > 1) asm("" : "+r"(at->a[q]));
  CK_EACH (d, depths) {
    if (depths > 1) asm("" : "+r"(at->b)); // one pointer that moves on, not one for each depth
    CK_DEPTH(sum, at, d, false, tail, form);
#ifdef CK_SETTLE
    // Else loads of the next depth, done ahead, push sums out of the registers.
    if (depths > 1)
      CK_EACH (i, form.rows)
        CK_EACH (j, form.vectors) CK_SETTLE(sum[i][j]);
#endif
  }
  CK_EACH (q, quads) at->a[q] += depths * at->a_ks;
}

/// The tile whose operands begin so many bytes after `a` and `b`.
CK_INLINE void CK_BODY(CK_TILE_ARGUMENTS, int64_t a_on, int64_t b_on, const ck_form form) {
  enum { lanes = sizeof(CK_VEC) / sizeof(CK_ACC), kr = sizeof(CK_GROUP) / sizeof(CK_IN) };
  const ck_mask tail = ck_first(form.whole ? lanes : t->n - (form.vectors - 1) * lanes);
  CK_VEC sum[CK_MAX_MR][CK_MAX_VECTORS];
  CK_EACH (i, form.rows)
    CK_EACH (j, form.vectors) sum[i][j] = (CK_VEC){};

  ck_cursor at = {
      .copy = t->copy_b,
      .a_rs = (form.packed_a ? kr : t->a_rs) * (int64_t)sizeof(CK_IN),
      .a_ks = form.along_k ? (int64_t)sizeof(CK_GROUP) : t->a_ks * (int64_t)sizeof(CK_IN),
      .b_ks = t->b_ks * (int64_t)sizeof(CK_IN),
      .b_ps = t->b_ps * (int64_t)sizeof(CK_IN),
  };
  const bool is_shallow = t->k / kr <= 2 * CK_COPY_AHEAD;
  if (form.copies) at.copy_ahead = is_shallow ? form.copies * lanes * (int)sizeof(CK_IN) : CK_COPY_AHEAD * at.b_ks;
  for (int64_t s = 0; s < t->blocks; s++) {
    CK_EACH (q, ck_quads(form)) at.a[q] = (const char *)a[s] + a_on + 4 * q * at.a_rs;
    at.b = (const char *)b[s] + b_on;
    // Scalar rows have no registers to spare, and no speed that a miss could hold up.
    int64_t left = t->k / kr;
    // A short group alone has no steps to ask in.
    const bool may_fetch = lanes > 1 && s + 1 == t->blocks && (kr == 1 || left > 0);
    const bool fetches = may_fetch && (t->fetch_c || t->fetch[0].count || t->fetch[1].count);
    ck_fetching fetching;
    if (fetches) fetching = ck_fetching_of(t, c, t->narrow ? 2 : sizeof(CK_ACC), form.rows, form.vectors * lanes, left);
    if (fetches && t->a_ahead) fetching.a = (uintptr_t)a[s] + (uintptr_t)(a_on + t->a_ahead);
#pragma clang loop unroll(disable)
    while (left > 0) {
      int64_t steps = fetches && left > CK_CHUNK ? CK_CHUNK : left;
      left -= steps;
      // Kept in memory: the loop over k needs the registers.
      if (lanes > 1) asm("" : "+m"(fetching));
#pragma clang loop unroll(disable)
      for (; form.along_k && steps >= CK_DEPTHS_AT_ONCE; steps -= CK_DEPTHS_AT_ONCE)
        CK_DEPTHS(sum, &at, CK_DEPTHS_AT_ONCE, tail, form);
#pragma clang loop unroll(disable)
      for (; steps > 0; steps--) CK_DEPTHS(sum, &at, 1, tail, form);
      if (fetches) ck_fetch_more(&fetching, t, left);
    }
    if (kr > 1 && !form.packed_a && t->k % kr) CK_DEPTH(sum, &at, 0, true, tail, form);
  }

  CK_STORE(t, c, sum, form);
}

/// The tile of one product after another.
CK_SPECIALIZED void CK_REPEAT(CK_TILE_ARGUMENTS, const ck_form form) {
  int64_t a_on = 0, b_on = 0;
#pragma clang loop unroll(disable)
  for (int64_t left = t->more;; left--) {
    CK_BODY(t, a, b, c, a_on, b_on, form);
    if (left == 0) return;
    a_on += t->a_step, b_on += t->b_step;
    c = (char *)c + t->c_step;
  }
}

/// One row of the table: `rows` x `nr`, narrower when fewer columns are live, or several times as wide. Packed A (its rows
/// adjacent) has fixed addresses, A along K several depths at once, any other A computed addresses. Tall tiles of one
/// vector read their operands where they lie.
CK_INLINE void CK_TILE(CK_TILE_ARGUMENTS, const int rows, const int nr) {
  enum { lanes = sizeof(CK_VEC) / sizeof(CK_ACC), kr = sizeof(CK_GROUP) / sizeof(CK_IN) };
  enum { is_plain = kr == 1 && sizeof(CK_IN) == sizeof(CK_ACC), takes_many = sizeof(CK_VEC) > 16 };
  const int vectors = nr / lanes;
  const bool is_tall = vectors == 1 && rows > 1;
  const bool packed_a = !is_tall && t->a_rs == kr && t->k % kr == 0, along_k = takes_many && t->a_ks == kr;
  if (t->n == nr) {
    if (along_k && !packed_a) CK_REPEAT(t, a, b, c, (ck_form){rows, vectors, .whole = true, .along_k = true});
#if CK_FOLDS
    else if (packed_a && is_plain && vectors == 2 && t->folds_a)
      CK_REPEAT(t, a, b, c, (ck_form){rows, 2, .whole = true, .packed_a = true, .folds = true});
#endif
    else if (packed_a) CK_REPEAT(t, a, b, c, (ck_form){rows, vectors, .whole = true, .packed_a = true});
    else CK_REPEAT(t, a, b, c, (ck_form){rows, vectors, .whole = true});
    return;
  }
  const int64_t live = (t->n + lanes - 1) / lanes;
  const bool ends_in_half = CK_HALVES && t->n - (live - 1) * lanes <= lanes / 2;
  CK_UNROLL
  for (int v = 1; v <= vectors; v++) {
    if (live != v) continue;
    if (CK_HALVES && ends_in_half && packed_a) CK_REPEAT(t, a, b, c, (ck_form){rows, v, .packed_a = true, .ends_in_half = true});
    else if (CK_HALVES && ends_in_half) CK_REPEAT(t, a, b, c, (ck_form){rows, v, .ends_in_half = true});
    else if (packed_a) CK_REPEAT(t, a, b, c, (ck_form){rows, v, .whole = lanes == 1, .packed_a = true});
    else CK_REPEAT(t, a, b, c, (ck_form){rows, v, .whole = lanes == 1});
  }
}

/// The same row where B is copied, beside the multiply-adds: stores have a port of their own, but scalar rows no register to
/// spare, and bf16 that is widened is packed otherwise. Of fewer columns it is done in pairs alone, which would else be joined by
/// a pass of its own.
CK_INLINE void CK_COPYING(CK_TILE_ARGUMENTS, const int rows, const int nr) {
  enum { lanes = sizeof(CK_VEC) / sizeof(CK_ACC), kr = sizeof(CK_GROUP) / sizeof(CK_IN) };
  const int vectors = nr / lanes;
  if (t->n == nr) {
    const bool packed_a = t->a_rs == kr && t->k % kr == 0;
    if (packed_a) CK_REPEAT(t, a, b, c, (ck_form){rows, vectors, .whole = true, .packed_a = true, .copies = vectors});
    else CK_REPEAT(t, a, b, c, (ck_form){rows, vectors, .whole = true, .copies = vectors});
    return;
  }
  const int64_t live = (t->n + lanes - 1) / lanes;
  CK_UNROLL
  for (int v = 1; CK_JOINS && v <= vectors; v++)
    if (live == v) CK_REPEAT(t, a, b, c, (ck_form){rows, v, .copies = vectors});
}

/// The same row over `at_once` panels of `nr` live columns.
CK_INLINE void CK_WIDE(CK_TILE_ARGUMENTS, const int rows, const int nr, const int at_once) {
  enum { lanes = sizeof(CK_VEC) / sizeof(CK_ACC), kr = sizeof(CK_GROUP) / sizeof(CK_IN) };
  const int vectors = at_once * nr / lanes;
  if (kr == 1 && rows <= CK_AXPYF_ROWS && ck_is_axpyf(t, nr)) CK_AXPYF(t, a, b, c, (t->more + 1) * at_once * nr, rows);
  else if (t->a_ks == kr) CK_REPEAT(t, a, b, c, (ck_form){rows, vectors, .whole = true, .at_once = at_once, .along_k = true});
  else CK_REPEAT(t, a, b, c, (ck_form){rows, vectors, .whole = true, .at_once = at_once});
}

#undef CK_AXPYF
#undef CK_FOLDS
#undef CK_HALVES
#undef CK_LOAD_SOME
#undef CK_MADD
#undef CK_MADD_FROM
#undef CK_JOINS
#undef CK_PLAIN
#undef CK_DEPTH
#undef CK_DEPTHS
#undef CK_ELEMENT
#undef CK_BODY
#undef CK_COPYING
#undef CK_FINISH
#undef CK_REPEAT
#undef CK_STORE
#undef CK_TILE
#undef CK_WIDE
#undef CK_IN
#undef CK_GROUP
#undef CK_ACC
#undef CK_VEC
#undef CK_NARROW
