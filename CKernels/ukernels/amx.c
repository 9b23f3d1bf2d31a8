// The micro-kernels of AMX: bf16 operands, fp32 sums in tile registers.
//
// A tile of C is 2 x 2 registers of 16 x 16 sums; each TDPBF16PS adds the products of 32 depths, rounding to nearest even and
// taking subnormal numbers for zero, whatever MXCSR says (Intel SDM, TDPBF16PS).
#if defined(__x86_64__)
#include "ukernels/rows.h"
#include "isa/amx.h"
#include "ukernels/amx_sums.h"

/// As LDTILECFG reads it.
typedef struct ck_tile_config {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
} ck_tile_config;

/// What this thread's registers are set up for: rows 0, nothing; and sums that still are to be stored.
typedef struct ck_tiles {
  bool kept;    ///< between two tiles
  bool streams; ///< has stored past the caches since they are
  ck_tile_shape shape;
  ck_unstored unstored;
  ck_sums sums;
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
  store_sums_amx(&own_tiles.unstored, &own_tiles.sums);
  if (own_tiles.streams) _mm_sfence();
  release(&own_tiles);
  own_tiles.kept = own_tiles.streams = false;
}

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

/// The last step, of `left` depths, fewer than the registers hold: of a copy with zeros beyond. `a_is_packed`: then A has them.
static void multiply_rest_amx(const ck_step_sources *s, ck_tile_shape shape, ck_tile_form form, int64_t left, bool a_is_packed) {
  ck_step_copy copy;
  const int64_t pairs = (left + 1) / 2;
  __builtin_memset(copy.b[pairs], 0, (size_t)(CK_TILE_DEPTH / 2 - pairs) * sizeof copy.b[0]);
  const __mmask32 depths = (__mmask32)ck_first(left);
  for (int64_t i = 0; !a_is_packed && i < shape.rows; i++) {
    const bool is_lower = i >= shape.upper;
    const char *row = is_lower ? s->a.second + (i - shape.upper) * s->a.step : s->a.first + i * s->a.step;
    _mm512_store_si512(copy.a[is_lower ? CK_TILE_ROWS + i - shape.upper : i], _mm512_maskz_loadu_epi16(depths, row));
  }
  for (int64_t pair = 0; pair < pairs; pair++) {
    _mm512_store_si512(copy.b[pair], _mm512_loadu_si512(s->b.first + pair * s->b.step));
    if (form.right) _mm512_store_si512(copy.b[pair] + 64, _mm512_loadu_si512(s->b.second + pair * s->b.step));
  }
  form.streams_b = false;
  const ck_tile_source of_a = {copy.a[0], copy.a[CK_TILE_ROWS], sizeof copy.a[0]};
  const ck_step_sources copied = {.a = a_is_packed ? s->a : of_a, .b = {copy.b[0], copy.b[0] + 64, sizeof copy.b[0]}};
  multiply(&copied, form);
}

/// C = alpha sums + beta C. Sums that vectors are to store are left in memory until those of the next tile take their place:
/// these vectors would otherwise wait for the products, and what comes next for the vectors.
CK_INLINE void store_tile_amx(ck_tiles *tiles, const ck_tile *t, char *c, ck_tile_shape shape, ck_tile_form form) {
  // Registers can't be stored past the caches, but vectors of what they hold.
  const bool streams = t->streams_c && t->n * (int64_t)sizeof(float) % CK_LINE == 0;
  const int64_t lower = lower_row_of_c(t, shape);
  if (shape.columns == t->n && ends_in_c(t) && !streams) {
    store_registers((float *)c, t->c_rs, lower, form);
    return;
  }
  store_sums_amx(&tiles->unstored, &tiles->sums);
  store_registers(tiles->sums.at[0], CK_SUMS_RS, CK_LOWER_SUMS, form);
  const float beta = begins_with_c(t) ? 0 : (float)t->beta;
  tiles->streams = tiles->streams || streams;
  tiles->unstored = (ck_unstored){c, t->c_rs, lower, t->n, shape, (float)t->alpha, beta, t->narrow, streams};
}

/// The `index`th of the products that a tile stands for, into C `c`.
CK_INLINE void multiply_product(ck_tiles *tiles, const ck_tile *t, const void *const *a, const void *const *b, char *c,
                                int64_t index, const ck_tile_shape shape, const ck_tile_form form) {
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
    if (left > 0) multiply_rest_amx(&s, shape, form, left, t->a_ks != CK_TILE_DEPTH);
  }
  store_tile_amx(tiles, t, c, shape, form);
}

// One function for all heights: the tile registers' work is the same for each. It begins at 256 bytes, as the same loops take
// 1000 or 1240 GFLOP/s by where they lie, if A is in rows that cross lines (512 x 3072 x 770 on Emerald Rapids); presumably what
// the processor foretells of loads goes by the low bits of their instructions' addresses.
static __attribute__((noinline, aligned(256))) void multiply_tile_amx(CK_TILE_ARGUMENTS, const int rows) {
  ck_tiles *tiles = &own_tiles;
  const ck_tile_shape shape = fit(tiles, t, rows);
  const ck_tile_form form = {.lower = rows > shape.upper, .right = t->n > CK_TILE_ROWS, .streams_b = t->streams_b};
  for (int64_t i = 0; i <= t->more; i++) multiply_product(tiles, t, a, b, (char *)c + i * t->c_step, i, shape, form);
  const bool waits = tiles->kept && t->stores_late && (t->narrow || t->streams_c);
  if (!waits) store_sums_amx(&tiles->unstored, &tiles->sums);
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
