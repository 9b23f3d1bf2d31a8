// What the tiles of the loops by slices ask the caches for.
#include <stddef.h>

#include "gemm/slice.h"

/// Where A lies by columns, a tile takes a narrow piece of each, which no hardware follows. Of few panels all tiles share in
/// asking for the next block's, whole (64 x 64 x 100000 on Zen 5: 144 to 211 GFLOP/s; but 64 x 3136 x 576 237 to 230). Else the
/// first panel brings A into L2, where the others find it; packed A came there when it was packed.
static ck_asking asking_for_a(const ck_slice_run *run, const ck_slice_step *at) {
  enum { most_panels = 16 };
  const ck_gemm_plan *plan = run->plan;
  const int64_t depth = ck_block_depth(plan, at->block), panels = at->slice->panel_end - at->slice->panel;
  if (plan->pack_a || run->next || !ck_fetches(plan, depth)) return CK_ASKS_FOR_NOTHING;
  const bool more = at->block + 1 < at->slice->block_end;
  const bool in_columns = plan->a_rs == 1 && at->groups == 0 && panels <= most_panels && more;
  if (in_columns && plan->row_tiles > 1) return CK_ASKS_FOR_COLUMNS;
  return in_columns || ck_fetches_a(plan, depth) ? CK_ASKS_FOR_TILES : CK_ASKS_FOR_NOTHING;
}

/// A share of the next block's columns for every second tile: of several lines each, they take the stream of B, of which the
/// other tiles ask. That stream ends in L2: L1 has no room for all columns.
static void ask_in_turn(const ck_slice_run *run, const ck_slice_step *at, int64_t tile, ck_tile *t) {
  const ck_gemm_plan *plan = run->plan;
  const ck_slice *slice = at->slice;
  const int64_t depth = ck_block_depth(plan, at->block), steps = ck_ceil_div(depth, plan->kr);
  const int64_t panels = slice->panel_end - slice->panel, turns = plan->row_tiles / 2;
  if (tile % 2 == 0) {
    if (tile > 0) t->fetch[1].count = 0;
    if (!at->next) return;
    ck_shares shares = ck_pack_shares(at->next, ck_ceil_div(plan->row_tiles, 2), steps, &t->fetch[1]);
    ck_skip_shares(&shares, tile / 2, &t->fetch[1]);
    return;
  }
  const ck_a_block block = {0, plan->row_tiles, (at->block + 1) * plan->kc, depth};
  const ck_pack_job columns = ck_pack_a_job(plan, run->operands, &block, NULL);
  ck_shares shares = ck_pack_shares(&columns, panels * turns, steps, &t->fetch[1]);
  ck_skip_shares(&shares, (at->panel - slice->panel) * turns + tile / 2, &t->fetch[1]);
}

/// The next tile of this block, or the first of the next one, where A lies in rows or columns.
static void ask_for_tile(const ck_slice_run *run, const ck_slice_step *at, int64_t tile, ck_tile *t) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t bytes = ck_element_bytes(plan->a_type), chunk = CK_CHUNK * (int64_t)plan->kr, pc = at->block * plan->kc;
  const bool wraps = tile + 1 == plan->row_tiles, in_rows = plan->a_cs == 1;
  ck_stream *stream = &t->fetch[0];
  stream->count = 0;
  if (wraps ? at->panel + 1 < at->slice->panel_end : at->panel > at->slice->panel) return;
  const int64_t ahead = wraps ? 0 : tile + 1, row = ck_tile_row(plan, ahead), rows = ck_tile_row(plan, ahead + 1) - row;
  stream->at = (uintptr_t)ck_source_of_a(plan, run->operands, row, wraps ? pc + ck_block_depth(plan, at->block) : pc);
  stream->step = (in_rows ? plan->a_rs : plan->a_cs) * bytes;
  stream->advance = in_rows ? chunk * bytes : chunk * stream->step;
  stream->count = (int32_t)(in_rows ? rows : chunk);
  stream->lines = 1;
}

/// Whether all tiles ask for what follows the step's panel where B came packed, if anything does: its next block, or the next
/// panel, which comes next where slices are single panels and one thread goes on from one to the other.
static bool asks_for_panel(const ck_slice_run *run, const ck_slice_step *at) {
  const bool is_single = at->groups == 0 && at->slice->panel_end - at->slice->panel == 1;
  const bool goes_on = at->panel + 1 < run->panels || at->block + 1 < run->blocks;
  return is_single && goes_on && ck_asks_for_panels(run->plan);
}

void ck_slice_begin_asking(const ck_slice_run *run, const ck_slice_step *at, ck_slice_asks *asks, ck_tile *t) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t tiles = plan->row_tiles, steps = ck_ceil_div(t->k, plan->kr);
  *asks = (ck_slice_asks){.of_a = asking_for_a(run, at)};
  if (run->next) {
    ck_product_stream(plan, run->operands, run->next, run->panels * tiles, steps, t->fetch, asks->shares);
    for (int s = 0; s < 2; s++) ck_skip_shares(&asks->shares[s], at->panel * tiles, &t->fetch[s]);
  } else if (at->next && asks->of_a != CK_ASKS_FOR_COLUMNS) {
    asks->shares[1] = ck_pack_shares(at->next, tiles, steps, &t->fetch[1]);
  } else if (asks_for_panel(run, at) && asks->of_a != CK_ASKS_FOR_COLUMNS) {
    const int64_t depth = ck_block_depth(plan, at->block);
    const char *next = ck_ready_b(plan, at->panel * plan->nr, at->block * plan->kc + ck_round_up(depth, plan->kr));
    asks->shares[1] = ck_shares_of_panel(plan, next, depth, tiles, steps, &t->fetch[1]);
  }
}

void ck_slice_ask(const ck_slice_run *run, const ck_slice_step *at, int64_t tile, ck_slice_asks *asks, ck_tile *t) {
  if (tile > 0)
    for (int s = 0; s < 2; s++) ck_skip_shares(&asks->shares[s], 1, &t->fetch[s]);
  if (asks->of_a == CK_ASKS_FOR_COLUMNS) ask_in_turn(run, at, tile, t);
  if (asks->of_a == CK_ASKS_FOR_TILES) ask_for_tile(run, at, tile, t);
}
