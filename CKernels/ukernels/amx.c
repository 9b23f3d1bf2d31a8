// The micro-kernels of AMX: bf16 operands, fp32 sums in tile registers.
//
// A tile of C is 2 x 2 registers of 16 x 16 sums; each TDPBF16PS adds the products of 32 depths, rounding to nearest even and
// taking subnormal numbers for zero, whatever MXCSR says (Intel SDM, TDPBF16PS).
#if defined(__x86_64__)
#include "ukernels/rows.h"
#include "isa/amx.h"

enum { CK_TILE_BYTES = 2 * CK_TILE_DEPTH };

/// As LDTILECFG reads it.
typedef struct ck_tile_config {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
} ck_tile_config;

// Every register whole, always: what an edge lacks is zeros in memory, as setting up anew costs as much as eight products.
static const ck_tile_config whole_tiles = {
    .palette = 1,
    .row_bytes = {64, 64, 64, 64, 64, 64, 64, 64},
    .rows = {16, 16, 16, 16, 16, 16, 16, 16},
};

static _Thread_local bool tiles_are_set_up;

bool ck_tiles_begin_amx(void) {
  if (tiles_are_set_up) return false;
  _tile_loadconfig(&whole_tiles);
  return tiles_are_set_up = true;
}

void ck_tiles_end_amx(void) {
  _tile_release();
  tiles_are_set_up = false;
}

/// Where a register is loaded from.
typedef struct ck_tile_source {
  const void *base;
  int64_t step; ///< bytes from row to row
} ck_tile_source;

typedef struct ck_edge {
  _Alignas(64) char bytes[CK_TILE_ROWS * CK_TILE_BYTES];
} ck_edge;

/// `rows` rows of `live` bytes each, and zeros beyond. Out of the way of the loop over K, which needs it at edges alone.
__attribute__((noinline)) static ck_tile_source copied_amx(const char *from, int64_t step, int64_t rows, int64_t live,
                                                           ck_edge *edge) {
  const __mmask32 some = (__mmask32)((1ull << (live / 2)) - 1);
  for (int64_t i = 0; i < CK_TILE_ROWS; i++) {
    const __m512i row = i < rows ? _mm512_maskz_loadu_epi16(some, from + i * step) : _mm512_setzero_si512();
    _mm512_store_si512(edge->bytes + i * CK_TILE_BYTES, row);
  }
  return (ck_tile_source){edge->bytes, CK_TILE_BYTES};
}

/// 16 rows of A from `row` on. Packed ones are there, whatever the height of the tile.
CK_INLINE ck_tile_source rows_of_a(const ck_tile *t, const ck_native_bf16 *a, int64_t row, int64_t rows, int64_t depth,
                                   ck_edge *edge) {
  const char *from = (const char *)(a + row * t->a_rs);
  const int64_t step = t->a_rs * (int64_t)sizeof *a;
  const bool packed = t->a_ks != CK_TILE_DEPTH;
  if (packed || (rows - row >= CK_TILE_ROWS && depth == CK_TILE_DEPTH)) return (ck_tile_source){from, step};
  return copied_amx(from, step, rows - row, depth * (int64_t)sizeof *a, edge);
}

/// Pairs of depths of 16 columns of B.
CK_INLINE ck_tile_source pairs_of_b(const ck_tile *t, const ck_native_bf16 *b, int64_t column, int64_t depth, ck_edge *edge) {
  const char *from = (const char *)(b + 2 * column);
  const int64_t step = t->b_ks * (int64_t)sizeof *b;
  if (depth == CK_TILE_DEPTH) return (ck_tile_source){from, step};
  return copied_amx(from, step, depth / 2, CK_TILE_BYTES, edge);
}

/// `depth` depths, 32 or fewer. All loads first: 5 to 8 % faster than each beside its products (Emerald Rapids).
CK_INLINE void multiply(const ck_tile *t, const ck_native_bf16 *a, const ck_native_bf16 *b, int64_t rows, int64_t depth) {
  ck_edge edges[4];
  const bool lower = rows > CK_TILE_ROWS, right = t->n > CK_TILE_ROWS;
  const ck_tile_source upper_a = rows_of_a(t, a, 0, rows, depth, &edges[0]), left_b = pairs_of_b(t, b, 0, depth, &edges[2]);
  _tile_loadd(4, upper_a.base, upper_a.step);
  if (lower) {
    const ck_tile_source lower_a = rows_of_a(t, a, CK_TILE_ROWS, rows, depth, &edges[1]);
    _tile_loadd(5, lower_a.base, lower_a.step);
  }
  _tile_loadd(6, left_b.base, left_b.step);
  if (right) {
    const ck_tile_source right_b = pairs_of_b(t, b, CK_TILE_ROWS, depth, &edges[3]);
    _tile_loadd(7, right_b.base, right_b.step);
  }
  _tile_dpbf16ps(0, 4, 6);
  if (right) _tile_dpbf16ps(1, 4, 7);
  if (lower) _tile_dpbf16ps(2, 5, 6);
  if (lower && right) _tile_dpbf16ps(3, 5, 7);
}

/// The sums of a tile, where they don't lie in C as they are.
typedef struct ck_sums {
  _Alignas(64) float at[2 * CK_TILE_ROWS][2 * CK_TILE_ROWS];
} ck_sums;

CK_INLINE bool is_whole(const ck_tile *t, int64_t rows) { return rows == 2 * CK_TILE_ROWS && t->n == 2 * CK_TILE_ROWS; }

CK_INLINE void load_registers(const float *from, int64_t rs) {
  const int64_t step = rs * (int64_t)sizeof *from;
  _tile_loadd(0, from, step);
  _tile_loadd(1, from + CK_TILE_ROWS, step);
  _tile_loadd(2, from + CK_TILE_ROWS * rs, step);
  _tile_loadd(3, from + CK_TILE_ROWS * rs + CK_TILE_ROWS, step);
}

CK_INLINE void store_registers(float *to, int64_t rs) {
  const int64_t step = rs * (int64_t)sizeof *to;
  _tile_stored(0, to, step);
  _tile_stored(1, to + CK_TILE_ROWS, step);
  _tile_stored(2, to + CK_TILE_ROWS * rs, step);
  _tile_stored(3, to + CK_TILE_ROWS * rs + CK_TILE_ROWS, step);
}

/// Whether the sums begin with C: what an earlier block of K has left there costs nothing more to add. A subnormal C counts as
/// zero then.
CK_INLINE bool begins_with_c(const ck_tile *t) { return t->alpha == 1 && t->beta == 1 && !t->narrow; }

CK_INLINE ck_mask live_columns(const ck_tile *t, int64_t column) {
  return ck_first(t->n - column < CK_TILE_ROWS ? t->n - column : CK_TILE_ROWS);
}

static void begin_sums_amx(const ck_tile *t, const float *c, int64_t rows) {
  if (is_whole(t, rows)) {
    load_registers(c, t->c_rs);
    return;
  }
  ck_sums sums = {};
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < t->n; j += CK_TILE_ROWS)
      ck_store(&sums.at[i][j], ck_load_first(c + i * t->c_rs + j, live_columns(t, j)));
  load_registers(sums.at[0], 2 * CK_TILE_ROWS);
}

/// C = alpha sums + beta C for one vector of a row, `some` of its columns.
CK_INLINE void store(const ck_tile *t, void *c, int64_t place, ck_vf sums, float beta, ck_mask some) {
  const ck_vf value = sums * (float)t->alpha;
  float *to = (float *)c + place;
  if (t->narrow) ck_store_first((ck_native_bf16 *)c + place, value, some);
  else if (beta != 0) ck_store_first(to, value + beta * ck_load_first(to, some), some);
  else ck_store_first(to, value, some);
}

static void store_tile_amx(const ck_tile *t, void *c, int64_t rows) {
  const float beta = begins_with_c(t) ? 0 : (float)t->beta;
  if (is_whole(t, rows) && t->alpha == 1 && beta == 0 && !t->narrow) {
    store_registers(c, t->c_rs);
    return;
  }
  ck_sums sums;
  store_registers(sums.at[0], 2 * CK_TILE_ROWS);
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < t->n; j += CK_TILE_ROWS)
      store(t, c, i * t->c_rs + j, ck_load(&sums.at[i][j]), beta, live_columns(t, j));
}

// One function for all heights: the tile registers' work is the same for each.
static void multiply_tile_amx(CK_TILE_ARGUMENTS, const int rows, const int nr) {
  const bool alone = ck_tiles_begin_amx();
  if (begins_with_c(t)) {
    begin_sums_amx(t, c, rows);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  ck_fetching fetching = ck_fetching_of(t, c, t->narrow ? 2 : sizeof(float), rows, nr, t->k / 2);
  for (int64_t s = 0; s < t->blocks; s++) {
    const ck_native_bf16 *a_k = a[s], *b_k = b[s];
    const bool fetches = s + 1 == t->blocks;
    for (int64_t left = t->k; left > 0; left -= CK_TILE_DEPTH, a_k += t->a_ks, b_k += CK_TILE_DEPTH / 2 * t->b_ks) {
      multiply(t, a_k, b_k, rows, left < CK_TILE_DEPTH ? left : CK_TILE_DEPTH);
      if (fetches) ck_fetch_more(&fetching, t, left / 2);
    }
  }
  store_tile_amx(t, c, rows);
  if (alone) ck_tiles_end_amx();
}

CK_INLINE void tile_matrix_bf16(CK_TILE_ARGUMENTS, const int rows, const int nr) { multiply_tile_amx(t, a, b, c, rows, nr); }

#define CK_AMX(family, type, mr, nr) CK_ROW_FUNCTION(family, type, mr, nr, amx)
#include "ukernels/ukernels.def"
#include "isa/end.h"
#endif
