// The sums of a tile of AMX, on their way from C to the registers and back: by way of memory where vectors are to scale, round or
// mask them, or to store them past the caches. Included after isa/amx.h.
#pragma once
#include "ck_ukernel.h"

/// The live part of the registers: rows of the tile and of the upper registers, its columns, and the depths of a step. What an
/// edge lacks is not loaded, multiplied or stored, and a register of 8 rows is multiplied in little more than half the time of
/// one of 16.
typedef struct ck_tile_shape {
  int16_t rows, upper, columns, depth;
} ck_tile_shape;

/// Which registers there are beside the first of each operand; whether B is to leave L1 to others.
typedef struct ck_tile_form {
  bool lower, right, streams_b;
} ck_tile_form;

/// Sums in memory, the lower registers' right after those of the upper ones' rows.
typedef struct ck_sums {
  _Alignas(64) float at[2 * CK_TILE_ROWS][2 * CK_TILE_ROWS];
} ck_sums;

/// Rows of such sums that still are to be stored: C = alpha sums + beta C.
typedef struct ck_unstored {
  const float *sums;
  char *c;
  int64_t step, gap;   ///< bytes of C from row to row, and beside that from the upper registers' rows to the lower ones'
  int64_t left, lower; ///< rows, and how many of them are the lower registers'
  int64_t n;           ///< columns
  float alpha, beta;
  bool narrow, streams;
} ck_unstored;

/// How many rows or columns of `left` a register takes.
CK_INLINE int64_t of_register(int64_t left) { return left < 0 ? 0 : left < CK_TILE_ROWS ? left : CK_TILE_ROWS; }

CK_INLINE ck_mask live_columns(int64_t n, int64_t column) { return ck_first(of_register(n - column)); }

/// Whether the sums begin with C: what an earlier block of K has left there costs nothing more to add. A subnormal C counts as
/// zero then.
CK_INLINE bool begins_with_c(const ck_tile *t) { return t->alpha == 1 && t->beta == 1 && !t->narrow; }

/// Whether they are stored to C as they are.
CK_INLINE bool ends_in_c(const ck_tile *t) { return t->alpha == 1 && (t->beta == 0 || t->beta == 1) && !t->narrow; }

/// Elements from C's first row to that of the lower registers.
CK_INLINE int64_t lower_row_of_c(const ck_tile *t, ck_tile_shape shape) {
  return t->c_lower ? t->c_lower : shape.upper * t->c_rs;
}

CK_INLINE void clear_registers(ck_tile_form form) {
  _tile_zero(0);
  if (form.right) _tile_zero(1);
  if (form.lower) _tile_zero(2);
  if (form.lower && form.right) _tile_zero(3);
}

/// `lower`: elements from the first row to that of the lower registers.
CK_INLINE void load_registers(const float *from, int64_t rs, int64_t lower, ck_tile_form form) {
  const int64_t step = rs * (int64_t)sizeof *from;
  _tile_loadd(0, from, step);
  if (form.right) _tile_loadd(1, from + CK_TILE_ROWS, step);
  if (form.lower) _tile_loadd(2, from + lower, step);
  if (form.lower && form.right) _tile_loadd(3, from + lower + CK_TILE_ROWS, step);
}

CK_INLINE void store_registers(float *to, int64_t rs, int64_t lower, ck_tile_form form) {
  const int64_t step = rs * (int64_t)sizeof *to;
  _tile_stored(0, to, step);
  if (form.right) _tile_stored(1, to + CK_TILE_ROWS, step);
  if (form.lower) _tile_stored(2, to + lower, step);
  if (form.lower && form.right) _tile_stored(3, to + lower + CK_TILE_ROWS, step);
}

enum { CK_SUMS_RS = 2 * CK_TILE_ROWS };

static void begin_sums_amx(const ck_tile *t, const float *c, ck_tile_shape shape, ck_tile_form form) {
  const int64_t lower = lower_row_of_c(t, shape);
  if (shape.columns == t->n) {
    load_registers(c, t->c_rs, lower, form);
    return;
  }
  ck_sums sums;
  for (int64_t i = 0; i < shape.rows; i++) {
    const float *from = c + (i >= shape.upper ? lower + (i - shape.upper) * t->c_rs : i * t->c_rs);
    for (int64_t j = 0; j < t->n; j += CK_TILE_ROWS) ck_store(&sums.at[i][j], ck_load_first(from + j, live_columns(t->n, j)));
  }
  load_registers(sums.at[0], CK_SUMS_RS, shape.upper * CK_SUMS_RS, form);
}

/// Rows of them that follow one another in C, as they are stored: the next one, bytes from one to the next, how many.
typedef struct ck_rows_of_sums {
  const float *sums;
  char *c;
  int64_t step, left;
} ck_rows_of_sums;

CK_INLINE void end_row(ck_rows_of_sums *r) { r->sums += CK_SUMS_RS, r->c += r->step, r->left--; }

/// Two registers' sums of a row, rounded.
CK_INLINE __m512i rounded_row_amx(const float *sums) {
  return (__m512i)_mm512_cvtne2ps_pbh(ck_load(sums + CK_TILE_ROWS), ck_load(sums));
}

/// Whether rows can be rounded one by one beside products: whole ones, which follow one another in C, as masks and looking for
/// the first of the lower rows take what is gained.
CK_INLINE bool is_rounded_beside(const ck_unstored *u) {
  return u->left > 0 && u->narrow && u->n == 2 * CK_TILE_ROWS && u->gap == 0 && u->alpha == 1;
}

/// Asks for the line of C to write first: stores that miss would wait for one another (3136 x 256 x 64 on Emerald Rapids 652 to
/// 785 GFLOP/s, where L1 has it 0 to 4 % less).
CK_INLINE void round_beside_amx(ck_rows_of_sums *r) {
  _m_prefetchw(r->c);
  _mm512_storeu_si512(r->c, rounded_row_amx(r->sums));
  end_row(r);
}

/// `scales`: alpha is not 1; to multiply by it took a tenth of the time of a tile of 64 depths.
CK_INLINE void round_rows_amx(const ck_unstored *u, ck_rows_of_sums r, const bool scales) {
  const ck_vf alpha = _mm512_set1_ps(u->alpha);
  const ck_mask live = ck_first(u->n);
  const bool is_wide = u->n > CK_TILE_ROWS, is_whole = u->n == 2 * CK_TILE_ROWS;
  for (; r.left > 0; end_row(&r)) {
    if (!is_wide) {
      ck_store_first((ck_native_bf16 *)r.c, scales ? ck_load(r.sums) * alpha : ck_load(r.sums), live);
      continue;
    }
    const __m512i both = !scales ? rounded_row_amx(r.sums)
                                 : (__m512i)_mm512_cvtne2ps_pbh(ck_load(r.sums + CK_TILE_ROWS) * alpha, ck_load(r.sums) * alpha);
    if (is_whole) _mm512_storeu_si512(r.c, both);
    else _mm512_mask_storeu_epi16(r.c, (__mmask32)live, both);
  }
}

CK_INLINE void store_rows_amx(const ck_unstored *u, ck_rows_of_sums r) {
  for (; r.left > 0; end_row(&r))
    for (int64_t j = 0; j < u->n; j += CK_TILE_ROWS) {
      float *c = (float *)r.c + j;
      const ck_mask live = live_columns(u->n, j);
      const ck_vf value = ck_load(r.sums + j) * u->alpha;
      if (u->streams) ck_store_past(c, value);
      else ck_store_first(c, u->beta != 0 ? value + u->beta * ck_load_first(c, live) : value, live);
    }
}

CK_INLINE void store_some_amx(const ck_unstored *u, ck_rows_of_sums r) {
  if (!u->narrow) store_rows_amx(u, r);
  else if (u->alpha == 1) round_rows_amx(u, r, false);
  else round_rows_amx(u, r, true);
}

/// Stores what is left, if there is anything.
static void store_sums_amx(ck_unstored *u) {
  if (u->left == 0) return;
  ck_rows_of_sums upper = {u->sums, u->c, u->step, u->left - u->lower}, lower = {u->sums, u->c, u->step, u->left};
  if (upper.left > 0) {
    store_some_amx(u, upper);
    lower.sums += upper.left * CK_SUMS_RS, lower.c += upper.left * u->step + u->gap, lower.left = u->lower;
  }
  store_some_amx(u, lower);
  u->left = 0;
}
