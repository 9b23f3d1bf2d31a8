// The loops jc, (band), pc, ic round the macro-kernel, as in Goto and van de Geijn, "Anatomy of High-Performance Matrix
// Multiplication", ACM TOMS 34(3), 2008, sections 4-5, and in BLIS.
//
// Contract: A is cut into tiles of at most MR rows, all of nearly the same height (1024 rows by 14 are 62 tiles of 14 and 12 of
// 13, not 73 and a thin one of 2), B into panels of NR columns. Every element of C is summed in the order of k whatever the
// tiles, blocks and threads, so only KC and the micro-kernel's family and ISA decide its bits.
#include <stdatomic.h>

#include "ck_team.h"
#include "gemm/run.h"

enum { CK_BLOCKS_PER_THREAD = 16, CK_LEAST_TILES = 4, CK_TASKS_PER_THREAD = 4, CK_LEAST_PANELS = 4 };

/// Into tasks. One thread: blocks as large as MC. Several: smaller ones and a multiple of the threads, so that none waits long
/// for the last; where rows are few, slices of the panels too.
static void partition(const ck_run *run, ck_step *step, int32_t threads) {
  step->blocks = ck_ceil_div(step->tiles, run->plan->mc / run->plan->mr);
  step->slices = 1;
  if (threads == 1) return;
  const int64_t finer = ck_least((int64_t)threads * CK_BLOCKS_PER_THREAD, step->tiles / CK_LEAST_TILES);
  if (finer > step->blocks) step->blocks = finer;
  if (step->blocks >= threads) step->blocks = ck_round_up(step->blocks, threads);
  const int64_t slices = ck_ceil_div((int64_t)threads * CK_TASKS_PER_THREAD, step->blocks);
  step->slices = ck_least(slices, ck_ceil_div(step->panels, CK_LEAST_PANELS));
}

static void run_step(ck_run *run, ck_step *step, int32_t thread, int32_t threads) {
  partition(run, step, threads);
  if (thread == 0) atomic_store_explicit(&run->next[(step->index + 1) % 2], 0, memory_order_relaxed);
  char *packed_a = run->workspace + run->map.a + thread * run->map.a_bytes;
  int64_t packed_block = -1;
  for (;;) {
    const int64_t task = atomic_fetch_add_explicit(&run->next[step->index % 2], 1, memory_order_relaxed);
    if (task >= step->blocks * step->slices) break;
    // Neighbouring tasks are of different blocks: with as many threads as blocks, each keeps its own.
    const int64_t block = task % step->blocks, slice = task / step->blocks;
    ck_task work = {
        .tile = step->tile + step->tiles * block / step->blocks,
        .tile_end = step->tile + step->tiles * (block + 1) / step->blocks,
        .panel = step->panels * slice / step->slices,
        .panel_end = step->panels * (slice + 1) / step->slices,
        .packed_a = packed_a,
    };
    // Threads begin apart, so that each packs panels that the others will find packed.
    work.start = (work.panel_end - work.panel) * thread / threads;
    const ck_a_block rows = {work.tile, work.tile_end, step->pc, step->depth};
    if (run->plan->pack_a && !run->plan->ready_a && block != packed_block) ck_pack_a(run->plan, run->operands, &rows, packed_a);
    packed_block = block;
    ck_macro_kernel(run, step, &work);
  }
  // The next step overwrites the block of B and goes on with these sums.
  if (threads > 1) ck_team_barrier();
}

static void run_thread(void *context, int32_t thread, int32_t threads) {
  ck_run *run = context;
  const ck_gemm_plan *plan = run->plan;
  const int64_t band = run->sums_in_workspace ? run->map.sums_rows / plan->mr : plan->row_tiles;
  int64_t index = 0;
  const bool begins = plan->in_tiles && ck_tiles_begin_amx();
  for (int64_t jc = 0; jc < plan->n; jc += plan->nc)
    for (int64_t tile = 0; tile < plan->row_tiles; tile += band)
      for (int64_t pc = 0; pc < plan->k; pc += plan->kc, index++) {
        ck_step step = {
            .index = index,
            .jc = jc,
            .columns = ck_least(plan->nc, plan->n - jc),
            .pc = pc,
            .depth = ck_least(plan->kc, plan->k - pc),
            .tile = tile,
            .tiles = ck_least(band, plan->row_tiles - tile),
            .first = pc == 0,
            .last = pc + plan->kc >= plan->k,
        };
        step.panels = ck_ceil_div(step.columns, plan->nr);
        step.padded = ck_round_up(step.depth, plan->kr);
        run_step(run, &step, thread, threads);
      }
  if (begins) ck_tiles_end_amx();
}

void ck_gemm_blocked(const ck_gemm_plan *plan, const ck_gemm_operands *operands, char *workspace) {
  ck_run run = {
      .plan = plan,
      .operands = operands,
      .workspace = workspace,
      .map = ck_workspace_of(plan),
      .sums_in_workspace = plan->accumulate && plan->k > plan->kc && plan->strassen_levels == 0,
  };
  // No panel is packed yet.
  if (plan->pack_b && !plan->ready_b) __builtin_memset(workspace + run.map.states, 0, (size_t)run.map.states_bytes);
  ck_team_run(plan->team, run_thread, &run);
}
