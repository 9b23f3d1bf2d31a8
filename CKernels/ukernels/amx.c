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
  store_sums_amx(&own_tiles.unstored);
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

/// The whole steps of a block: where its operands lie, in bytes, and what is left.
typedef struct ck_steps {
  const char *a, *lower_a, *b;
  int64_t a_rs, b_ks;     ///< from row to row of A, from pair to pair of depths of B
  int64_t a_step, b_step; ///< from one step to the next
  int64_t count, depth;   ///< steps that are to come, and depths of each
} ck_steps;

/// Before each load, so that seldom two begin in the same 16 bytes of code, which makes a loop up to 13 % slower (Emerald Rapids,
/// where operands come from L2: steps of 56.0 to 49.5 ns).
#define CK_LOAD_OF_ITS_OWN() __asm__ volatile(".p2align 4")

CK_INLINE void load_upper_a(const ck_steps *s) {
  CK_LOAD_OF_ITS_OWN();
  _tile_loadd(4, s->a, s->a_rs);
}

CK_INLINE void load_lower_a(const ck_steps *s) {
  CK_LOAD_OF_ITS_OWN();
  _tile_loadd(5, s->lower_a, s->a_rs);
}

CK_INLINE void load_b(const ck_steps *s, const ck_tile_form form) {
  CK_LOAD_OF_ITS_OWN();
  if (form.streams_b) _tile_stream_loadd(6, s->b, s->b_ks);
  else _tile_loadd(6, s->b, s->b_ks);
  if (!form.right) return;
  CK_LOAD_OF_ITS_OWN();
  if (form.streams_b) _tile_stream_loadd(7, s->b + CK_LINE, s->b_ks);
  else _tile_loadd(7, s->b + CK_LINE, s->b_ks);
}

/// How the products of a step are made.
typedef struct ck_manner {
  bool loads_first; ///< all registers are loaded before the first product; else the lower rows of A after it
  int rows;         ///< so many rows of what the last tile has left are rounded after each product
} ck_manner;

CK_INLINE void multiply(const ck_steps *s, const ck_tile_form form, ck_rows_of_sums *beside, const ck_manner manner) {
  load_upper_a(s);
  if (form.lower && manner.loads_first) load_lower_a(s);
  load_b(s, form);
  _tile_dpbf16ps(0, 4, 6);
  for (int i = 0; i < manner.rows; i++) round_beside_amx(beside);
  if (form.lower && !manner.loads_first) load_lower_a(s);
  if (form.right) _tile_dpbf16ps(1, 4, 7);
  for (int i = 0; i < manner.rows; i++) round_beside_amx(beside);
  if (form.lower) _tile_dpbf16ps(2, 5, 6);
  for (int i = 0; i < manner.rows; i++) round_beside_amx(beside);
  if (form.lower && form.right) _tile_dpbf16ps(3, 5, 7);
  for (int i = 0; i < manner.rows; i++) round_beside_amx(beside);
}

/// All steps; moves the operands on to what is left. `fetching`: NULL where nothing is asked for. Rows are rounded as long as
/// there are some for each product of a step (256^3 into bf16 on Emerald Rapids, with the loads' order and places, 1451 to 1671
/// GFLOP/s). Where nothing is asked for, a product before the last of the loads saves 2 to 4 %; beside asking it costs as much.
CK_INLINE void multiply_steps(const ck_tile *t, ck_steps *steps, ck_fetching *fetching, ck_unstored *unstored,
                              const ck_tile_form form, const int rows) {
  const ck_manner plain = {.loads_first = fetching != NULL}, rounding = {plain.loads_first, rows};
  ck_steps s = *steps;
  ck_rows_of_sums beside = {};
  if (rows > 0) beside = (ck_rows_of_sums){unstored->sums, unstored->c, unstored->step, unstored->left};
#pragma clang loop unroll(disable)
  for (; s.count > 0; s.count--) {
    if (rows > 0 && beside.left >= 4 * rows) multiply(&s, form, &beside, rounding);
    else multiply(&s, form, NULL, plain);
    s.a += s.a_step, s.lower_a += s.a_step, s.b += s.b_step;
    if (fetching) ck_fetch_more(fetching, t, s.count * (s.depth / 2));
  }
  *steps = s;
  if (rows > 0) unstored->sums = beside.sums, unstored->c = beside.c, unstored->left = beside.left;
}

/// How many rows of what the last tile has left are to be rounded beside each product of `steps`: 1, 2 or 4, by which as many as
/// can be are so; `store_sums_amx` does the rest. 0: none can be.
CK_INLINE int rows_beside(int64_t steps, ck_tile_form form, const ck_unstored *u) {
  if (!is_rounded_beside(u) || !form.lower || !form.right) return 0;
  return 4 * steps >= u->left ? 1 : 8 * steps >= u->left ? 2 : 4;
}

CK_INLINE void multiply_and_round(const ck_tile *t, ck_steps *steps, ck_fetching *fetching, ck_unstored *unstored,
                                  const ck_tile_form form, int rows) {
  if (rows == 1) multiply_steps(t, steps, fetching, unstored, form, 1);
  else if (rows == 2) multiply_steps(t, steps, fetching, unstored, form, 2);
  else if (rows == 4) multiply_steps(t, steps, fetching, unstored, form, 4);
  else multiply_steps(t, steps, fetching, unstored, form, 0);
}

/// A loop for each form, so that each is but the instructions of its registers: what else is in it keeps those of the next tile
/// from being begun.
CK_INLINE void multiply_all(const ck_tile *t, ck_steps *steps, ck_fetching *fetching, ck_unstored *u, ck_tile_form form,
                            int rows) {
  const bool both = form.lower && form.right;
  if (both && form.streams_b) multiply_and_round(t, steps, fetching, u, (ck_tile_form){true, true, true}, rows);
  else if (both) multiply_and_round(t, steps, fetching, u, (ck_tile_form){true, true, false}, rows);
  else if (form.streams_b && form.lower) multiply_steps(t, steps, fetching, u, (ck_tile_form){true, false, true}, 0);
  else if (form.streams_b && form.right) multiply_steps(t, steps, fetching, u, (ck_tile_form){false, true, true}, 0);
  else if (form.streams_b) multiply_steps(t, steps, fetching, u, (ck_tile_form){false, false, true}, 0);
  else if (form.lower) multiply_steps(t, steps, fetching, u, (ck_tile_form){true, false, false}, 0);
  else if (form.right) multiply_steps(t, steps, fetching, u, (ck_tile_form){false, true, false}, 0);
  else multiply_steps(t, steps, fetching, u, (ck_tile_form){}, 0);
}

/// Room for the operands of a step, where they don't lie as registers are loaded.
typedef struct ck_step_copy {
  _Alignas(64) char a[2 * CK_TILE_ROWS][2 * CK_TILE_DEPTH];
  _Alignas(64) char b[CK_TILE_DEPTH / 2][4 * 2 * CK_TILE_ROWS];
} ck_step_copy;

/// The last step, of `left` depths, fewer than the registers hold: of a copy with zeros beyond. `a_is_packed`: then A has them.
static void multiply_rest_amx(const ck_steps *s, ck_tile_shape shape, ck_tile_form form, int64_t left, bool a_is_packed) {
  ck_step_copy copy;
  const int64_t pairs = (left + 1) / 2;
  __builtin_memset(copy.b[pairs], 0, (size_t)(CK_TILE_DEPTH / 2 - pairs) * sizeof copy.b[0]);
  const __mmask32 depths = (__mmask32)ck_first(left);
  for (int64_t i = 0; !a_is_packed && i < shape.rows; i++) {
    const bool is_lower = i >= shape.upper;
    const char *row = is_lower ? s->lower_a + (i - shape.upper) * s->a_rs : s->a + i * s->a_rs;
    _mm512_store_si512(copy.a[is_lower ? CK_TILE_ROWS + i - shape.upper : i], _mm512_maskz_loadu_epi16(depths, row));
  }
  for (int64_t pair = 0; pair < pairs; pair++) {
    _mm512_store_si512(copy.b[pair], _mm512_loadu_si512(s->b + pair * s->b_ks));
    if (form.right) _mm512_store_si512(copy.b[pair] + CK_LINE, _mm512_loadu_si512(s->b + CK_LINE + pair * s->b_ks));
  }
  form.streams_b = false;
  ck_steps copied = {.a = s->a, .lower_a = s->lower_a, .a_rs = s->a_rs, .b = copy.b[0], .b_ks = sizeof copy.b[0]};
  if (!a_is_packed) copied.a = copy.a[0], copied.lower_a = copy.a[CK_TILE_ROWS], copied.a_rs = sizeof copy.a[0];
  multiply(&copied, form, NULL, (ck_manner){});
}

/// C = alpha sums + beta C. Sums that vectors are to store are left in memory until those of the next tile take their place:
/// these vectors would otherwise wait for the products, and what comes next for the vectors. Most are rounded beside these
/// products.
CK_INLINE void store_tile_amx(ck_tiles *tiles, const ck_tile *t, char *c, ck_tile_shape shape, ck_tile_form form) {
  // Registers can't be stored past the caches, but vectors of what they hold.
  const bool streams = t->streams_c && t->n * (int64_t)sizeof(float) % CK_LINE == 0;
  const int64_t lower = lower_row_of_c(t, shape);
  if (shape.columns == t->n && ends_in_c(t) && !streams) {
    store_registers((float *)c, t->c_rs, lower, form);
    return;
  }
  store_sums_amx(&tiles->unstored);
  store_registers(tiles->sums.at[0], CK_SUMS_RS, shape.upper * CK_SUMS_RS, form);
  tiles->streams = tiles->streams || streams;
  const int64_t element = t->narrow ? sizeof(uint16_t) : sizeof(float);
  tiles->unstored = (ck_unstored){.sums = tiles->sums.at[0],
                                  .c = c,
                                  .step = t->c_rs * element,
                                  .gap = (lower - shape.upper * t->c_rs) * element,
                                  .left = shape.rows,
                                  .lower = shape.rows - shape.upper,
                                  .n = t->n,
                                  .alpha = (float)t->alpha,
                                  .beta = begins_with_c(t) ? 0 : (float)t->beta,
                                  .narrow = t->narrow,
                                  .streams = streams};
}

/// What all blocks have in common.
CK_INLINE ck_steps steps_of_block(const ck_tile *t, int64_t depth) {
  return (ck_steps){.a_rs = 2 * t->a_rs,
                    .b_ks = 2 * t->b_ks,
                    .a_step = 2 * (t->a_ks == CK_TILE_DEPTH ? depth : t->a_ks),
                    .b_step = depth * t->b_ks,
                    .count = t->k / depth,
                    .depth = depth};
}

/// The `index`th of the products that a tile stands for, into C `c`.
CK_INLINE void multiply_product(ck_tiles *tiles, const ck_tile *t, const void *const *a, const void *const *b, char *c,
                                int64_t index, const ck_steps *of_block, const ck_tile_shape shape, const ck_tile_form form) {
  const bool fetches = t->fetch[0].count > 0 || t->fetch[1].count > 0 || t->fetch_c;
  const int rows = fetches ? 0 : rows_beside(t->blocks * of_block->count, form, &tiles->unstored);
  const int64_t lower_a = 2 * (t->a_lower ? t->a_lower : CK_TILE_ROWS * t->a_rs), left = t->k - of_block->count * shape.depth;
  if (begins_with_c(t)) begin_sums_amx(t, (const float *)c, shape, form);
  else clear_registers(form);
  for (int64_t i = 0; i < t->blocks; i++) {
    ck_steps steps = *of_block;
    steps.a = (const char *)a[i] + index * t->a_step, steps.lower_a = steps.a + lower_a;
    steps.b = (const char *)b[i] + index * t->b_step;
    if (fetches && i + 1 == t->blocks) {
      const int64_t element = t->narrow ? sizeof(uint16_t) : sizeof(float);
      ck_fetching fetching = ck_fetching_of(t, c, element, t->c_lower ? shape.upper : shape.rows, t->n, t->k / 2);
      if (t->a_ahead) fetching.a = (uintptr_t)steps.a + (uintptr_t)t->a_ahead;
      multiply_all(t, &steps, &fetching, &tiles->unstored, form, 0);
    } else {
      multiply_all(t, &steps, NULL, &tiles->unstored, form, rows);
    }
    if (left > 0) multiply_rest_amx(&steps, shape, form, left, t->a_ks != CK_TILE_DEPTH);
  }
  store_tile_amx(tiles, t, c, shape, form);
}

// One function for all heights: the tile registers' work is the same for each.
static __attribute__((noinline)) void multiply_tile_amx(CK_TILE_ARGUMENTS, const int rows) {
  ck_tiles *tiles = &own_tiles;
  const ck_tile_shape shape = fit(tiles, t, rows);
  const ck_tile_form form = {.lower = rows > shape.upper, .right = t->n > CK_TILE_ROWS, .streams_b = t->streams_b};
  const ck_steps of_block = steps_of_block(t, shape.depth);
  for (int64_t i = 0; i <= t->more; i++) multiply_product(tiles, t, a, b, (char *)c + i * t->c_step, i, &of_block, shape, form);
  const bool waits = tiles->kept && t->stores_late && (t->narrow || t->streams_c);
  if (!waits) store_sums_amx(&tiles->unstored);
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
