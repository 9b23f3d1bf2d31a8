// Packed panels of A and B, whichever loops ask for them.
#pragma once
#include "ck_gemm.h"
#include "pack/units.h"

/// Tiles `tile` ..< `tile_end` of A, depths `pc` ..< `pc + depth`.
typedef struct ck_a_block {
  int64_t tile, tile_end, pc, depth;
} ck_a_block;

/// A panel of B: `columns` live columns from `column` on, depths `pc` ..< `pc + depth`.
typedef struct ck_b_panel {
  int64_t column, columns, pc, depth;
} ck_b_panel;

/// The first row of a tile.
static inline int64_t ck_tile_row(const ck_gemm_plan *plan, int64_t tile) {
  return tile * plan->tile_rows + ck_least(tile, plan->taller_tiles);
}

/// What packs tiles of A of one height.
ck_pack_job ck_pack_a_job(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_a_block *block, char *destination);

/// Packs tiles of A, each a panel of its own height, one after another.
void ck_pack_a(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_a_block *block, char *destination);

/// What packs a panel of B.
ck_pack_job ck_pack_b_job(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_b_panel *panel, char *destination);

/// Whether tiles ask for the next tile's A: of `elements` in all, where they lie, more than stays in L1, and in rows that don't fall
/// into the same sets of it.
static inline bool ck_fetches_a(const ck_gemm_plan *plan, int64_t elements) {
  enum { least = 24 << 10, page = 4096 };
  const int64_t bytes = ck_element_bytes(plan->a_type);
  return !plan->pack_a && plan->a_cs == 1 && elements * bytes > least && plan->a_rs * bytes % page != 0;
}

/// The tile of a block of K: `depth` deep, `padded` where a panel is packed; `n`, and `a_ks` of packed A, are set for each tile.
static inline ck_tile ck_tile_of(const ck_gemm_plan *plan, int64_t depth, int64_t padded) {
  ck_tile t = plan->tile;
  t.k = plan->pack_b || plan->pack_a ? padded : depth;
  if (plan->pack_a) t.a_rs = plan->kr;
  if (plan->pack_b) t.b_ks = plan->nr * plan->kr;
  if (plan->accumulate) {
    t.alpha = 1;
    t.beta = 0;
    t.narrow = false;
  }
  return t;
}
