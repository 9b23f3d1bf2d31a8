// Packed panels of A and B, whichever loops ask for them.
#pragma once
#include "ck_gemm.h"
#include "pack/units.h"

/// Tiles `tile` ..< `tile_end` of A, depths `pc` ..< `pc + depth`.
typedef struct ck_a_block {
  int64_t tile, tile_end, pc, depth;
} ck_a_block;

/// A panel of B, or several: `columns` live columns from `column` on, depths `pc` ..< `pc + depth`.
typedef struct ck_b_panel {
  int64_t column, columns, pc, depth;
} ck_b_panel;

/// Whether a run packs an operand: it is to be packed and did not come so.
static inline bool ck_packs_a(const ck_gemm_plan *plan) { return plan->pack_a && !plan->ready_a; }
static inline bool ck_packs_b(const ck_gemm_plan *plan) { return plan->pack_b && !plan->ready_b; }

/// Bytes that an element takes in a panel, with all its parts.
static inline int64_t ck_panel_element_bytes(const ck_gemm_plan *plan) {
  return ck_most(plan->parts, 1) * ck_element_bytes(plan->panel_type);
}

/// Rows that a tile of `height` rows takes in packed A: whole registers of them, whatever the tile loads.
static inline int64_t ck_a_panel_rows(const ck_gemm_plan *plan, int64_t height) {
  return plan->in_tiles ? ck_round_up(height, CK_TILE_ROWS) : height;
}

/// The first row of a tile.
static inline int64_t ck_tile_row(const ck_gemm_plan *plan, int64_t tile) {
  return tile * plan->tile_rows + ck_least(tile, plan->taller_tiles);
}

/// Makes `part` a product of so many rows, in tiles of at most `tallest` and a panel: how many they take at once was said of
/// other heights.
static inline void ck_cut_rows(ck_gemm_plan *part, int64_t rows, int64_t tallest) {
  part->m = rows;
  part->row_tiles = ck_ceil_div(rows, tallest);
  part->tile_rows = rows / ck_most(part->row_tiles, 1);
  part->taller_tiles = rows % ck_most(part->row_tiles, 1);
  part->panels_at_once = 1, part->takes_slices = false;
}

/// What packs tiles of A of one height.
ck_pack_job ck_pack_a_job(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_a_block *block, char *destination);

/// Packs tiles of A, each a panel of its own height, one after another.
void ck_pack_a(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_a_block *block, char *destination);

/// What packs them.
ck_pack_job ck_pack_b_job(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_b_panel *panel, char *destination);

/// Where the caller has A, from a row and a depth on.
static inline const char *ck_source_of_a(const ck_gemm_plan *plan, const ck_gemm_operands *operands, int64_t row, int64_t pc) {
  return (const char *)operands->a + (row * plan->a_rs + pc * plan->a_cs) * ck_element_bytes(plan->a_type);
}

/// The same of B, from a column and a depth on, and of C.
static inline const char *ck_source_of_b(const ck_gemm_plan *plan, const ck_gemm_operands *operands, int64_t column, int64_t pc) {
  return (const char *)operands->b + (pc * plan->b_rs + column * plan->b_cs) * ck_element_bytes(plan->b_type);
}
static inline char *ck_place_of_c(const ck_gemm_plan *plan, const ck_gemm_operands *operands, int64_t row, int64_t column) {
  return (char *)operands->c + (row * plan->c_rs + column) * ck_element_bytes(plan->c_type);
}

/// Whether a tile is deep enough to ask for anything.
static inline bool ck_is_deep(const ck_gemm_plan *plan, int64_t depth) { return depth >= 3 * CK_CHUNK * plan->kr; }

/// Whether a tile asks for anything.
static inline bool ck_fetches(const ck_gemm_plan *plan, int64_t depth) { return plan->fetches && ck_is_deep(plan, depth); }

/// Whether it asks for C.
static inline bool ck_fetches_c(const ck_gemm_plan *plan, int64_t depth) { return plan->fetches_c && ck_fetches(plan, depth); }

/// The first row of a tile in packed A.
static inline int64_t ck_a_panel_row(const ck_gemm_plan *plan, int64_t tile) {
  const int64_t taller = ck_least(tile, plan->taller_tiles);
  return taller * ck_a_panel_rows(plan, plan->tile_rows + 1) + (tile - taller) * ck_a_panel_rows(plan, plan->tile_rows);
}

/// Where a tile of `height` rows lies in A that came packed, from depth `pc` on.
static inline const char *ck_ready_a(const ck_gemm_plan *plan, int64_t tile, int64_t height, int64_t pc) {
  const int64_t before = ck_a_panel_row(plan, tile) * ck_round_up(plan->k, plan->a_kr);
  return (const char *)plan->ready_a + (before + pc * ck_a_panel_rows(plan, height)) * ck_element_bytes(plan->panel_type);
}

/// The same of a panel of B.
static inline const char *ck_ready_b(const ck_gemm_plan *plan, int64_t column, int64_t pc) {
  return (const char *)plan->ready_b +
         (column * ck_round_up(plan->k, plan->kr) + pc * plan->nr) * ck_element_bytes(plan->panel_type);
}

/// Whether tiles ask for further panels of a B that comes packed: where it is of 4 MiB or more, and there are several rows of
/// tiles, or the first would wait for each panel and the others for it (fp32, 32 x 4096 x 4096 on Emerald Rapids 131 to 153
/// GFLOP/s).
static inline bool ck_asks_for_panels(const ck_gemm_plan *plan) {
  enum { least_bytes = 4 << 20 };
  const int64_t bytes = plan->n * plan->k * ck_element_bytes(plan->panel_type);
  return plan->ready_b && plan->fetches && plan->row_tiles > 1 && bytes >= least_bytes;
}

/// Of such a panel, `depth` deep, from `panel` on, as many shares as there are tiles that ask, which make `steps` along K.
static inline ck_shares ck_shares_of_panel(const ck_gemm_plan *plan, const char *panel, int64_t depth, int64_t tiles,
                                           int64_t steps, ck_stream *stream) {
  const int64_t bytes = ck_round_up(depth, plan->kr) * plan->nr * ck_element_bytes(plan->panel_type);
  return ck_bytes_shares(panel, bytes, tiles, steps, stream);
}

/// What lies some chunks ahead in a panel of B that comes packed, where all of B is more than caches hold: hardware follows such
/// a stream by itself, and out of a near cache better (8 x 4096 x 4096 on Zen 5 64 to 101 GFLOP/s, on Emerald Rapids 32 to 57;
/// but 8 x 3072 x 768 there 92 to 75). Nothing for three rows or fewer: the window of a core reaches far enough (one row on Zen
/// 5: unasked 17, asked 13). Nothing for one row of tiles out of the last level: hardware follows that stream too (8 x 3072 x 768
/// on Zen 5: unasked 236, asked 192), but no panels that come again (24 x 768 x 3072: unasked 201, asked 229). Where all tiles
/// share in asking (`ck_asks_for_panels`) the loops by slices have no need of it.
static inline ck_stream ck_panel_stream_ahead(const ck_gemm_plan *plan, const void *panel) {
  enum { chunks = 8, line = 64, least_rows = 4, quiet_times = 16 };
  const int64_t bytes = plan->n * plan->k * ck_element_bytes(plan->panel_type);
  if (plan->m < least_rows || bytes / quiet_times < plan->quiet_bytes) return (ck_stream){};
  if (plan->row_tiles == 1 && bytes < plan->far_bytes) return (ck_stream){};
  const int64_t chunk = (int64_t)CK_CHUNK * plan->kr * plan->nr * ck_element_bytes(plan->panel_type);
  return (ck_stream){.at = (uintptr_t)panel + (uintptr_t)(chunks * chunk),
                     .step = line,
                     .advance = chunk,
                     .count = (int32_t)(chunk / line),
                     .lines = 1};
}

/// Whether tiles of `depth` ask for the next tile's A: if it is more than stays in L1, and not read where it lies in rows
/// (columns) that fall into the same sets of it. Asking takes longer than a shallow tile can wait.
static inline bool ck_fetches_a(const ck_gemm_plan *plan, int64_t depth) {
  enum { least = 24 << 10, page = 4096 };
  const int64_t bytes = ck_element_bytes(plan->a_type), apart = plan->a_cs == 1 ? plan->a_rs : plan->a_cs;
  if (plan->ready_a || !ck_fetches(plan, depth) || plan->m * depth * bytes <= least) return false;
  return plan->pack_a || ((plan->a_cs == 1 || plan->a_rs == 1) && apart * bytes % page != 0);
}

/// Whether a tile copies B into the packed panel of `columns` live columns, beside its multiply-adds: the panel is one that tiles
/// can copy (`copy_b` of a tile), another tile will read it, and B is neither an image nor a sum of matrices, which the plan does
/// not know of.
static inline bool ck_copies_b(const ck_gemm_plan *plan, const ck_gemm_operands *operands, int64_t columns) {
  const bool copies = plan->tiles_copy_b && ck_packs_b(plan) && plan->row_tiles > 1;
  const bool can = columns >= plan->nr || (plan->kr > 1 && !plan->pack_a);
  return copies && can && !operands->b_image && !operands->b_terms;
}

/// Whether a tile that goes to C, with all but this decided, stores it past the caches: it adds nothing to what is there (as the
/// depths do that Strassen's algorithm leaves over, by a plan that says `streams_c`), and lines are whole, so that none is read.
static inline bool ck_streams_c(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_tile *tile) {
  const uintptr_t place = (uintptr_t)operands->c | (uintptr_t)(plan->c_rs * ck_element_bytes(plan->c_type));
  return plan->streams_c && tile->beta == 0 && place % CK_LINE == 0;
}

/// Has such stores, if the plan allows any, seen by whoever sees what this thread stores next.
static inline void ck_end_streams(const ck_gemm_plan *plan) {
#if defined(__x86_64__)
  if (plan->streams_c) __builtin_ia32_sfence();
#else
  (void)plan;
#endif
}

/// The tile of a block of K: `depth` deep, `padded` where A is packed (of A in place the last group of an odd depth is short);
/// `n`, and `a_ks` of packed A, are set for each tile.
static inline ck_tile ck_tile_of(const ck_gemm_plan *plan, int64_t depth, int64_t padded) {
  ck_tile t = plan->tile;
  t.k = plan->pack_a ? padded : depth;
  if (plan->pack_a) t.a_rs = plan->a_kr;
  if (plan->pack_b) t.b_ks = plan->nr * plan->kr;
  if (plan->accumulate) {
    t.alpha = 1;
    t.beta = 0;
    t.narrow = false;
  }
  return t;
}
