// The loops jc, ic, pc, (slice) round the macro-kernel: those of Goto and van de Geijn, "Anatomy of High-Performance Matrix
// Multiplication", ACM TOMS 34(3), 2008, sections 4-5, with A and B exchanged, as rows of C are adjacent: a slice of the panels
// of B stays in L2, a tile of A in L1, and all of the block of A passes by.
//
// Contract: A is cut into tiles of at most MR rows, all of nearly the same height (1024 rows by 14 are 62 tiles of 14 and 12 of
// 13, not 73 and a thin one of 2), B into panels of NR columns. Every element of C is summed in the order of k whatever the
// tiles, blocks and threads, so only KC and the micro-kernel's family and ISA decide its bits.
#include <stdatomic.h>

#include "ck_team.h"
#include "gemm/run.h"

enum { CK_TASKS_PER_THREAD = 32, CK_LEAST_TILES = 2, CK_LEAST_PANELS = 2, CK_LINE = 64 };

/// Into tasks: slices of panels that stay in L2, against ranges of tiles. Each thread begins with its own run of tasks, slice
/// after slice; so many tasks that none waits long for the last one. Unless rows are many, threads have slices of their own: what
/// one has packed is slow to come to another (256^3 on two cores of Emerald Rapids 254 to 326 GFLOP/s).
static void partition(const ck_run *run, ck_step *step) {
  const int32_t threads = step->threads;
  step->slices = ck_ceil_div(step->panels, run->plan->slice_panels);
  step->ranges = 1;
  if (threads == 1) return;
  const bool is_tall = step->tiles * run->plan->mr > 2 * step->columns;
  const int64_t own = ck_round_up(step->slices, threads);
  if (!is_tall && own * CK_LEAST_PANELS <= step->panels) step->slices = own;
  const int64_t ranges = ck_ceil_div((int64_t)threads * CK_TASKS_PER_THREAD, step->slices);
  step->ranges = ck_most(1, ck_least(ranges, step->tiles / CK_LEAST_TILES));
  // Still fewer than threads: of thinner slices or ranges, whichever there are.
  if (step->slices * step->ranges < threads) step->slices = ck_least(ck_ceil_div(threads, step->ranges), step->panels);
  if (step->slices * step->ranges < threads) step->ranges = ck_least(ck_ceil_div(threads, step->slices), step->tiles);
}

/// The first of a thread's own tasks.
static int64_t first_task(const ck_step *step, int32_t thread) { return step->slices * step->ranges * thread / step->threads; }

static _Atomic int64_t *taken(const ck_run *run, int64_t step, int64_t thread) {
  return (_Atomic int64_t *)(run->workspace + run->map.taken + (2 * thread + step % 2) * CK_LINE);
}

/// A task of this thread's own, or of the others' when there is none left; the number of tasks when all are taken.
static int64_t next_task(const ck_run *run, const ck_step *step) {
  for (int32_t i = 0; i < step->threads; i++) {
    const int32_t owner = (step->thread + i) % step->threads;
    const int64_t task =
        first_task(step, owner) + atomic_fetch_add_explicit(taken(run, step->index, owner), 1, memory_order_relaxed);
    if (task < first_task(step, owner + 1)) return task;
  }
  return step->slices * step->ranges;
}

/// The slice that a thread comes to after `slice`, be it the first one of the next block of K.
static void look_ahead(const ck_run *run, const ck_step *step, int64_t slice, ck_task *task) {
  const ck_gemm_plan *plan = run->plan;
  task->after = *step;
  if (++slice * step->ranges >= first_task(step, step->thread + 1)) {
    slice = first_task(step, step->thread) / step->ranges;
    task->after.index++;
    task->after.pc += plan->kc;
    if (task->after.pc >= plan->k) return;
    task->after.depth = ck_least(plan->kc, plan->k - task->after.pc);
    task->after.padded = ck_round_up(task->after.depth, plan->kr);
  }
  task->after_panel = step->panels * slice / step->slices;
  task->after_panels = step->panels * (slice + 1) / step->slices - task->after_panel;
}

static void run_step(const ck_run *run, ck_step *step) {
  partition(run, step);
  const bool alone = step->threads == 1;
  if (!alone) atomic_store_explicit(taken(run, step->index + 1, step->thread), 0, memory_order_relaxed);
  for (int64_t count = 0, task; (task = alone ? count++ : next_task(run, step)) < step->slices * step->ranges;) {
    // A thread goes down the tiles with the panels that it has in L2. Threads begin apart, both in tiles and in panels, so that
    // each packs what the others will find packed.
    const int64_t slice = task / step->ranges, range = (task + slice * step->ranges / step->slices) % step->ranges;
    ck_task work = {
        .tile = step->tile + step->tiles * range / step->ranges,
        .tile_end = step->tile + step->tiles * (range + 1) / step->ranges,
        .panel = step->panels * slice / step->slices,
        .panel_end = step->panels * (slice + 1) / step->slices,
    };
    work.start = (work.panel_end - work.panel) * step->thread / step->threads;
    look_ahead(run, step, slice, &work);
    ck_macro_kernel(run, step, &work);
  }
  // The next step overwrites the blocks and goes on with these sums.
  if (!alone) ck_team_barrier();
}

static void run_thread(void *context, int32_t thread, int32_t threads) {
  ck_run *run = context;
  const ck_gemm_plan *plan = run->plan;
  const int64_t rows = run->sums_in_workspace ? run->map.sums_rows : plan->mc;
  const int64_t band = run->sums_in_workspace || ck_packs_a(plan) ? rows / plan->mr : plan->row_tiles;
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
            .thread = thread,
            .threads = threads,
        };
        step.panels = ck_ceil_div(step.columns, plan->nr);
        step.padded = ck_round_up(step.depth, plan->kr);
        run_step(run, &step);
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
  // Nothing is packed yet, and no task taken.
  if (run.map.states_bytes > 0) __builtin_memset(workspace + run.map.a_states, 0, (size_t)run.map.states_bytes);
  ck_team_run(plan->team, run_thread, &run);
}
