// Strassen's algorithm over the blocked loops: 7 products of halves instead of 8, or 49 of quarters instead of 64, each of a sum
// of submatrices of A with one of B, added to several submatrices of C. The sums are made while panels are packed and while tiles
// are stored, so that no submatrix is ever written down (Huang, Smith, Henry, van de Geijn, "Strassen's Algorithm Reloaded", SC
// 2016, section IV, "ABC Strassen"). Rows, columns and depths beyond a multiple of the parts are multiplied apart.
//
// |error| <= 3 (k + 25) k u max|A| max|B| for one level, after Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed.,
// theorem 23.2; for two 9 (k + 50) k u max|A| max|B|, as up to 16 products are added to a submatrix one after another.
#include "gemm/strassen.h"

#include <stddef.h>

#include "ck_team.h"
#include "gemm/gemm.h"
#include "gemm/panels.h"
#include "pack/units.h"

/// A sum of quadrants: signs of (0, 0), (0, 1), (1, 0), (1, 1).
typedef struct ck_signs {
  int8_t of[4];
} ck_signs;

/// One product of a level: (sum of A) (sum of B) goes to C with these signs.
typedef struct ck_strassen_row {
  ck_signs a, b, c;
} ck_strassen_row;

static const ck_strassen_row products[7] = {
    {{{1, 0, 0, 1}}, {{1, 0, 0, 1}}, {{1, 0, 0, 1}}},  {{{0, 0, 1, 1}}, {{1, 0, 0, 0}}, {{0, 0, 1, -1}}},
    {{{1, 0, 0, 0}}, {{0, 1, 0, -1}}, {{0, 1, 0, 1}}}, {{{0, 0, 0, 1}}, {{-1, 0, 1, 0}}, {{1, 0, 1, 0}}},
    {{{1, 1, 0, 0}}, {{0, 0, 0, 1}}, {{-1, 1, 0, 0}}}, {{{-1, 0, 1, 0}}, {{1, 1, 0, 0}}, {{0, 0, 0, 1}}},
    {{{0, 1, 0, -1}}, {{0, 0, 1, 1}}, {{1, 0, 0, 0}}},
};

/// Where the quadrants of a matrix and their own quadrants begin: strides from the upper to the lower and from the left to the
/// right one, of each level.
typedef struct ck_quadrants {
  int64_t down[2], across[2];
} ck_quadrants;

static ck_quadrants quadrants_of(int64_t rows, int64_t columns, int64_t rs, int64_t cs) {
  return (ck_quadrants){.down = {rows / 2 * rs, rows / 4 * rs}, .across = {columns / 2 * cs, columns / 4 * cs}};
}

static void add_term(ck_terms *sum, int64_t offset, int32_t sign) {
  const int32_t place = sum->count++;
  sum->term[place] = (struct ck_term){.offset = offset, .sign = sign};
  // Packing begins with a positive term.
  if (sum->term[0].sign >= 0 || sign < 0) return;
  sum->term[place] = sum->term[0];
  sum->term[0] = (struct ck_term){.offset = offset, .sign = sign};
}

/// The terms of one product: of `outer` alone, or of the quadrants that `inner` picks within each that `outer` picks.
static ck_terms sum_of(const ck_quadrants *q, ck_signs outer, const ck_signs *inner) {
  ck_terms sum = {};
  for (int i = 0; i < 4; i++) {
    if (outer.of[i] == 0) continue;
    const int64_t offset = i / 2 * q->down[0] + i % 2 * q->across[0];
    if (!inner) add_term(&sum, offset, outer.of[i]);
    for (int j = 0; inner && j < 4; j++)
      if (inner->of[j] != 0) add_term(&sum, offset + j / 2 * q->down[1] + j % 2 * q->across[1], outer.of[i] * inner->of[j]);
  }
  return sum;
}

/// The submatrices of C that have been written, by their offsets.
typedef struct ck_written {
  int64_t offset[16];
  int32_t count;
} ck_written;

static void mark_fresh(ck_terms *c, ck_written *written) {
  for (int32_t t = 0; t < c->count; t++) {
    int32_t i = 0;
    while (i < written->count && written->offset[i] != c->term[t].offset) i++;
    c->term[t].fresh = i == written->count;
    if (c->term[t].fresh) written->offset[written->count++] = c->term[t].offset;
  }
}

// MARK: tiles

static ck_gemm_operands at_term(const ck_gemm_plan *plan, const ck_gemm_operands *operands, int32_t term) {
  return (ck_gemm_operands){.c = (char *)operands->c + operands->c_terms->term[term].offset * ck_element_bytes(plan->c_type)};
}

void ck_strassen_store(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_finished *tile, bool first) {
  for (int32_t t = 0; t < operands->c_terms->count; t++) {
    const ck_gemm_operands place = at_term(plan, operands, t);
    const bool fresh = first && operands->c_terms->term[t].fresh;
    ck_epilogue_store(plan, &place, tile, plan->alpha * operands->c_terms->term[t].sign, fresh ? plan->beta : 1);
  }
}

void ck_strassen_fetch(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_finished *tile) {
  for (int32_t t = 0; t < operands->c_terms->count; t++) {
    const ck_gemm_operands place = at_term(plan, operands, t);
    ck_fetch_tile(plan, place.c, tile);
  }
}

// MARK: the driver

/// The plan of an ordinary product of some of the rows, columns and depths.
static ck_gemm_plan part_of(const ck_gemm_plan *plan, int64_t m, int64_t n, int64_t k) {
  enum { depth_multiple = 8 };
  ck_gemm_plan part = *plan;
  part.driver = CK_DRIVER_BLOCKED;
  part.strassen_levels = 0;
  part.has_epilogue = part.tiles_finish = false;
  part.epilogue = (ck_epilogue){.scale = 1, .lower = -__builtin_inf(), .upper = __builtin_inf()};
  ck_cut_rows(&part, m, plan->mr);
  part.n = n, part.k = k;
  part.mc = ck_least(plan->mc, ck_round_up(m, plan->mr));
  part.nc = ck_least(plan->nc, ck_round_up(n, plan->nr));
  const int64_t blocks = ck_most(ck_ceil_div(k, plan->kc), 1);
  part.kc = ck_least(plan->kc, ck_round_up(ck_ceil_div(k, blocks), depth_multiple));
  return part;
}

/// The largest multiple of the parts.
static int64_t even(const ck_gemm_plan *plan, int64_t size) { return size >> plan->strassen_levels << plan->strassen_levels; }

/// What is multiplied beside the products of sums: the depths, columns and rows that are left over.
enum { CK_LEFT_OVER = 3 };

static ck_gemm_plan core_of(const ck_gemm_plan *plan) {
  const int32_t levels = plan->strassen_levels;
  ck_gemm_plan core = part_of(plan, plan->m >> levels, plan->n >> levels, plan->k >> levels);
  core.strassen_levels = levels;
  core.accumulate = true;
  return core;
}

static ck_gemm_plan left_over(const ck_gemm_plan *plan, int which) {
  const int64_t m = even(plan, plan->m), n = even(plan, plan->n), k = even(plan, plan->k);
  if (which == 1) return part_of(plan, m, plan->n - n, plan->k);
  if (which == 2) return part_of(plan, plan->m - m, plan->n, plan->k);
  ck_gemm_plan depths = part_of(plan, m, n, plan->k - k);
  depths.tile.beta = 1;
  return depths;
}

static bool is_empty(const ck_gemm_plan *part) { return part->m == 0 || part->n == 0 || part->k == 0; }

int64_t ck_strassen_workspace_bytes(const ck_gemm_plan *plan) {
  const ck_gemm_plan core = core_of(plan);
  int64_t bytes = ck_workspace_of(&core).total;
  for (int which = 0; which < CK_LEFT_OVER; which++) {
    const ck_gemm_plan part = left_over(plan, which);
    if (!is_empty(&part)) bytes = ck_most(bytes, ck_workspace_of(&part).total);
  }
  return bytes;
}

static void run_products(const ck_gemm_plan *plan, const ck_gemm_operands *operands, char *workspace) {
  const ck_gemm_plan core = core_of(plan);
  const int64_t m = even(plan, plan->m), n = even(plan, plan->n), k = even(plan, plan->k);
  const ck_quadrants of_a = quadrants_of(m, k, plan->a_rs, plan->a_cs), of_b = quadrants_of(k, n, plan->b_rs, plan->b_cs),
                     of_c = quadrants_of(m, n, plan->c_rs, plan->c_cs);
  ck_written written = {};
  for (int i = 0; i < 7; i++)
    for (int j = 0; j < (plan->strassen_levels == 2 ? 7 : 1); j++) {
      const ck_strassen_row *outer = &products[i], *inner = plan->strassen_levels == 2 ? &products[j] : NULL;
      const ck_terms a = sum_of(&of_a, outer->a, inner ? &inner->a : NULL), b = sum_of(&of_b, outer->b, inner ? &inner->b : NULL);
      ck_terms c = sum_of(&of_c, outer->c, inner ? &inner->c : NULL);
      mark_fresh(&c, &written);
      const ck_gemm_operands sums = {
          .a = operands->a, .b = operands->b, .c = operands->c, .a_terms = &a, .b_terms = &b, .c_terms = &c};
      ck_gemm_blocked(&core, &sums, workspace);
    }
}

static void run_left_over(const ck_gemm_plan *plan, const ck_gemm_operands *operands, char *workspace) {
  const int64_t m = even(plan, plan->m), n = even(plan, plan->n), k = even(plan, plan->k), bytes = ck_element_bytes(plan->a_type);
  const char *a = operands->a, *b = operands->b;
  char *c = operands->c;
  const ck_gemm_operands places[CK_LEFT_OVER] = {
      {.a = a + k * plan->a_cs * bytes, .b = b + k * plan->b_rs * bytes, .c = c},
      {.a = a, .b = b + n * plan->b_cs * bytes, .c = c + n * plan->c_cs * bytes},
      {.a = a + m * plan->a_rs * bytes, .b = b, .c = c + m * plan->c_rs * bytes},
  };
  for (int which = 0; which < CK_LEFT_OVER; which++) {
    const ck_gemm_plan part = left_over(plan, which);
    if (!is_empty(&part)) ck_gemm_blocked(&part, &places[which], workspace);
  }
}

typedef struct ck_finishing {
  const ck_gemm_plan *plan;
  const ck_gemm_operands *operands;
} ck_finishing;

static void finish_rows(void *context, int32_t thread, int32_t threads) {
  const ck_finishing *all = context;
  const ck_gemm_plan *plan = all->plan;
  const int64_t row = plan->m * thread / threads, end = plan->m * (thread + 1) / threads;
  const ck_finished rows = {
      .sums = (const char *)all->operands->c + row * plan->c_rs * ck_element_bytes(plan->c_type),
      .sums_rs = plan->c_rs,
      .row = row,
      .rows = end - row,
      .columns = plan->n,
  };
  ck_epilogue_store(plan, all->operands, &rows, 1, 0);
}

void ck_gemm_strassen(const ck_gemm_plan *plan, const ck_gemm_operands *operands, char *workspace) {
  run_products(plan, operands, workspace);
  run_left_over(plan, operands, workspace);
  if (!plan->has_epilogue) return;
  ck_finishing all = {plan, operands};
  ck_team_run(plan->team, finish_rows, &all);
}
