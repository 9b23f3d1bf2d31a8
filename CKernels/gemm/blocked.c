// The loops jc, pc, ic, slice round the macro-kernel: as in Goto and van de Geijn, "Anatomy of High-Performance Matrix
// Multiplication", ACM TOMS 34(3), 2008, sections 4-5, but within a block of A and one of B their roles are exchanged, as rows of
// C are adjacent: a slice of the panels of B stays in L2, a tile of A nearer, and all of the block of A passes by.
//
// Contract: A is cut into tiles of at most MR rows, all of nearly the same height (1024 rows by 14 are 62 tiles of 14 and 12 of
// 13, not 73 and a thin one of 2), B into panels of NR columns. Every element of C is summed in the order of k whatever the
// tiles, blocks and threads, so only KC and the micro-kernel's family and ISA decide its bits.
#include <stdatomic.h>

#include "ck_team.h"
#include "gemm/run.h"

enum { CK_TASKS_PER_THREAD = 32, CK_LEAST_TILES = 2, CK_LEAST_PANELS = 2 };

/// Into tasks: slices of panels that stay in L2, against ranges of tiles. Each thread begins with its own run of tasks, slice
/// after slice; so many tasks that none waits long for the last one. Unless rows are many, threads have slices of their own: what
/// one has packed is slow to come to another (256^3 on two cores of Emerald Rapids: 254 GFLOP/s, and 326 by loops that share no
/// panel).
static void partition(const ck_run *run, ck_step *step) {
  const int32_t threads = step->threads;
  step->slices = ck_ceil_div(step->panels, run->plan->slice_panels);
  step->ranges = 1;
  if (threads == 1) return;
  const int64_t rows = ck_tile_row(run->plan, step->tile + step->tiles) - ck_tile_row(run->plan, step->tile);
  const bool is_tall = rows > 2 * step->columns;
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
  return (_Atomic int64_t *)(run->workspace + run->map.taken + thread * CK_TAKEN_BYTES + step % 2 * CK_LINE);
}

/// A task of this thread's own, or of the others' when there is none left; the number of tasks when all are taken.
static int64_t next_task(const ck_run *run, ck_step *step) {
  for (; step->finished < step->threads; step->finished++) {
    const int32_t owner = (step->thread + step->finished) % step->threads;
    const int64_t task =
        first_task(step, owner) + atomic_fetch_add_explicit(taken(run, step->index, owner), 1, memory_order_relaxed);
    if (task < first_task(step, owner + 1)) return task;
  }
  return step->slices * step->ranges;
}

/// The step `index` of the outer loops: of jc, then of pc and the bands of A, so that a block of B is packed once for all bands;
/// or of the bands and then pc where the sums of a band wait in the workspace for the next block of K.
static ck_step step_of(const ck_run *run, int64_t index) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t jc = index / (run->blocks * run->bands) * plan->nc, i = index % (run->blocks * run->bands);
  const int64_t band = run->sums_in_workspace ? i / run->blocks : i % run->bands;
  const int64_t pc = (run->sums_in_workspace ? i % run->blocks : i / run->bands) * plan->kc;
  ck_step step = {
      .index = index,
      .b_index = run->sums_in_workspace ? index : index / run->bands,
      .jc = jc,
      .columns = ck_least(plan->nc, plan->n - jc),
      .pc = pc,
      .depth = ck_least(plan->kc, plan->k - pc),
      .tile = band * run->band,
      .first = pc == 0,
      .last = pc + plan->kc >= plan->k,
  };
  step.tiles = ck_least(run->band, plan->row_tiles - step.tile);
  step.panels = ck_ceil_div(step.columns, plan->nr);
  step.padded = ck_round_up(step.depth, plan->kr);
  return step;
}

static int64_t steps_of(const ck_run *run) { return ck_ceil_div(run->plan->n, run->plan->nc) * run->blocks * run->bands; }

/// The slice that a thread comes to after `slice`, be it the first one of the next step.
static void look_ahead(const ck_run *run, const ck_step *step, int64_t slice, ck_task *task) {
  task->after = *step;
  if (++slice * step->ranges >= first_task(step, step->thread + 1)) {
    if (step->index + 1 == steps_of(run)) return;
    slice = first_task(step, step->thread) / step->ranges;
    task->after = step_of(run, step->index + 1);
  }
  task->after_panel = step->panels * slice / step->slices;
  task->after_panels = ck_least(step->panels * (slice + 1) / step->slices, task->after.panels) - task->after_panel;
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
  const ck_run *run = context;
  const bool begins = run->plan->in_tiles && ck_tiles_begin_amx();
  for (int64_t index = 0; index < steps_of(run); index++) {
    ck_step step = step_of(run, index);
    step.thread = thread, step.threads = threads;
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
      .blocks = ck_ceil_div(plan->k, plan->kc),
      .band = plan->row_tiles,
  };
  if (run.sums_in_workspace) run.band = run.map.sums_rows / plan->mr;
  else if (ck_packs_a(plan)) run.band = plan->mc / plan->mr;
  run.bands = ck_ceil_div(plan->row_tiles, run.band);
  // Nothing is packed yet, and no task taken.
  if (run.map.states_bytes > 0) __builtin_memset(workspace + run.map.a_states, 0, (size_t)run.map.states_bytes);
  ck_team_run(plan->team, run_thread, &run);
}
