// The macro-kernel: the loops jr and ir round the micro-kernel, over one block of A and a slice of the panels of B. Either one is
// the outer: the panel of B stays in L1 while the block of A passes by, or the tile of A stays while the panels pass.
#include <stddef.h>

#include "gemm/run.h"
#include "gemm/strassen.h"

/// Where a tile's sums go.
static void *sums_of(const ck_run *run, const ck_step *step, int64_t row, int64_t column, void *scratch) {
  const ck_gemm_plan *plan = run->plan;
  if (!plan->accumulate) return (char *)run->operands->c + (row * plan->c_rs + column) * ck_element_bytes(plan->c_type);
  if (!run->sums_in_workspace) return scratch;
  const int64_t band_row = row - ck_tile_row(plan, step->tile);
  return run->workspace + run->map.sums + (band_row * plan->nc + column - step->jc) * ck_element_bytes(plan->acc_type);
}

// Where sums go to several matrices, those of each block of K do.
static bool finishes(const ck_run *run, const ck_step *step) {
  return run->operands->c_terms || (step->last && (run->plan->accumulate || run->plan->has_epilogue));
}

static void fetch(const ck_run *run, const ck_finished *tile) {
  if (run->operands->c_terms) ck_strassen_fetch(run->plan, run->operands, tile);
  else ck_epilogue_fetch(run->plan, run->operands, tile);
}

static void finish(const ck_run *run, const ck_step *step, const ck_finished *tile) {
  const ck_gemm_plan *plan = run->plan;
  if (run->operands->c_terms) ck_strassen_store(plan, run->operands, tile, step->first);
  else ck_epilogue_store(plan, run->operands, tile, plan->accumulate ? plan->alpha : 1, plan->accumulate ? plan->beta : 0);
}

/// What all tiles of a step have in common.
static ck_tile tile_of(const ck_run *run, const ck_step *step) {
  const ck_gemm_plan *plan = run->plan;
  ck_tile t = ck_tile_of(plan, step->depth, step->padded);
  if (plan->accumulate) t.c_rs = run->sums_in_workspace ? plan->nc : plan->nr;
  if (!step->first && !run->operands->c_terms) t.beta = 1;
  t.fetch_c = (!plan->accumulate || run->sums_in_workspace) && ck_fetches(plan, step->depth);
  return t;
}

/// Whether K is too short for a tile to ask for its own C.
static bool asks_ahead(const ck_gemm_plan *plan, const ck_tile *t) { return t->fetch_c && t->k / plan->kr < CK_C_AHEAD; }

/// The blocks that a tile sums over: one of each operand, or for operands in parts every pair of parts that counts, the least
/// products first (Henry, Tang and Heinecke, "Leveraging the bfloat16 Artificial Intelligence Datatype For Higher-Precision
/// Computations", ARITH 2019, section III).
typedef struct ck_blocks {
  const void *a[CK_MAX_PRODUCTS], *b[CK_MAX_PRODUCTS];
} ck_blocks;

static void list_parts(const ck_step *step, const ck_gemm_plan *plan, int64_t height, ck_blocks *blocks) {
  const char *a = blocks->a[0], *b = blocks->b[0];
  const int64_t depth = step->padded * ck_element_bytes(plan->panel_type);
  int32_t count = 0;
  for (int32_t order = plan->parts - 1; order >= 0; order--)
    for (int32_t part = order; part >= 0; part--, count++) {
      blocks->a[count] = a + part * height * depth;
      blocks->b[count] = b + (order - part) * plan->nr * depth;
    }
}

/// B of a panel; `packs`: it may not be packed yet.
static const void *panel_of_b(const ck_run *run, const ck_step *step, int64_t panel, bool packs) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t column = step->jc + panel * plan->nr;
  if (plan->ready_b) return ck_ready_b(plan, column, step->pc);
  if (plan->pack_b) return packs ? ck_packed_panel(run, step, panel) : ck_panel_place(run, step, panel);
  return (const char *)run->operands->b + (step->pc * plan->b_rs + column * plan->b_cs) * ck_element_bytes(plan->b_type);
}

/// A of a tile; what the tile has to know of it goes to `t`.
static const void *tile_of_a(const ck_run *run, const ck_step *step, const ck_task *task, int64_t tile, ck_tile *t) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t row = ck_tile_row(plan, tile), height = ck_tile_row(plan, tile + 1) - row;
  if (!plan->pack_a && !plan->ready_a)
    return (const char *)run->operands->a + (row * plan->a_rs + step->pc * plan->a_cs) * ck_element_bytes(plan->a_type);
  t->a_ks = ck_a_panel_rows(plan, height) * plan->a_kr;
  if (plan->ready_a) return ck_ready_a(plan, tile, height, step->pc);
  const int64_t before = ck_a_panel_row(plan, tile) - ck_a_panel_row(plan, task->tile);
  return task->packed_a + before * ck_round_up(step->depth, plan->a_kr) * ck_panel_element_bytes(plan);
}

/// A tile asks for its share of the A of the next one, where that is read as it lies.
static void ask_for_a(const ck_run *run, const ck_step *step, const ck_task *task, int64_t tile, const ck_share *share,
                      ck_tile *t) {
  t->fetch[0].count = 0;
  if (!ck_fetches_a(run->plan, step->depth) || tile + 1 >= task->tile_end) return;
  const ck_a_block block = {tile + 1, tile + 2, step->pc, step->depth};
  const ck_pack_job job = ck_pack_a_job(run->plan, run->operands, &block, NULL);
  ck_pack_stream(&job, share->part, share->parts, step->padded / run->plan->kr, &t->fetch[0]);
}

/// A tile asks for its share of what packing the walk's panel `place` will read.
static void ask_for_panel(const ck_run *run, const ck_step *step, const ck_task *task, int64_t place, const ck_share *share,
                          ck_tile *t) {
  const ck_gemm_plan *plan = run->plan;
  t->fetch[1].count = 0;
  if (!plan->fetches || !plan->pack_b || plan->ready_b || place >= task->panel_end - task->panel) return;
  ck_panel_stream(run, step, ck_task_panel(task, place), share, &t->fetch[1]);
}

static void run_tile(const ck_run *run, const ck_step *step, ck_tile *t, int64_t tile, int64_t panel, const void *a,
                     const void *b) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t row = ck_tile_row(plan, tile), height = ck_tile_row(plan, tile + 1) - row;
  const int64_t column = step->jc + panel * plan->nr;
  _Alignas(64) double scratch[CK_MAX_MR * CK_MAX_NR];
  void *c = sums_of(run, step, row, column, scratch);
  t->n = ck_least(plan->nr, step->jc + step->columns - column);
  const bool finished = finishes(run, step);
  const ck_finished done = {.sums = c, .sums_rs = t->c_rs, .row = row, .column = column, .rows = height, .columns = t->n};
  ck_blocks blocks;
  blocks.a[0] = a, blocks.b[0] = b;
  if (plan->parts > 1) list_parts(step, plan, height, &blocks);
  if (finished) fetch(run, &done);
  plan->tiles[height](t, blocks.a, blocks.b, c);
  if (finished) finish(run, step, &done);
}

/// Panels in the outer loop. The first one brings A into L2, where the others find it.
static void run_by_panels(const ck_run *run, const ck_step *step, const ck_task *task, ck_tile *t) {
  if (asks_ahead(run->plan, t)) t->c_ahead = run->plan->mr * t->c_rs;
  for (int64_t i = 0; i < task->panel_end - task->panel; i++) {
    const int64_t panel = ck_task_panel(task, i);
    const void *b = panel_of_b(run, step, panel, true);
    for (int64_t tile = task->tile; tile < task->tile_end; tile++) {
      const void *a = tile_of_a(run, step, task, tile, t);
      const ck_share whole = {0, 1}, share = {tile - task->tile, task->tile_end - task->tile};
      if (i == 0) ask_for_a(run, step, task, tile, &whole, t);
      ask_for_panel(run, step, task, i + 1, &share, t);
      run_tile(run, step, t, tile, panel, a, b);
    }
    t->fetch[0].count = 0;
  }
}

/// Tiles in the outer loop. The first one packs the panels, which the others find in L2.
static void run_by_tiles(const ck_run *run, const ck_step *step, const ck_task *task, ck_tile *t) {
  const int64_t panels = task->panel_end - task->panel;
  const bool c_ahead = asks_ahead(run->plan, t);
  for (int64_t tile = task->tile; tile < task->tile_end; tile++) {
    const void *a = tile_of_a(run, step, task, tile, t);
    const bool packs = tile == task->tile;
    for (int64_t i = 0; i < panels; i++) {
      const int64_t panel = ck_task_panel(task, i);
      const void *b = panel_of_b(run, step, panel, packs);
      const ck_share whole = {0, 1}, share = {i, panels};
      ask_for_a(run, step, task, tile, &share, t);
      if (packs) ask_for_panel(run, step, task, i + 1, &whole, t);
      if (c_ahead) {
        const int64_t next = ck_task_panel(task, i + 1 < panels ? i + 1 : 0);
        t->c_ahead = (next - panel) * run->plan->nr + (i + 1 < panels ? 0 : run->plan->mr * t->c_rs);
      }
      run_tile(run, step, t, tile, panel, a, b);
    }
    t->fetch[1].count = 0;
  }
}

void ck_macro_kernel(const ck_run *run, const ck_step *step, const ck_task *task) {
  ck_tile t = tile_of(run, step);
  if (run->plan->tiles_outside) run_by_tiles(run, step, task, &t);
  else run_by_panels(run, step, task, &t);
}
