// The loops (panel, pc, ir): a panel of B against all of A, from the first depth to the last, before the next panel begins. For
// products of few rows: there a panel would be packed for one use alone, so it stays in the L1 of the thread that packs it, its
// sums too, and no thread waits for another. A large K is cut into parts that are summed apart and added in a fixed order.
//
// As in gemm/blocked.c every element is summed in the order of k, part after part. The blocks of K and its parts follow from the
// shape alone, so the bits of C do not depend on threads.
#include <stdatomic.h>

#include "ck_team.h"
#include "gemm/gemm.h"
#include "gemm/panels.h"

typedef struct ck_panel_run {
  const ck_gemm_plan *plan;
  const ck_gemm_operands *operands;
  char *workspace;
  ck_workspace_map map;
  int64_t panels, blocks; ///< of N; of K
  _Atomic int64_t next;   ///< task: a panel and a part of K
} ck_panel_run;

static int64_t block_depth(const ck_gemm_plan *plan, int64_t block) {
  return ck_least(plan->kc, plan->k - block * plan->kc);
}

/// Where the rows from `row` on of packed A lie, block after block of K.
static char *packed_a(const ck_panel_run *run, int64_t block, int64_t row) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t padded = ck_round_up(block_depth(plan, block), plan->kr);
  return run->workspace + run->map.a + (block * plan->kc * plan->m + row * padded) * ck_element_bytes(plan->panel_type);
}

// All of A, once for all panels.
static void pack_a(const ck_panel_run *run, int32_t thread, int32_t threads) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t jobs = run->blocks * plan->row_tiles;
  for (int64_t job = jobs * thread / threads; job < jobs * (thread + 1) / threads; job++) {
    const int64_t block = job / plan->row_tiles, tile = job % plan->row_tiles;
    const ck_a_block place = {tile, tile + 1, block * plan->kc, block_depth(plan, block)};
    ck_pack_a(plan, run->operands, &place, packed_a(run, block, ck_tile_row(plan, tile)));
  }
  if (threads > 1) ck_team_barrier();
}

/// One block of K of one panel.
typedef struct ck_panel_step {
  int64_t block, column, columns;
  const void *b;
  char *sums;        ///< NULL: sums go to C
  bool first, last;  ///< of the part of K
  bool finishes;     ///< the epilogue is due after the last one
} ck_panel_step;

static void run_tiles(const ck_panel_run *run, const ck_panel_step *step) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t depth = block_depth(plan, step->block), padded = ck_round_up(depth, plan->kr), pc = step->block * plan->kc;
  ck_tile t = ck_tile_of(plan, depth, padded);
  t.n = step->columns;
  if (step->sums) t.c_rs = plan->nr, t.alpha = 1, t.beta = 0;
  if (!step->first) t.beta = 1;
  t.fetch_c = !step->sums && step->first;
  for (int64_t tile = 0; tile < plan->row_tiles; tile++) {
    const int64_t row = ck_tile_row(plan, tile), height = ck_tile_row(plan, tile + 1) - row;
    const void *a = (const char *)run->operands->a + (row * plan->a_rs + pc * plan->a_cs) * ck_element_bytes(plan->a_type);
    if (plan->pack_a) a = packed_a(run, step->block, row), t.a_ks = height * plan->kr;
    void *c = step->sums ? step->sums + row * plan->nr * ck_element_bytes(plan->acc_type)
                         : (char *)run->operands->c + (row * plan->c_rs + step->column) * ck_element_bytes(plan->c_type);
    plan->tiles[height](&t, &a, &step->b, c);
    if (!step->last || !step->finishes) continue;
    const ck_finished done = {.sums = c, .sums_rs = t.c_rs, .row = row, .column = step->column, .rows = height, .columns = t.n};
    ck_epilogue_store(plan, run->operands, &done, step->sums ? plan->alpha : 1, step->sums ? plan->beta : 0);
  }
}

static char *sums_of(const ck_panel_run *run, int64_t panel, int64_t part, int32_t thread) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t place = plan->k_parts > 1 ? panel * plan->k_parts + part : thread;
  return run->workspace + run->map.sums + place * run->map.sums_bytes;
}

static void run_task(const ck_panel_run *run, int64_t task, int32_t thread) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t panel = task / plan->k_parts, part = task % plan->k_parts;
  const int64_t begin = run->blocks * part / plan->k_parts, end = run->blocks * (part + 1) / plan->k_parts;
  const bool in_parts = plan->k_parts > 1;
  char *packed = run->workspace + run->map.b + thread * run->map.b_bytes;
  ck_panel_step step = {.column = panel * plan->nr, .finishes = !in_parts && (plan->accumulate || plan->has_epilogue)};
  step.columns = ck_least(plan->nr, plan->n - step.column);
  if (in_parts || plan->accumulate) step.sums = sums_of(run, panel, part, thread);
  for (step.block = begin; step.block < end; step.block++) {
    const int64_t pc = step.block * plan->kc;
    step.first = step.block == begin;
    step.last = step.block + 1 == end;
    if (plan->pack_b) {
      const ck_b_panel place = {step.column, step.columns, pc, block_depth(plan, step.block)};
      const ck_pack_job job = ck_pack_b_job(plan, run->operands, &place, packed);
      ck_pack(&job);
      step.b = packed;
    } else {
      step.b = (const char *)run->operands->b + (pc * plan->b_rs + step.column * plan->b_cs) * ck_element_bytes(plan->b_type);
    }
    run_tiles(run, &step);
  }
}

// The parts of K, added to the first one in their order.
static void add_parts(const ck_panel_run *run, int64_t panel) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t count = plan->m * plan->nr;
  void *sums = sums_of(run, panel, 0, 0);
  for (int64_t part = 1; part < plan->k_parts; part++) {
    const void *more = sums_of(run, panel, part, 0);
    if (plan->acc_type == CK_F64)
      for (int64_t i = 0; i < count; i++) ((double *)sums)[i] += ((const double *)more)[i];
    else
      for (int64_t i = 0; i < count; i++) ((float *)sums)[i] += ((const float *)more)[i];
  }
  const int64_t column = panel * plan->nr;
  const ck_finished done = {
      .sums = sums, .sums_rs = plan->nr, .column = column, .rows = plan->m, .columns = ck_least(plan->nr, plan->n - column)};
  ck_epilogue_store(plan, run->operands, &done, plan->alpha, plan->beta);
}

static void run_thread(void *context, int32_t thread, int32_t threads) {
  ck_panel_run *run = context;
  const ck_gemm_plan *plan = run->plan;
  if (plan->pack_a) pack_a(run, thread, threads);
  const int64_t tasks = run->panels * plan->k_parts;
  for (;;) {
    const int64_t task = atomic_fetch_add_explicit(&run->next, 1, memory_order_relaxed);
    if (task >= tasks) break;
    run_task(run, task, thread);
  }
  if (plan->k_parts <= 1) return;
  if (threads > 1) ck_team_barrier();
  for (int64_t panel = thread; panel < run->panels; panel += threads) add_parts(run, panel);
}

void ck_gemm_by_panel(const ck_gemm_plan *plan, const ck_gemm_operands *operands, char *workspace) {
  ck_panel_run run = {
      .plan = plan,
      .operands = operands,
      .workspace = workspace,
      .map = ck_workspace_of(plan),
      .panels = ck_ceil_div(plan->n, plan->nr),
      .blocks = ck_ceil_div(plan->k, plan->kc),
  };
  ck_team_run(plan->team, run_thread, &run);
}
