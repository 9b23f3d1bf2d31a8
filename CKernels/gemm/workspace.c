#include "gemm/workspace.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "gemm/gemm.h"
#include "gemm/panels.h"

enum { CK_ARENA_BYTES = 64 << 20, CK_PAGE = 4096, CK_HUGE_PAGE = 2 << 20 };

// More than any machine has, and little enough for the parts of a workspace, for 1024 threads, to be added up: a product without
// cache blocking, whatever its size, is out of memory and not out of numbers.
static const int64_t most_bytes = INT64_C(1) << 50;

static int64_t times(int64_t a, int64_t b) {
  int64_t product;
  return __builtin_mul_overflow(a, b, &product) || product > most_bytes ? most_bytes : product;
}

static int64_t panel_bytes(const ck_gemm_plan *plan, int64_t rows, int64_t panel, int64_t kr) {
  const int64_t elements = times(ck_round_up(rows, panel), ck_round_up(plan->kc, kr));
  return ck_round_up(times(elements, ck_panel_element_bytes(plan)), CK_LINE);
}

/// `bytes` more, rounded up to whole lines, so that two threads never write the same one; returns where they begin.
static int64_t take(ck_workspace_map *map, int64_t bytes) {
  const int64_t begin = map->total;
  map->total += ck_round_up(bytes, CK_LINE);
  return begin;
}

static ck_workspace_map map_of_blocks(const ck_gemm_plan *plan) {
  ck_workspace_map map = {};
  const int64_t tiles = ck_packs_a(plan) ? ck_ceil_div(plan->mc, plan->mr) : 0;
  const int64_t panels = ck_packs_b(plan) ? ck_ceil_div(plan->nc, plan->nr) : 0;
  map.a_states = take(&map, tiles * (int64_t)sizeof(int64_t));
  map.b_states = take(&map, panels * (int64_t)sizeof(int64_t));
  map.taken = take(&map, plan->team.threads > 1 ? CK_TAKEN_BYTES * plan->team.threads : 0);
  map.states_bytes = map.total;
  if (tiles > 0) map.a = take(&map, panel_bytes(plan, plan->mc, plan->mr, plan->a_kr));
  if (panels > 0) map.b = take(&map, panel_bytes(plan, plan->nc, plan->nr, plan->kr));
  if (plan->accumulate && plan->k > plan->kc && plan->strassen_levels == 0) {
    const int64_t row_bytes = plan->nc * ck_element_bytes(plan->acc_type);
    const int64_t most = ck_most(CK_SUMS_BYTES / row_bytes, plan->mr);
    map.sums_rows = ck_least(ck_least(most, plan->mc), ck_round_up(plan->m, plan->mr));
    map.sums = take(&map, times(map.sums_rows, row_bytes));
  }
  return map;
}

static ck_workspace_map map_by_slice(const ck_gemm_plan *plan) {
  ck_workspace_map map = {};
  if (ck_packs_b(plan)) {
    map.b_bytes = panel_bytes(plan, plan->nr, plan->nr, plan->kr);
    map.b = take(&map, times(plan->team.threads, map.b_bytes));
  }
  if (plan->accumulate || plan->k_parts > 1) {
    const int64_t columns = plan->slice_panels * plan->nr;
    const int64_t copies = plan->k_parts > 1 ? ck_ceil_div(plan->n, columns) * plan->k_parts : plan->team.threads;
    map.sums_bytes = ck_round_up(times(times(plan->m, columns), ck_element_bytes(plan->acc_type)), CK_LINE);
    map.sums = take(&map, times(copies, map.sums_bytes));
  }
  if (ck_packs_a(plan)) {
    const int64_t rows = ck_a_panel_row(plan, plan->row_tiles);
    map.a = take(&map, rows * ck_round_up(plan->k, plan->a_kr) * ck_element_bytes(plan->panel_type));
  }
  return map;
}

ck_workspace_map ck_workspace_of(const ck_gemm_plan *plan) {
  switch (plan->driver) {
  case CK_DRIVER_BLOCKED: return map_of_blocks(plan);
  case CK_DRIVER_BY_SLICE: return map_by_slice(plan);
  case CK_DRIVER_STRASSEN: return (ck_workspace_map){.total = ck_strassen_workspace_bytes(plan)};
  default: return (ck_workspace_map){};
  }
}

// MARK: the arena

typedef struct ck_arena {
  void *base;
  int64_t bytes;
} ck_arena;

static _Thread_local ck_arena arena;
static pthread_key_t arena_key;
static pthread_once_t arena_once = PTHREAD_ONCE_INIT;
static bool arena_has_key;

// A product in the destructor of another key starts a new arena.
static void free_arena(void *base) {
  free(base);
  arena = (ck_arena){};
}
static void make_key(void) { arena_has_key = pthread_key_create(&arena_key, free_arena) == 0; }

static void *allocate(int64_t *bytes) {
  const int64_t alignment = *bytes >= CK_HUGE_PAGE ? CK_HUGE_PAGE : CK_PAGE;
  *bytes = ck_round_up(*bytes, alignment);
  void *base = aligned_alloc((size_t)alignment, (size_t)*bytes);
  if (base && alignment == CK_HUGE_PAGE) madvise(base, (size_t)*bytes, MADV_HUGEPAGE);
  return base;
}

void *ck_gemm_packed_take(int64_t bytes) { return allocate(&bytes); }
void ck_gemm_packed_return(void *packed) { free(packed); }

void *ck_workspace_take(int64_t bytes) {
  if (bytes > CK_ARENA_BYTES) return allocate(&bytes);
  if (bytes <= arena.bytes) return arena.base;
  pthread_once(&arena_once, make_key);
  free(arena.base);
  arena = (ck_arena){.base = allocate(&bytes)};
  if (arena.base) arena.bytes = bytes;
  if (arena_has_key) pthread_setspecific(arena_key, arena.base);
  return arena.base;
}

void ck_workspace_return(void *workspace, int64_t bytes) {
  if (bytes > CK_ARENA_BYTES) free(workspace);
}
