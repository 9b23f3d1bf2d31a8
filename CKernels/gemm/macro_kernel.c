// The macro-kernel: the loops ir and jr round the micro-kernel, over a range of the tiles of A and a slice of the panels of B. A
// tile, of up to 56 KiB with 14 rows, is read again sooner than the panels, of up to 128, that pass out of L2 (512^3 on Emerald
// Rapids, with tiles of 28 and panels of 64 KiB, 157 GFLOP/s, against 148 with the panels in the outer loop).
#include <stddef.h>

#include "gemm/macro_asks.h"
#include "gemm/run.h"
#include "gemm/strassen.h"

/// Depths below which a call of its own for each tile costs more than asking ahead saves (256 x 3136 x 64 on Emerald Rapids: in
/// one call for all panels 1.23 times as fast).
enum { CK_SHALLOW = 96 };

/// Bytes of a row of A up to which the same holds where B is one panel, so that A passes once and is asked for from end to end
/// (on Emerald Rapids 12544 x 16 x 96 138 to 192 GFLOP/s, x 16 x 512 138 to 140, in bf16 455 to 559; two panels 0.9 to 1.02).
enum { CK_COLUMN_BYTES = 2048 };

/// Where a tile's sums go.
static void *sums_of(const ck_run *run, const ck_step *step, int64_t row, int64_t column, void *scratch) {
  const ck_gemm_plan *plan = run->plan;
  if (!plan->accumulate) return ck_place_of_c(plan, run->operands, row, column);
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
  t.fetch_c = (!plan->accumulate || run->sums_in_workspace) && ck_fetches_c(plan, step->depth);
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

/// B of a panel, and from where to where the tile is to copy it. The task's first tile sees to it that the panel is packed.
static const void *panel_of_b(const ck_run *run, const ck_step *step, const ck_task *task, const ck_meeting *at, ck_tile *t) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t panel = at->panel;
  if (!ck_packs_b(plan)) return place_of_b(run, step, panel);
  char *packed = ck_place_of_b(run, step, panel);
  const bool copies = ck_copies_b(plan, run->operands, step->columns - panel * plan->nr);
  if (at->tile > task->tile || !ck_claims_b(run, step, panel, task->panel_end, copies)) return packed;
  t->copy_b = packed;
  t->b_ks = plan->kr * plan->b_rs;
  return source_of_b(run, step, panel);
}

/// The tile has copied its B.
static void end_copy(const ck_run *run, const ck_step *step, int64_t panel, ck_tile *t) {
  t->copy_b = NULL;
  t->b_ks = run->plan->kr * run->plan->nr;
  ck_packed_b(run, step, panel);
}

/// A of a tile; what the tile has to know of it goes to `t`.
static const void *tile_of_a(const ck_run *run, const ck_step *step, int64_t tile, ck_tile *t) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t row = ck_tile_row(plan, tile), height = ck_tile_row(plan, tile + 1) - row;
  if (!plan->pack_a && !plan->ready_a) return ck_source_of_a(plan, run->operands, row, step->pc);
  t->a_ks = ck_a_panel_rows(plan, height) * plan->a_kr;
  if (plan->ready_a) return ck_ready_a(plan, tile, height, step->pc);
  ck_pack_tile_of_a(run, step, tile);
  return ck_place_of_a(run, step, tile);
}

static void run_tile(const ck_run *run, const ck_step *step, const ck_meeting *at, ck_tile *t, const void *a, const void *b) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t row = ck_tile_row(plan, at->tile), height = ck_tile_row(plan, at->tile + 1) - row;
  const int64_t column = step->jc + at->panel * plan->nr;
  _Alignas(64) double scratch[CK_MAX_MR * CK_MAX_NR];
  void *c = sums_of(run, step, row, column, scratch);
  t->n = ck_least(plan->nr, step->jc + step->columns - column);
  const bool finished = finishes(run, step);
  const ck_finished done = {.sums = c, .sums_rs = t->c_rs, .row = row, .column = column, .rows = height, .columns = t->n};
  ck_blocks blocks;
  blocks.a[0] = a, blocks.b[0] = b;
  if (plan->parts > 1) list_parts(step, plan, height, &blocks);
  if (finished) fetch(run, &done);
  ck_finish left;
  t->finish = NULL;
  if (finished && plan->tiles_finish) left = ck_finish_of(plan, run->operands, &done), t->finish = &left;
  plan->tiles[height](t, blocks.a, blocks.b, c);
  if (finished && !plan->tiles_finish) finish(run, step, &done);
}

/// Whether A stays in L2 beside what passes it.
static bool is_near_a(const ck_gemm_plan *plan, const ck_step *step) {
  return step->tiles * plan->mr * step->depth * ck_element_bytes(plan->panel_type) <= plan->quiet_bytes / 4 * 3;
}

/// Whether one call may do for several tiles: sums belong into C as they are, and asking ahead would save less than calls cost.
/// Asking saves the tile registers nothing within L2, nor where all of A is and many panels read a tile's (Emerald Rapids in
/// bf16: 196 x 1024 x 256 1214 to 1477 GFLOP/s, 3136 x 24 x 96 784 to 1106, 512 x 3072 x 768 1225 to 1558; 2048^3 1233 to 1140).
static bool goes_in_runs(const ck_run *run, const ck_step *step) {
  const ck_gemm_plan *plan = run->plan;
  const bool asks = !plan->in_tiles || (plan->fetches && (step->panels < step->tiles || !is_near_a(plan, step)));
  const bool is_column =
      plan->n <= plan->nr && !plan->pack_a && plan->a_cs == 1 && step->depth * ck_element_bytes(plan->a_type) <= CK_COLUMN_BYTES;
  return plan->tiles_repeat && !plan->accumulate && !finishes(run, step) && (step->depth < CK_SHALLOW || is_column || !asks);
}

/// Bytes of an element of B where it is read.
static int64_t bytes_of_b(const ck_gemm_plan *plan) { return ck_element_bytes(plan->pack_b ? plan->panel_type : plan->b_type); }

/// What the tiles of such a task have in common. Its panels of B are packed.
static ck_tile tile_of_runs(const ck_run *run, const ck_step *step, const ck_task *task) {
  if (ck_packs_b(run->plan))
    for (int64_t place = 0; place < task->panel_end - task->panel; place++)
      ck_claims_b(run, step, ck_task_panel(task, place), task->panel_end, false);
  ck_tile t = tile_of(run, step);
  t.fetch_c = false;
  t.streams_c = ck_streams_c(run->plan, run->operands, &t);
  t.b_ps = (place_of_b(run, step, task->panel + 1) - place_of_b(run, step, task->panel)) / bytes_of_b(run->plan);
  return t;
}

/// A of tiles below, some lines on: out of a far cache hardware alone brings fewer at a time (12.8 MB copied on Emerald Rapids at
/// 17 to 19 GB/s, asked for 25; 100000 rows by 16 ... 64 columns and depths gain 7 %). Rows that follow one another are asked for
/// from end to end, which hardware follows too (100000 x 16 x 64 on Zen 4: 61 to 87 GFLOP/s).
static void ask_down(const ck_gemm_plan *plan, const ck_step *step, int64_t height, ck_tile *t) {
  enum { bytes_ahead = 32 * CK_LINE };
  const int64_t in_bytes = ck_element_bytes(plan->a_type), row_bytes = step->depth * in_bytes;
  t->fetch[0].count = 0;
  if (!plan->fetches || plan->a_cs != 1) return;
  t->fetch[0] =
      (ck_stream){.step = plan->a_rs * in_bytes, .advance = CK_CHUNK * plan->kr * in_bytes, .count = (int32_t)height, .lines = 1};
  if (plan->a_rs == step->depth) {
    const int64_t chunks = ck_ceil_div(ck_most(step->depth / plan->kr, 1), CK_CHUNK);
    const int64_t count = ck_ceil_div(ck_ceil_div(height * row_bytes, CK_LINE), chunks);
    t->fetch[0] = (ck_stream){.step = CK_LINE, .advance = count * CK_LINE, .count = (int32_t)count, .lines = 1};
  }
  t->a_ahead = ck_ceil_div(bytes_ahead, height * row_bytes) * t->a_step;
}

/// Most tiles of a run down a panel: tile registers are so fast that they show if its A does not stay in L1.
static int64_t tiles_of_run(const ck_gemm_plan *plan, const ck_step *step) {
  enum { most = 6 };
  const int64_t bytes = plan->mr * step->depth * ck_element_bytes(plan->panel_type);
  return plan->in_tiles ? ck_least(most, CK_NEAR_BYTES / bytes) : most;
}

/// Runs of tiles of one height, each run in one call for a panel, or for some at once: a tile of 14 rows 16 deep takes no longer
/// than a call with all that comes before it. A of a run stays in L1, unless a single panel meets it.
static void run_down(const ck_run *run, const ck_step *step, const ck_task *task) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t in_bytes = ck_element_bytes(plan->a_type), out_bytes = ck_element_bytes(plan->c_type);
  const int64_t most = tiles_of_run(plan, step);
  ck_tile t = tile_of_runs(run, step, task);
  for (int64_t tile = task->tile, end; tile < task->tile_end; tile = end) {
    end = ck_least(tile + most, task->tile_end);
    if (tile < plan->taller_tiles) end = ck_least(end, plan->taller_tiles);
    const int64_t row = ck_tile_row(plan, tile), height = ck_tile_row(plan, tile + 1) - row;
    const void *a = ck_source_of_a(plan, run->operands, row, step->pc);
    t.more = end - tile - 1, t.a_step = height * plan->a_rs * in_bytes, t.c_step = height * plan->c_rs * out_bytes;
    ask_down(plan, step, height, &t);
    for (int64_t panel = task->panel, together; panel < task->panel_end; panel += together, t.fetch[0].count = 0) {
      const int64_t column = step->jc + panel * plan->nr, columns = step->columns - panel * plan->nr;
      const int64_t panels = ck_least(task->panel_end - panel, columns / plan->nr);
      const void *b = place_of_b(run, step, panel);
      t.beside = plan->panels_at_once > 1 && panels >= plan->panels_at_once;
      together = t.beside ? plan->panels_at_once : 1;
      t.n = ck_least(plan->nr, columns);
      plan->tiles[height](&t, &a, &b, ck_place_of_c(plan, run->operands, row, column));
    }
  }
}

/// Each tile against all panels of the task, in one call but for panels that fill no group, and a last one of fewer columns: rows
/// of C are written from end to end.
static void run_across(const ck_run *run, const ck_step *step, const ck_task *task) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t out_bytes = ck_element_bytes(plan->c_type), column = step->jc + task->panel * plan->nr;
  const int64_t columns = ck_least(step->columns, task->panel_end * plan->nr) - task->panel * plan->nr;
  const int64_t rest = columns % plan->nr;
  ck_tile t = tile_of_runs(run, step, task);
  const int64_t b_step = t.b_ps * bytes_of_b(plan);
  for (int64_t tile = task->tile; tile < task->tile_end; tile++) {
    const int64_t row = ck_tile_row(plan, tile), height = ck_tile_row(plan, tile + 1) - row;
    const void *a = tile_of_a(run, step, tile, &t), *b = place_of_b(run, step, task->panel);
    char *c = ck_place_of_c(plan, run->operands, row, column);
    t.n = plan->nr;
    for (int64_t left = columns / plan->nr, at_once = plan->panels_at_once; left > 0; at_once = 1) {
      const int64_t groups = left / at_once;
      t.beside = at_once > 1, t.more = groups - 1;
      t.b_step = at_once * b_step, t.c_step = at_once * plan->nr * out_bytes;
      if (groups > 0) plan->tiles[height](&t, &a, &b, c);
      left -= groups * at_once, b = (const char *)b + groups * t.b_step, c += groups * t.c_step;
    }
    t.n = rest, t.more = 0, t.beside = false;
    if (rest > 0) plan->tiles[height](&t, &a, &b, c);
  }
}

/// Whether a task of runs goes down its panels, not across them. By tile registers a single one only: as C is written from end to
/// end, across takes less (Emerald Rapids in bf16: 12544 x 64 x 64 554 to 641 GFLOP/s, 3136 x 256 x 64 652 to 785).
static bool goes_down(const ck_gemm_plan *plan, const ck_step *step, const ck_task *task) {
  const int64_t panels = task->panel_end - task->panel, tiles = task->tile_end - task->tile;
  return panels < tiles && (panels == 1 || !plan->in_tiles) && !plan->pack_a && tiles_of_run(plan, step) > 1;
}

void ck_macro_kernel(const ck_run *run, const ck_step *step, const ck_task *task) {
  if (goes_in_runs(run, step)) {
    if (goes_down(run->plan, step, task)) run_down(run, step, task);
    else run_across(run, step, task);
    ck_end_streams(run->plan);
    return;
  }
  ck_tile t = tile_of(run, step);
  const ck_next_panels next = next_panels(run, step, task);
  for (int64_t tile = task->tile; tile < task->tile_end; tile++) {
    const void *a = tile_of_a(run, step, tile, &t);
    ck_shares shares_of_a = {};
    for (int64_t place = 0; place < task->panel_end - task->panel; place++) {
      const ck_meeting at = {tile, place, ck_task_panel(task, place)};
      const void *b = panel_of_b(run, step, task, &at, &t);
      ask_for_a(run, step, task, &at, &shares_of_a, &t);
      ask_for_b(run, step, task, &at, &t);
      ask_for_ready_b(run, step, task, &at, &next, &t);
      ask_for_c(run, task, &at, &t);
      run_tile(run, step, &at, &t, a, b);
      if (t.copy_b) end_copy(run, step, at.panel, &t);
    }
  }
}
