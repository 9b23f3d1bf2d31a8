// The micro-kernels of AMX: bf16 operands, fp32 sums in tile registers.
//
// A tile of C is 2 x 2 registers of 16 x 16 sums; each TDPBF16PS adds the products of 32 depths, rounding to nearest even and
// taking subnormal numbers for zero, whatever MXCSR says (Intel SDM, TDPBF16PS).
#if defined(__x86_64__)
#include "ukernels/rows.h"
#include "isa/amx.h"

/// As LDTILECFG reads it.
typedef struct ck_tile_config {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
} ck_tile_config;

/// The live part of the registers: rows of the tile and of the upper registers, its columns, and the depths of a step. What an
/// edge lacks is not loaded, multiplied or stored, and a register of 8 rows is multiplied in little more than half the time of
/// one of 16.
typedef struct ck_tile_shape {
  int16_t rows, upper, columns, depth;
} ck_tile_shape;

/// What this thread's registers are set up for: rows 0, nothing.
typedef struct ck_tiles {
  bool kept; ///< between two tiles
  ck_tile_shape shape;
} ck_tiles;

static _Thread_local ck_tiles own_tiles;

bool ck_tiles_begin_amx(void) {
  if (own_tiles.kept) return false;
  return own_tiles.kept = true;
}

static void release(ck_tiles *tiles) {
  if (tiles->shape.rows > 0) _tile_release();
  tiles->shape.rows = 0;
}

void ck_tiles_end_amx(void) {
  release(&own_tiles);
  own_tiles.kept = false;
}

/// How many rows or columns of `left` a register takes.
CK_INLINE int64_t of_register(int64_t left) { return left < 0 ? 0 : left < CK_TILE_ROWS ? left : CK_TILE_ROWS; }

/// Sets the registers up for `shape`: 0...3 for the sums, upper ones first, 4 and 5 for A, 6 and 7 for B.
static void set_up_amx(ck_tiles *tiles, ck_tile_shape shape) {
  ck_tile_config config = {.palette = 1};
  for (int i = 0; i < 8; i++) {
    const bool is_lower = i == 2 || i == 3 || i == 5, is_right = i == 1 || i == 3 || i == 7;
    const int64_t rows = is_lower ? shape.rows - shape.upper : shape.upper;
    const int64_t columns = of_register(shape.columns - (is_right ? CK_TILE_ROWS : 0));
    const bool is_a = i == 4 || i == 5, is_b = i > 5;
    if ((rows == 0 && !is_b) || (columns == 0 && !is_a)) continue;
    config.rows[i] = (uint8_t)(is_b ? shape.depth / 2 : rows);
    config.row_bytes[i] = (uint16_t)(is_a ? 2 * shape.depth : 4 * columns);
  }
  _tile_loadconfig(&config);
  tiles->shape = shape;
}

/// Depths of a step: 32, but of A in place as many as divide a smaller or uneven `k` into steps of one length, if they do.
static int64_t depth_of_step(const ck_tile *t) {
  if (t->a_ks != CK_TILE_DEPTH || t->k % CK_TILE_DEPTH == 0) return CK_TILE_DEPTH;
  const int64_t steps = (t->k + CK_TILE_DEPTH - 1) / CK_TILE_DEPTH;
  return t->k % (2 * steps) == 0 ? t->k / steps : CK_TILE_DEPTH;
}

/// Whether the sums begin with C: what an earlier block of K has left there costs nothing more to add. A subnormal C counts as
/// zero then.
CK_INLINE bool begins_with_c(const ck_tile *t) { return t->alpha == 1 && t->beta == 1 && !t->narrow; }

/// Whether they are stored to C as they are.
CK_INLINE bool ends_in_c(const ck_tile *t) { return t->alpha == 1 && (t->beta == 0 || t->beta == 1) && !t->narrow; }

/// Sees to it that the registers fit a tile. Fewer columns than they have room for are no reason to set them up anew, which
/// takes 80 ns. Sums that vectors are to load are stored in whole ones, or each load would wait until they have left the queue.
static ck_tile_shape fit(ck_tiles *tiles, const ck_tile *t, int rows) {
  const int64_t columns = ends_in_c(t) ? t->n : (t->n > CK_TILE_ROWS ? 2 * CK_TILE_ROWS : CK_TILE_ROWS);
  const int64_t upper = t->a_lower ? rows / 2 : of_register(rows);
  const ck_tile_shape shape = {(int16_t)rows, (int16_t)upper, (int16_t)columns, (int16_t)depth_of_step(t)}, now = tiles->shape;
  const bool fits =
      now.rows == shape.rows && now.upper == shape.upper && now.depth == shape.depth && now.columns >= shape.columns;
  if (!fits) set_up_amx(tiles, shape);
  return tiles->shape;
}

/// Which registers there are beside the first of each operand; whether B is to leave L1 to others.
typedef struct ck_tile_form {
  bool lower, right, streams_b;
} ck_tile_form;

/// Where row `i` of a tile is among those of the registers, which have room for 16 upper ones.
CK_INLINE int64_t row_in_registers(ck_tile_shape shape, int64_t i) {
  return i < shape.upper ? i : CK_TILE_ROWS + i - shape.upper;
}

/// Elements from C's first row to row `i` of a tile.
CK_INLINE int64_t row_in_c(const ck_tile *t, ck_tile_shape shape, int64_t i) {
  return t->c_lower && i >= shape.upper ? t->c_lower + (i - shape.upper) * t->c_rs : i * t->c_rs;
}

/// Where the registers of an operand are loaded from, and bytes from row to row.
typedef struct ck_tile_source {
  const char *first, *second;
  int64_t step;
} ck_tile_source;

/// The operands of a step.
typedef struct ck_step_sources {
  ck_tile_source a, b;
} ck_step_sources;

/// All loads first: 5 to 8 % faster than each beside its products (Emerald Rapids).
CK_INLINE void multiply(const ck_step_sources *s, const ck_tile_form form) {
  _tile_loadd(4, s->a.first, s->a.step);
  if (form.lower) _tile_loadd(5, s->a.second, s->a.step);
  if (form.streams_b) _tile_stream_loadd(6, s->b.first, s->b.step);
  else _tile_loadd(6, s->b.first, s->b.step);
  if (form.right && form.streams_b) _tile_stream_loadd(7, s->b.second, s->b.step);
  if (form.right && !form.streams_b) _tile_loadd(7, s->b.second, s->b.step);
  _tile_dpbf16ps(0, 4, 6);
  if (form.right) _tile_dpbf16ps(1, 4, 7);
  if (form.lower) _tile_dpbf16ps(2, 5, 6);
  if (form.lower && form.right) _tile_dpbf16ps(3, 5, 7);
}

/// The whole steps of a block; moves the sources on to what is left, and returns how many depths that is. `fetching`: NULL where
/// nothing is asked for.
CK_INLINE int64_t multiply_steps(const ck_tile *t, ck_step_sources *s, ck_tile_form form, int64_t depth, ck_fetching *fetching) {
  const int64_t a_step = 2 * (t->a_ks == CK_TILE_DEPTH ? depth : t->a_ks), b_step = depth * t->b_ks;
  ck_step_sources at = *s;
  int64_t left = t->k;
#pragma clang loop unroll(disable)
  for (; left >= depth; left -= depth) {
    multiply(&at, form);
    at.a.first += a_step, at.a.second += a_step, at.b.first += b_step, at.b.second += b_step;
    if (fetching) ck_fetch_more(fetching, t, left / 2);
  }
  *s = at;
  return left;
}

/// A loop for each form, so that each is but the instructions of its registers: what else is in it keeps those of the next tile
/// from being begun.
CK_INLINE int64_t multiply_whole_steps(const ck_tile *t, ck_step_sources *s, ck_tile_form form, int64_t depth,
                                       ck_fetching *fetching) {
  const bool both = form.lower && form.right;
  if (form.streams_b && both) return multiply_steps(t, s, (ck_tile_form){true, true, true}, depth, fetching);
  if (form.streams_b && form.lower) return multiply_steps(t, s, (ck_tile_form){true, false, true}, depth, fetching);
  if (form.streams_b && form.right) return multiply_steps(t, s, (ck_tile_form){false, true, true}, depth, fetching);
  if (form.streams_b) return multiply_steps(t, s, (ck_tile_form){false, false, true}, depth, fetching);
  if (both) return multiply_steps(t, s, (ck_tile_form){true, true, false}, depth, fetching);
  if (form.lower) return multiply_steps(t, s, (ck_tile_form){true, false, false}, depth, fetching);
  if (form.right) return multiply_steps(t, s, (ck_tile_form){false, true, false}, depth, fetching);
  return multiply_steps(t, s, (ck_tile_form){}, depth, fetching);
}

/// Room for the operands of a step, where they don't lie as registers are loaded.
typedef struct ck_step_copy {
  _Alignas(64) char a[2 * CK_TILE_ROWS][2 * CK_TILE_DEPTH];
  _Alignas(64) char b[CK_TILE_DEPTH / 2][4 * 2 * CK_TILE_ROWS];
} ck_step_copy;

/// The last step, of `left` depths, fewer than the registers hold: of a copy with zeros beyond.
static void multiply_rest_amx(const ck_step_sources *s, ck_tile_shape shape, ck_tile_form form, int64_t left) {
  ck_step_copy copy = {};
  const __mmask32 depths = (__mmask32)ck_first(left);
  for (int64_t i = 0; i < shape.rows; i++) {
    const char *row = i < shape.upper ? s->a.first + i * s->a.step : s->a.second + (i - shape.upper) * s->a.step;
    _mm512_store_si512(copy.a[row_in_registers(shape, i)], _mm512_maskz_loadu_epi16(depths, row));
  }
  for (int64_t pair = 0; pair < (left + 1) / 2; pair++) {
    _mm512_store_si512(copy.b[pair], _mm512_loadu_si512(s->b.first + pair * s->b.step));
    if (form.right) _mm512_store_si512(copy.b[pair] + 64, _mm512_loadu_si512(s->b.second + pair * s->b.step));
  }
  form.streams_b = false;
  const ck_step_sources copied = {.a = {copy.a[0], copy.a[CK_TILE_ROWS], sizeof copy.a[0]},
                                  .b = {copy.b[0], copy.b[0] + 64, sizeof copy.b[0]}};
  multiply(&copied, form);
}

/// The sums of a tile, where they don't lie in C as they are.
typedef struct ck_sums {
  _Alignas(64) float at[2 * CK_TILE_ROWS][2 * CK_TILE_ROWS];
} ck_sums;

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

CK_INLINE ck_mask live_columns(const ck_tile *t, int64_t column) { return ck_first(of_register(t->n - column)); }

static void begin_sums_amx(const ck_tile *t, const float *c, ck_tile_shape shape, ck_tile_form form) {
  if (shape.columns == t->n) {
    load_registers(c, t->c_rs, row_in_c(t, shape, shape.upper), form);
    return;
  }
  ck_sums sums;
  for (int64_t i = 0; i < shape.rows; i++)
    for (int64_t j = 0; j < t->n; j += CK_TILE_ROWS)
      ck_store(&sums.at[row_in_registers(shape, i)][j], ck_load_first(c + row_in_c(t, shape, i) + j, live_columns(t, j)));
  load_registers(sums.at[0], 2 * CK_TILE_ROWS, CK_TILE_ROWS * 2 * CK_TILE_ROWS, form);
}

/// Sums of a row of `n`, rounded to bf16: of a whole one both vectors at once.
CK_INLINE void store_narrow(ck_native_bf16 *to, const float *sums, int64_t n, float alpha) {
  if (n == 2 * CK_TILE_ROWS) {
    const ck_vf left = ck_load(sums) * alpha, right = ck_load(sums + CK_TILE_ROWS) * alpha;
    _mm512_storeu_si512(to, (__m512i)_mm512_cvtne2ps_pbh(right, left));
    return;
  }
  for (int64_t j = 0; j < n; j += CK_TILE_ROWS) ck_store_first(to + j, ck_load(sums + j) * alpha, ck_first(of_register(n - j)));
}

/// C = alpha sums + beta C.
static void store_tile_amx(const ck_tile *t, void *c, ck_tile_shape shape, ck_tile_form form) {
  const float alpha = (float)t->alpha, beta = begins_with_c(t) ? 0 : (float)t->beta;
  // Registers can't be stored past the caches, but vectors of what they hold.
  const bool streams = t->streams_c && t->n * (int64_t)sizeof(float) % CK_LINE == 0;
  if (shape.columns == t->n && ends_in_c(t) && !streams) {
    store_registers(c, t->c_rs, row_in_c(t, shape, shape.upper), form);
    return;
  }
  ck_sums sums;
  store_registers(sums.at[0], 2 * CK_TILE_ROWS, CK_TILE_ROWS * 2 * CK_TILE_ROWS, form);
  // Read once: a store of 16-bit elements might change the tile, for all that the compiler knows.
  const int64_t n = t->n;
  for (int64_t i = 0; i < shape.rows; i++) {
    const float *row = sums.at[row_in_registers(shape, i)];
    const int64_t place = row_in_c(t, shape, i);
    if (t->narrow) {
      store_narrow((ck_native_bf16 *)c + place, row, n, alpha);
      continue;
    }
    for (int64_t j = 0; j < n; j += CK_TILE_ROWS) {
      float *to = (float *)c + place + j;
      const ck_vf value = ck_load(row + j) * alpha;
      if (streams) ck_store_past(to, value);
      else ck_store_first(to, beta != 0 ? value + beta * ck_load_first(to, live_columns(t, j)) : value, live_columns(t, j));
    }
  }
}

/// The `index`th of the products that a tile stands for, into C `c`.
CK_INLINE void multiply_product(const ck_tile *t, const void *const *a, const void *const *b, char *c, int64_t index,
                                const ck_tile_shape shape, const ck_tile_form form) {
  const bool fetches = t->fetch[0].count > 0 || t->fetch[1].count > 0 || t->fetch_c;
  if (begins_with_c(t)) begin_sums_amx(t, (const float *)c, shape, form);
  else clear_registers(form);
  for (int64_t i = 0; i < t->blocks; i++) {
    const char *of_a = (const char *)a[i] + index * t->a_step, *of_b = (const char *)b[i] + index * t->b_step;
    ck_step_sources s = {
        .a = {of_a, of_a + 2 * (t->a_lower ? t->a_lower : CK_TILE_ROWS * t->a_rs), 2 * t->a_rs},
        .b = {of_b, of_b + 4 * CK_TILE_ROWS, 2 * t->b_ks},
    };
    int64_t left;
    if (fetches && i + 1 == t->blocks) {
      const int64_t element = t->narrow ? sizeof(uint16_t) : sizeof(float);
      ck_fetching fetching = ck_fetching_of(t, c, element, t->c_lower ? shape.upper : shape.rows, t->n, t->k / 2);
      if (t->a_ahead) fetching.a = (uintptr_t)of_a + (uintptr_t)t->a_ahead;
      left = multiply_whole_steps(t, &s, form, shape.depth, &fetching);
    } else {
      left = multiply_whole_steps(t, &s, form, shape.depth, NULL);
    }
    if (left > 0) multiply_rest_amx(&s, shape, form, left);
  }
  store_tile_amx(t, c, shape, form);
}

// One function for all heights: the tile registers' work is the same for each.
static void multiply_tile_amx(CK_TILE_ARGUMENTS, const int rows) {
  ck_tiles *tiles = &own_tiles;
  const ck_tile_shape shape = fit(tiles, t, rows);
  const ck_tile_form form = {.lower = rows > shape.upper, .right = t->n > CK_TILE_ROWS, .streams_b = t->streams_b};
  for (int64_t i = 0; i <= t->more; i++) multiply_product(t, a, b, (char *)c + i * t->c_step, i, shape, form);
  if (!tiles->kept) release(tiles);
}

CK_INLINE void tile_matrix_bf16(CK_TILE_ARGUMENTS, const int rows, const int nr) {
  (void)nr;
  multiply_tile_amx(t, a, b, c, rows);
}

#define CK_AMX(family, type, mr, nr) CK_ROW_FUNCTION(family, type, mr, nr, amx)
#include "ukernels/ukernels.def"
#include "isa/end.h"
#endif
