// From a plan to its driver. On the way of every call: a small product costs little more than its micro-kernels.
#include "gemm/gemm.h"

#include <stddef.h>

#include "gemm/panels.h"

void ck_product_stream(const ck_gemm_plan *plan, const ck_gemm_operands *now, const ck_gemm_operands *next, int64_t parts,
                       int64_t steps, ck_stream fetch[2], ck_shares shares[2]) {
  const int64_t bytes = ck_element_bytes(plan->a_type);
  if (!plan->ready_a && next->a != now->a && (plan->a_rs == plan->k || plan->a_cs == plan->m))
    shares[0] = ck_bytes_shares(next->a, plan->m * plan->k * bytes, parts, steps, &fetch[0]);
  if (!plan->ready_b && next->b != now->b && (plan->b_rs == plan->n || plan->b_cs == plan->k))
    shares[1] = ck_bytes_shares(next->b, plan->n * plan->k * bytes, parts, steps, &fetch[1]);
}

// What the tiles ask for in turn.
static void ask_for_next(const ck_gemm_plan *plan, const ck_gemm_operands *now, const ck_gemm_operands *next, ck_tile *tile,
                         ck_shares shares[2]) {
  const int64_t wide = plan->panels_at_once * plan->nr;
  const int64_t calls = plan->n / wide + ck_ceil_div(plan->n % wide, plan->nr);
  ck_product_stream(plan, now, next, calls * plan->row_tiles, ck_ceil_div(plan->k, plan->kr), tile->fetch, shares);
}

// Apart: a small product without an epilogue is not to pay for it.
static __attribute__((noinline)) void multiply_and_finish(const ck_gemm_plan *plan, const ck_gemm_operands *operands,
                                                          const ck_finished *done, ck_tile *tile, const void *a, const void *b) {
  ck_finish left;
  if (plan->tiles_finish) left = ck_finish_of(plan, operands, done), tile->finish = &left;
  plan->tiles[done->rows](tile, &a, &b, (void *)done->sums);
  if (!plan->tiles_finish) ck_epilogue_store(plan, operands, done, 1, 0);
}

void ck_gemm_tiles(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_gemm_operands *next) {
  const int64_t in_bytes = ck_element_bytes(plan->a_type), out_bytes = ck_element_bytes(plan->c_type);
  ck_tile tile = plan->tile;
  ck_shares shares[2] = {};
  if (next) ask_for_next(plan, operands, next, &tile, shares);
  tile.b_ps = plan->nr;
  const int64_t wide = plan->panels_at_once * plan->nr;
  tile.b_step = wide * plan->b_cs * in_bytes, tile.c_step = wide * out_bytes;
  for (int64_t column = 0, columns; column < plan->n; column += columns) {
    const int64_t groups = (plan->n - column) / wide;
    tile.beside = wide > plan->nr && groups > 0;
    tile.more = groups > 0 && plan->takes_slices && plan->row_tiles == 1 && !next && !plan->tiles_finish ? groups - 1 : 0;
    columns = groups > 0 ? (tile.more + 1) * wide : ck_least(plan->n - column, plan->nr);
    tile.n = ck_least(columns, plan->nr);
    const void *b = (const char *)operands->b + column * plan->b_cs * in_bytes;
    for (int64_t i = 0, row = 0; i < plan->row_tiles; i++) {
      const int64_t rows = plan->tile_rows + (i < plan->taller_tiles);
      const void *a = (const char *)operands->a + row * plan->a_rs * in_bytes;
      void *c = (char *)operands->c + (row * plan->c_rs + column) * out_bytes;
      if (plan->has_epilogue) {
        const ck_finished done = {
            .sums = c, .sums_rs = tile.c_rs, .row = row, .column = column, .rows = rows, .columns = columns};
        multiply_and_finish(plan, operands, &done, &tile, a, b);
      } else {
        plan->tiles[rows](&tile, &a, &b, c);
      }
      for (int s = 0; next && s < 2; s++) ck_skip_shares(&shares[s], 1, &tile.fetch[s]);
      row += rows;
    }
  }
}

void ck_gemm_scale(const ck_gemm_plan *plan, const ck_gemm_operands *operands) {
  // A row of zeros for sums, over and over: the epilogue does the rest.
  static const double zeros[64];
  for (int64_t i = 0; i < plan->m; i++)
    for (int64_t j = 0; j < plan->n; j += 64) {
      const int64_t columns = plan->n - j < 64 ? plan->n - j : 64;
      const ck_finished part = {.sums = zeros, .row = i, .column = j, .rows = 1, .columns = columns};
      ck_epilogue_store(plan, operands, &part, 0, plan->beta);
    }
}

void ck_gemm_run(const ck_gemm_plan *plan, const ck_gemm_operands *operands, char *workspace) {
  switch (plan->driver) {
  case CK_DRIVER_EMPTY: break;
  case CK_DRIVER_ONE_TILE: plan->tiles[plan->m](&plan->tile, &operands->a, &operands->b, operands->c); break;
  case CK_DRIVER_TILES: ck_gemm_tiles(plan, operands, NULL); break;
  case CK_DRIVER_SCALE: ck_gemm_scale(plan, operands); break;
  case CK_DRIVER_BLOCKED: ck_gemm_blocked(plan, operands, workspace); break;
  case CK_DRIVER_BY_SLICE: ck_gemm_by_slice(plan, operands, NULL, workspace); break;
  case CK_DRIVER_STRASSEN: ck_gemm_strassen(plan, operands, workspace); break;
  }
}

int64_t ck_gemm_workspace_bytes(const ck_gemm_plan *plan) {
  return ck_workspace_of(plan).total * ck_most(plan->batch.team.threads, 1);
}

static ck_status run_source(const ck_gemm_plan *plan, const ck_gemm_source *source, void *callers) {
  const int64_t bytes = callers ? 0 : ck_gemm_workspace_bytes(plan);
  void *workspace = bytes > 0 ? ck_workspace_take(bytes) : callers;
  if (bytes > 0 && !workspace) return CK_OUT_OF_MEMORY;
  const ck_gemm_operands first = ck_with_copies(plan, source->first);
  if (source->count == 1) ck_gemm_run(plan, &first, workspace);
  else ck_gemm_batch(plan, source, workspace);
  if (bytes > 0) ck_workspace_return(workspace, bytes);
  return CK_OK;
}

ck_status ck_gemm_execute(const ck_gemm_plan *plan, const ck_gemm_operands *operands, void *workspace) {
  if (plan->driver == CK_DRIVER_ONE_TILE && plan->batch.count == 1) {
    const void *const *a = plan->swapped ? &operands->b : &operands->a, *const *b = plan->swapped ? &operands->a : &operands->b;
    plan->tiles[plan->m](&plan->tile, a, b, operands->c);
    return CK_OK;
  }
  // Not copied: that would wait for the caller's stores (ck_fetching.h).
  const bool as_they_are = !plan->swapped && !plan->copied_a && !plan->copied_b;
  if (plan->driver == CK_DRIVER_TILES && plan->batch.count == 1 && as_they_are) {
    ck_gemm_tiles(plan, operands, NULL);
    return CK_OK;
  }
  ck_gemm_source source = {.count = plan->batch.count, .first = *operands};
  if (plan->swapped) {
    source.first.a = operands->b, source.first.b = operands->a;
    source.first.a_image = operands->b_image, source.first.b_image = operands->a_image;
  }
  return run_source(plan, &source, workspace);
}

ck_status ck_gemm_execute_list(const ck_gemm_plan *plan, const ck_gemm_list *list, void *workspace) {
  if (list->count == 0) return CK_OK;
  const ck_gemm_source source = {
      .count = list->count,
      .first = {.a = plan->swapped ? list->b[0] : list->a[0],
                .b = plan->swapped ? list->a[0] : list->b[0],
                .c = list->c[0],
                .bias = list->bias,
                .residual = list->residual ? list->residual[0] : NULL},
      .a = plan->swapped ? list->b : list->a,
      .b = plan->swapped ? list->a : list->b,
      .c = list->c,
      .residual = list->residual,
  };
  return run_source(plan, &source, workspace);
}
