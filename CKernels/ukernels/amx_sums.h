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

/// Sums in memory, the lower registers' after those of 16 upper rows.
typedef struct ck_sums {
  _Alignas(64) float at[2 * CK_TILE_ROWS][2 * CK_TILE_ROWS];
} ck_sums;

/// Where such sums go: C = alpha sums + beta C.
typedef struct ck_unstored {
  char *c; ///< NULL: nothing is left to store
  int64_t c_rs, c_lower, n;
  ck_tile_shape shape;
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

enum { CK_SUMS_RS = 2 * CK_TILE_ROWS, CK_LOWER_SUMS = CK_TILE_ROWS * CK_SUMS_RS };

static void begin_sums_amx(const ck_tile *t, const float *c, ck_tile_shape shape, ck_tile_form form) {
  const int64_t lower = lower_row_of_c(t, shape);
  if (shape.columns == t->n) {
    load_registers(c, t->c_rs, lower, form);
    return;
  }
  ck_sums sums;
  for (int64_t i = 0; i < shape.rows; i++) {
    const bool is_lower = i >= shape.upper;
    const int64_t row = is_lower ? i - shape.upper : i;
    const float *from = c + (is_lower ? lower : 0) + row * t->c_rs;
    for (int64_t j = 0; j < t->n; j += CK_TILE_ROWS)
      ck_store(&sums.at[(is_lower ? CK_TILE_ROWS : 0) + row][j], ck_load_first(from + j, live_columns(t->n, j)));
  }
  load_registers(sums.at[0], CK_SUMS_RS, CK_LOWER_SUMS, form);
}

/// Rows rounded to bf16: of more than 16 columns both vectors at once. `scales`: alpha is not 1; to multiply by it took a tenth
/// of the time of a tile of 64 depths.
CK_INLINE void round_rows_amx(const ck_unstored *u, const float *sums, ck_native_bf16 *to, int64_t rows, const bool scales) {
  const int64_t n = u->n, rs = u->c_rs;
  const ck_vf alpha = _mm512_set1_ps(u->alpha);
  const ck_mask some = ck_first(n);
  for (int64_t i = 0; i < rows; i++, sums += CK_SUMS_RS, to += rs) {
    const ck_vf left = scales ? ck_load(sums) * alpha : ck_load(sums);
    if (n <= CK_TILE_ROWS) {
      ck_store_first(to, left, some);
      continue;
    }
    const ck_vf right = scales ? ck_load(sums + CK_TILE_ROWS) * alpha : ck_load(sums + CK_TILE_ROWS);
    const __m512i both = (__m512i)_mm512_cvtne2ps_pbh(right, left);
    if (n == 2 * CK_TILE_ROWS) _mm512_storeu_si512(to, both);
    else _mm512_mask_storeu_epi16(to, some, both);
  }
}

CK_INLINE void store_rows_amx(const ck_unstored *u, const float *sums, float *c, int64_t rows) {
  for (int64_t i = 0; i < rows; i++, sums += CK_SUMS_RS, c += u->c_rs)
    for (int64_t j = 0; j < u->n; j += CK_TILE_ROWS) {
      const ck_mask live = live_columns(u->n, j);
      const ck_vf value = ck_load(sums + j) * u->alpha;
      if (u->streams) ck_store_past(c + j, value);
      else ck_store_first(c + j, u->beta != 0 ? value + u->beta * ck_load_first(c + j, live) : value, live);
    }
}

/// Stores what is left, if there is anything.
static void store_sums_amx(ck_unstored *u, const ck_sums *sums) {
  if (!u->c) return;
  const float *upper = sums->at[0], *lower = upper + CK_LOWER_SUMS;
  const int64_t below = u->shape.rows - u->shape.upper;
  ck_native_bf16 *narrow = (ck_native_bf16 *)u->c;
  if (u->narrow && u->alpha == 1) {
    round_rows_amx(u, upper, narrow, u->shape.upper, false);
    round_rows_amx(u, lower, narrow + u->c_lower, below, false);
  } else if (u->narrow) {
    round_rows_amx(u, upper, narrow, u->shape.upper, true);
    round_rows_amx(u, lower, narrow + u->c_lower, below, true);
  } else {
    store_rows_amx(u, upper, (float *)u->c, u->shape.upper);
    store_rows_amx(u, lower, (float *)u->c + u->c_lower, below);
  }
  u->c = NULL;
}
