// The loops (slice, pc, jr, ir): a slice of the panels of B against all of A. For products of few rows: there a panel would be
// packed for one use alone, so it stays in the L1 or L2 of the thread that packs it, and no thread waits for another. Where B
// lies along K a slice is one panel, whose sums stay in L1 too; where B lies along N it is a wide one, whose rows are read from
// end to end. A large K is cut into parts that are summed apart and added in a fixed order.
//
// As in gemm/blocked.c every element is summed in the order of k, part after part. The blocks of K and its parts follow from the
// shape alone, so the bits of C do not depend on threads.
#include <stddef.h>

#include "ck_team.h"
#include "gemm/slice.h"

/// Where a tile of packed A lies, block after block of K.
static char *packed_a(const ck_slice_run *run, int64_t block, int64_t tile) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t padded = ck_round_up(ck_block_depth(plan, block), plan->a_kr), rows = ck_a_panel_row(plan, plan->row_tiles);
  const int64_t place = block * plan->kc * rows + ck_a_panel_row(plan, tile) * padded;
  return run->workspace + run->map.a + place * ck_element_bytes(plan->panel_type);
}

// All of A, once for all panels.
static void pack_a(const ck_slice_run *run, int32_t thread, int32_t threads) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t jobs = run->blocks * plan->row_tiles;
  for (int64_t job = jobs * thread / threads; job < jobs * (thread + 1) / threads; job++) {
    const int64_t block = job / plan->row_tiles, tile = job % plan->row_tiles;
    const ck_a_block place = {tile, tile + 1, block * plan->kc, ck_block_depth(plan, block)};
    ck_pack_a(plan, run->operands, &place, packed_a(run, block, tile));
  }
  if (threads > 1) ck_team_barrier();
}

static ck_pack_job job_of(const ck_slice_run *run, const ck_slice *slice, int64_t panel, int64_t block) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t column = panel * plan->nr;
  const ck_b_panel place = {column, ck_least(plan->nr, plan->n - column), block * plan->kc, ck_block_depth(plan, block)};
  return ck_pack_b_job(plan, run->operands, &place, slice->packed);
}

/// Whether the first tile packs a panel by copying it.
static bool copies_panel(const ck_slice_run *run, int64_t panel) {
  return ck_copies_b(run->plan, run->operands, run->plan->n - panel * run->plan->nr);
}

/// Has the tile take `groups` times as many panels as it can at once.
static void take_several(const ck_slice_run *run, int64_t groups, ck_dtype c_type, ck_tile *t) {
  const ck_gemm_plan *plan = run->plan;
  t->beside = plan->panels_at_once > 1;
  t->b_ps = plan->nr * (plan->ready_b ? ck_round_up(plan->k, plan->kr) : plan->b_cs);
  t->more = groups - 1;
  t->b_step = plan->panels_at_once * t->b_ps * ck_element_bytes(plan->ready_b ? plan->panel_type : plan->b_type);
  t->c_step = plan->panels_at_once * plan->nr * ck_element_bytes(c_type);
}

/// A of a tile; what the tile has to know of it goes to `t`.
static const void *tile_of_a(const ck_slice_run *run, int64_t block, int64_t tile, ck_tile *t) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t row = ck_tile_row(plan, tile), height = ck_tile_row(plan, tile + 1) - row, pc = block * plan->kc;
  if (plan->pack_a) t->a_ks = ck_a_panel_rows(plan, height) * plan->a_kr;
  if (plan->ready_a) return ck_ready_a(plan, tile, height, pc);
  if (plan->pack_a) return packed_a(run, block, tile);
  return ck_source_of_a(plan, run->operands, row, pc);
}

/// Where nothing is asked for, one call takes all tiles of one height from `tile` on (48^3 in bf16 on Zen 5 309 to 328 GFLOP/s;
/// two alone lose: 32^3 279 to 264). How many.
static int64_t take_down(const ck_slice_run *run, const ck_slice_step *at, int64_t tile, const void *a, ck_tile *t) {
  enum { least = 3 };
  const ck_gemm_plan *plan = run->plan;
  t->more = 0;
  const int64_t together = (tile < plan->taller_tiles ? plan->taller_tiles : plan->row_tiles) - tile;
  if (together < least || t->fetch[1].count > 0 || t->copy_b) return 1;
  t->more = together - 1;
  const int64_t rows = ck_tile_row(plan, tile + 1) - ck_tile_row(plan, tile);
  t->a_step = (const char *)tile_of_a(run, at->block, tile + 1, t) - (const char *)a;
  t->c_step = rows * t->c_rs * ck_element_bytes(at->slice->sums ? plan->acc_type : plan->c_type);
  return together;
}

/// The further blocks of a step, of one tile of rows: what a step has to find out anew would take longer than a block of few
/// depths (1 x 768 x 3072 on Zen 4 32 to 37 GFLOP/s).
static void run_more_blocks(const ck_slice_run *run, const ck_slice_step *at, ck_tile *t, void *c) {
  const ck_gemm_plan *plan = run->plan;
  t->fetch[0].count = t->fetch[1].count = 0;
  for (int64_t block = at->block + 1; block <= at->block + at->more; block++) {
    const void *a = tile_of_a(run, block, 0, t);
    const int64_t column = at->panel * plan->nr, pc = block * plan->kc;
    const void *b = plan->ready_b ? ck_ready_b(plan, column, pc) : ck_source_of_b(plan, run->operands, column, pc);
    plan->tiles[plan->m](t, &a, &b, c);
  }
}

static void run_step(const ck_slice_run *run, const ck_slice_step *at) {
  const ck_gemm_plan *plan = run->plan;
  const ck_slice *slice = at->slice;
  const int64_t panel = at->panel, block = at->block, groups = at->groups;
  const int64_t depth = ck_block_depth(plan, block), padded = ck_round_up(depth, plan->kr), pc = block * plan->kc;
  const int64_t column = panel * plan->nr, sums_column = (panel - slice->panel) * plan->nr;
  const bool finishes = slice->finishes && block + 1 == slice->block_end, by_tile = finishes && plan->tiles_finish;
  const void *b = slice->packed;
  const bool copies = copies_panel(run, panel);
  if (plan->ready_b) b = ck_ready_b(plan, column, pc);
  else if (!plan->pack_b || copies) b = ck_source_of_b(plan, run->operands, column, pc);
  ck_tile t = ck_tile_of(plan, depth, padded);
  if (copies) t.copy_b = slice->packed, t.b_ks = plan->kr * plan->b_rs;
  t.n = ck_least(plan->nr, plan->n - column);
  const int64_t columns = groups ? groups * plan->panels_at_once * plan->nr : t.n;
  if (groups) take_several(run, groups, slice->sums ? plan->acc_type : plan->c_type, &t);
  if (slice->sums) t.c_rs = slice->sums_rs, t.alpha = 1, t.beta = 0, t.narrow = false;
  if (block > slice->block) t.beta = 1;
  t.streams_c = !slice->sums && ck_streams_c(plan, run->operands, &t);
  t.fetch_c = !t.streams_c && !slice->sums && block == slice->block && (run->next || ck_fetches_c(plan, depth));
  const bool c_ahead = t.fetch_c && padded / plan->kr < CK_C_AHEAD;
  const bool asks = run->next || at->next || ck_fetches(plan, depth);
  ck_slice_asks of;
  t.fetch[0].count = t.fetch[1].count = 0;
  if (plan->ready_b && groups == 0) t.fetch[1] = ck_panel_stream_ahead(plan, b);
  if (asks) ck_slice_begin_asking(run, at, &of, &t);
  const bool runs_down = plan->tiles_repeat && groups == 0 && !by_tile && !t.fetch_c && !(asks && ck_slice_asks_on(&of));
  for (int64_t tile = 0, together; tile < plan->row_tiles; tile += together) {
    const int64_t row = ck_tile_row(plan, tile), height = ck_tile_row(plan, tile + 1) - row;
    const void *a = tile_of_a(run, block, tile, &t);
    void *c = slice->sums ? slice->sums + (row * t.c_rs + sums_column) * ck_element_bytes(plan->acc_type)
                          : ck_place_of_c(plan, run->operands, row, column);
    if (asks) ck_slice_ask(run, at, tile, &of, &t);
    // Of the next tile down, or the first one of the next panel.
    if (c_ahead) t.c_ahead = tile + 1 < plan->row_tiles ? height * plan->c_rs : plan->nr - row * plan->c_rs;
    together = runs_down ? take_down(run, at, tile, a, &t) : 1;
    const ck_finished done = {
        .sums = c, .sums_rs = t.c_rs, .row = row, .column = column, .rows = together * height, .columns = columns};
    if (finishes) ck_epilogue_fetch(plan, run->operands, &done);
    ck_finish left;
    if (by_tile) left = ck_finish_of(plan, run->operands, &done), t.finish = &left;
    plan->tiles[height](&t, &a, &b, c);
    if (at->more > 0) run_more_blocks(run, at, &t, c);
    if (!asks) t.fetch[1].count = 0;
    if (t.copy_b) b = slice->packed, t.copy_b = NULL, t.b_ks = plan->kr * plan->nr;
    if (!finishes || by_tile) continue;
    ck_epilogue_store(plan, run->operands, &done, slice->sums ? plan->alpha : 1, slice->sums ? plan->beta : 0);
  }
}

/// Of `groups` of panels as many as one step of the last block may take: all, but where sums are finished no more than L1 keeps
/// until then.
static int64_t groups_together(const ck_slice_run *run, const ck_slice *slice, int64_t groups) {
  enum { sums_bytes = 16 << 10 };
  const ck_gemm_plan *plan = run->plan;
  if (!slice->finishes) return groups;
  if (plan->tiles_finish) return 1;
  const int64_t bytes = plan->m * plan->panels_at_once * plan->nr * ck_element_bytes(plan->acc_type);
  return ck_least(groups, ck_most(1, sums_bytes / bytes));
}

/// Groups of panels, as far as they go, with all blocks of K. Returns the panel after them.
static int64_t run_groups(const ck_slice_run *run, const ck_slice *slice) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t at_once = plan->panels_at_once, last = slice->block_end - 1;
  int64_t groups = run->takes_slices ? (ck_least(slice->panel_end, plan->n / plan->nr) - slice->panel) / at_once : 0;
  if (groups <= 0) return slice->panel;
  for (int64_t block = slice->block, more; block < last; block += 1 + more) {
    // The first block has the beta of C.
    more = plan->row_tiles == 1 && block > slice->block ? last - 1 - block : 0;
    run_step(run, &(ck_slice_step){.slice = slice, .panel = slice->panel, .block = block, .groups = groups, .more = more});
  }
  int64_t panel = slice->panel;
  for (int64_t together; groups > 0; groups -= together, panel += together * at_once) {
    together = groups_together(run, slice, groups);
    run_step(run, &(ck_slice_step){.slice = slice, .panel = panel, .block = last, .groups = together});
  }
  return panel;
}

static void run_slice(const ck_slice_run *run, const ck_slice *slice) {
  const ck_gemm_plan *plan = run->plan;
  const bool packs = ck_packs_b(plan);
  const bool fetches = plan->fetches && (packs || (!plan->pack_b && plan->b_cs == 1));
  const int64_t first = run_groups(run, slice);
  for (int64_t block = slice->block; block < slice->block_end; block++)
    for (int64_t panel = first; panel < slice->panel_end; panel++) {
      const bool wraps = panel + 1 == slice->panel_end, ends = wraps && block + 1 == slice->block_end;
      ck_pack_job next;
      if (packs && !copies_panel(run, panel)) {
        const ck_pack_job job = job_of(run, slice, panel, block);
        ck_pack(&job);
      }
      if (fetches && !ends) next = job_of(run, slice, wraps ? first : panel + 1, wraps ? block + 1 : block);
      run_step(run, &(ck_slice_step){.slice = slice, .panel = panel, .block = block, .next = fetches && !ends ? &next : NULL});
    }
}

static char *sums_of(const ck_slice_run *run, int64_t task, int32_t thread) {
  const int64_t place = run->plan->k_parts > 1 ? task : thread;
  return run->workspace + run->map.sums + place * run->map.sums_bytes;
}

static void run_task(const ck_slice_run *run, int64_t task, int32_t thread) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t index = task / plan->k_parts, part = task % plan->k_parts;
  const bool in_parts = plan->k_parts > 1;
  ck_slice slice = {
      .panel = index * plan->slice_panels,
      .panel_end = ck_least((index + 1) * plan->slice_panels, run->panels),
      .block = run->blocks * part / plan->k_parts,
      .block_end = run->blocks * (part + 1) / plan->k_parts,
      .packed = run->workspace + run->map.b + thread * run->map.b_bytes,
      .finishes = !in_parts && (plan->accumulate || plan->has_epilogue),
      .sums_rs = plan->slice_panels * plan->nr,
  };
  if (in_parts || plan->accumulate) slice.sums = sums_of(run, task, thread);
  run_slice(run, &slice);
}

static void add_row(const ck_gemm_plan *plan, void *sums, const void *more, int64_t first, int64_t count) {
  if (plan->acc_type == CK_F64)
    for (int64_t i = first; i < first + count; i++) ((double *)sums)[i] += ((const double *)more)[i];
  else
    for (int64_t i = first; i < first + count; i++) ((float *)sums)[i] += ((const float *)more)[i];
}

// The parts of K, added to the first one in their order.
static void add_parts(const ck_slice_run *run, int64_t index) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t width = plan->slice_panels * plan->nr, column = index * width, columns = ck_least(width, plan->n - column);
  void *sums = sums_of(run, index * plan->k_parts, 0);
  for (int64_t part = 1; part < plan->k_parts; part++) {
    const void *more = sums_of(run, index * plan->k_parts + part, 0);
    for (int64_t row = 0; row < plan->m; row++) add_row(plan, sums, more, row * width, columns);
  }
  const ck_finished done = {.sums = sums, .sums_rs = width, .column = column, .rows = plan->m, .columns = columns};
  ck_epilogue_store(plan, run->operands, &done, plan->alpha, plan->beta);
}

static void run_thread(void *context, int32_t thread, int32_t threads) {
  ck_slice_run *run = context;
  const ck_gemm_plan *plan = run->plan;
  if (ck_packs_a(plan)) pack_a(run, thread, threads);
  const bool begins = plan->in_tiles && ck_tiles_begin_amx();
  const int64_t tasks = run->slices * plan->k_parts;
  // One thread shares with none: on a product of 16^3 an atomic addition takes time that shows. The lines of C of neighbours lie
  // side by side.
  const int64_t together = ck_team_run_length(tasks, threads);
  for (int64_t task = 0; task < tasks;) {
    if (threads > 1) task = atomic_fetch_add_explicit(&run->task, together, memory_order_relaxed);
    for (const int64_t end = ck_least(task + together, tasks); task < end; task++) run_task(run, task, thread);
  }
  if (begins) ck_tiles_end_amx();
  ck_end_streams(plan);
  if (plan->k_parts <= 1) return;
  if (threads > 1) ck_team_barrier();
  for (int64_t slice = thread; slice < run->slices; slice += threads) add_parts(run, slice);
}

void ck_gemm_by_slice(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_gemm_operands *next, char *workspace) {
  const int64_t panels = ck_ceil_div(plan->n, plan->nr);
  ck_slice_run run = {
      .plan = plan,
      .operands = operands,
      .next = next,
      .workspace = workspace,
      .map = ck_workspace_of(plan),
      .panels = panels,
      .slices = ck_ceil_div(panels, plan->slice_panels),
      .blocks = ck_ceil_div(plan->k, plan->kc),
      .takes_slices = plan->takes_slices && !ck_packs_b(plan),
  };
  ck_team_run(plan->team, run_thread, &run);
}
