// The macro-kernel: the loops jr and ir round the micro-kernel, over one block of A and a slice of the panels of B.
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
  if (t.fetch_c && t.k / plan->kr < CK_C_AHEAD) t.c_ahead = plan->mr * t.c_rs;
  return t;
}

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

/// One panel of B against the task's tiles. `ahead` is the panel that comes next, -1 for none. The first
/// panel brings A into L2, where the others find it.
static void run_panel(const ck_run *run, const ck_step *step, const ck_task *task, int64_t panel, int64_t ahead, bool first) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t panel_size = ck_panel_element_bytes(plan), a_size = ck_element_bytes(plan->a_type),
                b_size = ck_element_bytes(plan->b_type);
  const bool finished = finishes(run, step);
  const int64_t column = step->jc + panel * plan->nr;
  _Alignas(64) double scratch[CK_MAX_MR * CK_MAX_NR];
  const void *a, *b;
  if (plan->ready_b) b = ck_ready_b(plan, column, step->pc);
  else if (plan->pack_b) b = ck_packed_panel(run, step, panel);
  else b = (const char *)run->operands->b + (step->pc * plan->b_rs + column * plan->b_cs) * b_size;
  const char *packed = task->packed_a;
  ck_tile t = tile_of(run, step);
  const bool fetches_a = first && ck_fetches_a(plan, step->depth);
  t.n = ck_least(plan->nr, step->jc + step->columns - column);
  ck_blocks blocks;
  for (int64_t tile = task->tile; tile < task->tile_end; tile++) {
    const int64_t row = ck_tile_row(plan, tile), height = ck_tile_row(plan, tile + 1) - row;
    if (plan->ready_a) {
      a = ck_ready_a(plan, tile, height, step->pc);
      t.a_ks = ck_a_panel_rows(plan, height) * plan->a_kr;
    } else if (plan->pack_a) {
      a = packed;
      const int64_t rows = ck_a_panel_rows(plan, height);
      packed += rows * ck_round_up(step->depth, plan->a_kr) * panel_size;
      t.a_ks = rows * plan->a_kr;
    } else {
      a = (const char *)run->operands->a + (row * plan->a_rs + step->pc * plan->a_cs) * a_size;
    }
    void *c = sums_of(run, step, row, column, scratch);
    if (plan->pack_b && !plan->ready_b && ahead >= 0)
      t.fetch[1] = ck_panel_stream(run, step, ahead, tile - task->tile, task->tile_end - task->tile);
    if (fetches_a) {
      const ck_a_block after = {tile + 1, tile + 2, step->pc, step->depth};
      const ck_pack_job job = ck_pack_a_job(plan, run->operands, &after, NULL);
      t.fetch[0] = tile + 1 < task->tile_end ? ck_pack_stream(&job, 0, 1, t.k / plan->kr) : (ck_stream){};
    }
    const ck_finished done = {.sums = c, .sums_rs = t.c_rs, .row = row, .column = column, .rows = height, .columns = t.n};
    if (finished) fetch(run, &done);
    blocks.a[0] = a, blocks.b[0] = b;
    if (plan->parts > 1) list_parts(step, plan, height, &blocks);
    plan->tiles[height](&t, blocks.a, blocks.b, c);
    if (finished) finish(run, step, &done);
  }
}

void ck_macro_kernel(const ck_run *run, const ck_step *step, const ck_task *task) {
  const int64_t panels = task->panel_end - task->panel;
  for (int64_t i = 0; i < panels; i++) {
    const int64_t place = task->start + i, panel = task->panel + place % panels;
    const int64_t ahead = i + 1 < panels ? task->panel + (place + 1) % panels : -1;
    run_panel(run, step, task, panel, ahead, i == 0);
  }
}
