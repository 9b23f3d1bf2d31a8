// The loops jc, (band), pc, ic, jr, ir round the micro-kernel, as in Goto and van de Geijn, "Anatomy of High-Performance Matrix
// Multiplication", ACM TOMS 34(3), 2008, sections 4-5, and in BLIS.
//
// Contract: A is cut into tiles of at most MR rows, all of nearly the same height (1024 rows by 14 are 62 tiles of 14 and 12 of
// 13, not 73 and a thin one of 2), B into panels of NR columns. Every element of C is summed in the order of k whatever the
// tiles, blocks and threads, so only KC and the micro-kernel's family and ISA decide its bits.
#include "gemm/gemm.h"

#include <stdatomic.h>
#include <stddef.h>

#include "ck_pack.h"
#include "ck_team.h"
#include "pack/units.h"

enum { CK_MAX_NR = 64, CK_TASKS_PER_THREAD = 4, CK_LEAST_TILES = 8, CK_LEAST_PANELS = 4 };

/// One run of one plan, shared by its threads.
typedef struct ck_run {
  const ck_gemm_plan *plan;
  const ck_gemm_operands *operands;
  char *workspace;
  ck_workspace_map map;
  bool sums_in_workspace;
  _Atomic int64_t next[2]; ///< the next task of this step; steps take turns
} ck_run;

/// One step of the outer loops: a block of B against a band of A.
typedef struct ck_step {
  int64_t jc, columns, panels; ///< of B
  int64_t pc, depth, padded;   ///< along K; padded to KR
  int64_t tile, tiles;         ///< of A
  int64_t blocks, slices;      ///< tasks: blocks of tiles x slices of panels
  bool first, last;            ///< along K
} ck_step;

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

static int64_t tile_row(const ck_run *run, int64_t tile) {
  return tile * run->plan->tile_rows + least(tile, run->plan->taller_tiles);
}

/// Into tasks: blocks as large as MC for one thread; for several, enough that a slow core can be helped out.
static void partition(const ck_run *run, ck_step *step, int32_t threads) {
  const int64_t most_tiles = run->plan->mc / run->plan->mr;
  step->blocks = ceil_div(step->tiles, most_tiles);
  step->slices = 1;
  const int64_t wanted = (int64_t)threads * CK_TASKS_PER_THREAD;
  if (threads == 1 || step->blocks >= wanted) {
    step->blocks = threads == 1 ? step->blocks : ck_round_up(step->blocks, threads);
    return;
  }
  const int64_t finer = least(wanted, step->tiles / CK_LEAST_TILES);
  if (finer > step->blocks) step->blocks = finer;
  const int64_t slices = ceil_div(wanted, step->blocks), most_slices = ceil_div(step->panels, CK_LEAST_PANELS);
  step->slices = least(slices, most_slices);
}

// MARK: packing

static void pack_b(const ck_run *run, const ck_step *step, int32_t thread, int32_t threads) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t first = step->panels * thread / threads, end = step->panels * (thread + 1) / threads;
  if (first == end) return;
  const int64_t panel_bytes = plan->nr * step->padded * ck_element_bytes(plan->panel_type), column = step->jc + first * plan->nr;
  const ck_pack_job job = {
      .source = (const char *)run->operands->b + (step->pc * plan->b_rs + column * plan->b_cs) * ck_element_bytes(plan->b_type),
      .destination = run->workspace + run->map.b + first * panel_bytes,
      .rows = least(end * plan->nr, step->columns) - first * plan->nr,
      .k = step->depth,
      .rs = plan->b_cs,
      .ks = plan->b_rs,
      .panel = plan->nr,
      .kr = plan->kr,
      .from = plan->b_type,
      .to = plan->panel_type,
  };
  ck_pack(&job);
}

/// The tiles `first` ... `end`, each a panel of its own height.
static void pack_a(const ck_run *run, const ck_step *step, int64_t first, int64_t end, char *destination) {
  const ck_gemm_plan *plan = run->plan;
  for (int64_t tile = first; tile < end;) {
    const int64_t row = tile_row(run, tile), height = tile_row(run, tile + 1) - row;
    // As many tiles of one height at once as there are.
    const int64_t same = tile < plan->taller_tiles ? least(end, plan->taller_tiles) : end;
    const int64_t rows = tile_row(run, same) - row;
    const ck_pack_job job = {
        .source = (const char *)run->operands->a + (row * plan->a_rs + step->pc * plan->a_cs) * ck_element_bytes(plan->a_type),
        .destination = destination,
        .rows = rows,
        .k = step->depth,
        .rs = plan->a_rs,
        .ks = plan->a_cs,
        .panel = (int32_t)height,
        .kr = plan->kr,
        .from = plan->a_type,
        .to = plan->panel_type,
    };
    ck_pack(&job);
    destination += rows * step->padded * ck_element_bytes(plan->panel_type);
    tile = same;
  }
}

// MARK: the macro-kernel

/// A block of tiles against a slice of panels.
typedef struct ck_task {
  int64_t tile, tile_end, panel, panel_end;
  const char *packed_a;
} ck_task;

/// Where a tile's sums go, and what the micro-kernel does there.
static void aim(const ck_run *run, const ck_step *step, int64_t row, int64_t column, void *scratch, ck_tile *t) {
  const ck_gemm_plan *plan = run->plan;
  if (!plan->accumulate) {
    t->c = (char *)run->operands->c + (row * plan->c_rs + column) * ck_element_bytes(plan->c_type);
  } else if (run->sums_in_workspace) {
    const int64_t band_row = row - tile_row(run, step->tile);
    t->c = run->workspace + run->map.sums + (band_row * plan->nc + column - step->jc) * ck_element_bytes(plan->acc_type);
  } else {
    t->c = scratch;
  }
}

/// Asks for a tile of C that lies beyond the caches, so that it arrives while the sums are made: the micro-kernel touches C at
/// its end only, and out-of-order execution doesn't reach that far ahead (AVX2, 1024^3: 2 to 5 %).
static void fetch_tile(const ck_tile *t, int64_t rows, int64_t element_bytes) {
  for (int64_t i = 0; i < rows; i++) {
    const char *row = (const char *)t->c + i * t->c_rs * element_bytes;
    for (int64_t byte = 0; byte < t->n * element_bytes; byte += 64) __builtin_prefetch(row + byte, 1);
  }
}

static void macro_kernel(const ck_run *run, const ck_step *step, const ck_task *task) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t panel_size = ck_element_bytes(plan->panel_type), a_size = ck_element_bytes(plan->a_type),
                b_size = ck_element_bytes(plan->b_type);
  const int64_t c_size = ck_element_bytes(plan->accumulate ? plan->acc_type : plan->c_type);
  const bool dot = plan->family == CK_DOT, finishes = step->last && (plan->accumulate || plan->has_epilogue);
  _Alignas(64) double scratch[CK_MAX_MR * CK_MAX_NR];
  const void *a, *b;
  ck_tile t = {
      .a = &a,
      .b = &b,
      .blocks = 1,
      .k = plan->pack_b || plan->pack_a ? step->padded : step->depth,
      .a_rs = plan->pack_a ? plan->kr : plan->a_rs,
      .a_ks = dot ? 1 : plan->a_cs * plan->kr,
      .b_ks = plan->pack_b ? plan->nr * plan->kr
              : dot        ? plan->b_cs
                           : plan->b_rs,
      .c_rs = !plan->accumulate        ? plan->c_rs
              : run->sums_in_workspace ? plan->nc
                                       : plan->nr,
      .alpha = plan->accumulate ? 1 : plan->alpha,
      .beta = !step->first       ? 1
              : plan->accumulate ? 0
                                 : plan->beta,
  };
  for (int64_t panel = task->panel; panel < task->panel_end; panel++) {
    const int64_t column = step->jc + panel * plan->nr;
    t.n = least(plan->nr, step->jc + step->columns - column);
    b = plan->pack_b ? run->workspace + run->map.b + panel * plan->nr * step->padded * panel_size
                     : (const char *)run->operands->b + (step->pc * plan->b_rs + column * plan->b_cs) * b_size;
    const char *packed = task->packed_a;
    for (int64_t tile = task->tile; tile < task->tile_end; tile++) {
      const int64_t row = tile_row(run, tile), height = tile_row(run, tile + 1) - row;
      if (plan->pack_a) {
        a = packed;
        packed += height * step->padded * panel_size;
        t.a_ks = height * plan->kr;
      } else {
        a = (const char *)run->operands->a + (row * plan->a_rs + step->pc * plan->a_cs) * a_size;
      }
      aim(run, step, row, column, scratch, &t);
      if (t.c != scratch) fetch_tile(&t, height, c_size);
      plan->tiles[height](&t);
      if (!finishes) continue;
      const ck_finished done = {.sums = t.c, .sums_rs = t.c_rs, .row = row, .column = column, .rows = height, .columns = t.n};
      ck_epilogue_store(plan, run->operands, &done, plan->accumulate ? plan->alpha : 1, plan->accumulate ? plan->beta : 0);
    }
  }
}

// MARK: the outer loops

static void run_step(ck_run *run, ck_step *step, int64_t index, int32_t thread, int32_t threads) {
  const ck_gemm_plan *plan = run->plan;
  partition(run, step, threads);
  if (thread == 0) atomic_store_explicit(&run->next[(index + 1) % 2], 0, memory_order_relaxed);
  if (plan->pack_b) {
    pack_b(run, step, thread, threads);
    if (threads > 1) ck_team_barrier();
  }
  char *packed_a = run->workspace + run->map.a + thread * run->map.a_bytes;
  int64_t packed_block = -1;
  for (;;) {
    const int64_t task = atomic_fetch_add_explicit(&run->next[index % 2], 1, memory_order_relaxed);
    if (task >= step->blocks * step->slices) break;
    const int64_t block = task / step->slices, slice = task % step->slices;
    const ck_task work = {
        .tile = step->tile + step->tiles * block / step->blocks,
        .tile_end = step->tile + step->tiles * (block + 1) / step->blocks,
        .panel = step->panels * slice / step->slices,
        .panel_end = step->panels * (slice + 1) / step->slices,
        .packed_a = packed_a,
    };
    if (plan->pack_a && block != packed_block) pack_a(run, step, work.tile, work.tile_end, packed_a);
    packed_block = block;
    macro_kernel(run, step, &work);
  }
  // The next step overwrites the block of B and goes on with these sums.
  if (threads > 1) ck_team_barrier();
}

static void run_thread(void *context, int32_t thread, int32_t threads) {
  ck_run *run = context;
  const ck_gemm_plan *plan = run->plan;
  const int64_t band = run->sums_in_workspace ? run->map.sums_rows / plan->mr : plan->row_tiles;
  int64_t index = 0;
  for (int64_t jc = 0; jc < plan->n; jc += plan->nc)
    for (int64_t tile = 0; tile < plan->row_tiles; tile += band)
      for (int64_t pc = 0; pc < plan->k; pc += plan->kc, index++) {
        ck_step step = {
            .jc = jc,
            .columns = least(plan->nc, plan->n - jc),
            .pc = pc,
            .depth = least(plan->kc, plan->k - pc),
            .tile = tile,
            .tiles = least(band, plan->row_tiles - tile),
            .first = pc == 0,
            .last = pc + plan->kc >= plan->k,
        };
        step.panels = ceil_div(step.columns, plan->nr);
        step.padded = ck_round_up(step.depth, plan->kr);
        run_step(run, &step, index, thread, threads);
      }
}

void ck_gemm_blocked(const ck_gemm_plan *plan, const ck_gemm_operands *operands, char *workspace) {
  ck_run run = {
      .plan = plan,
      .operands = operands,
      .workspace = workspace,
      .map = ck_workspace_of(plan),
      .sums_in_workspace = plan->accumulate && plan->k > plan->kc,
  };
  ck_team_run(plan->threads, run_thread, &run);
}
