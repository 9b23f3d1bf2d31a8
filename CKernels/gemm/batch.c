// Batches: products of one shape, shared by threads in runs of neighbours. Each product is multiplied as one alone would be, so
// its bits are the same.
#include <stdatomic.h>

#include "ck_team.h"
#include "gemm/gemm.h"
#include "gemm/panels.h"

/// Bytes of a matrix of each product, and from one to the next.
typedef struct ck_asked {
  int64_t bytes, step;
} ck_asked;

typedef struct ck_batch_run {
  const ck_gemm_plan *plan;
  const ck_gemm_source *source;
  char *workspace;
  int64_t bytes;    ///< of workspace, for one thread
  int64_t length;   ///< of a run of products
  int64_t asks;     ///< for so many neighbours at a time, CK_ASKS_ON times as many products on; 0: for none
  bool is_far;      ///< more in all than stays in the last level
  ck_asked a, b, c; ///< where products are asked for; of C nothing unless it is far
  _Atomic int64_t next;
} ck_batch_run;

static ck_gemm_operands operands_of(const ck_gemm_plan *plan, const ck_gemm_source *source, int64_t index) {
  ck_gemm_operands o = source->first;
  if (source->a) {
    o.a = source->a[index];
    o.b = source->b[index];
    o.c = source->c[index];
    if (source->residual) o.residual = source->residual[index];
    return ck_with_copies(plan, o);
  }
  const int64_t in_bytes = ck_element_bytes(plan->a_type), out_bytes = ck_element_bytes(plan->c_type);
  o.a = (const char *)o.a + index * plan->batch.a * in_bytes;
  o.b = (const char *)o.b + index * plan->batch.b * in_bytes;
  o.c = (char *)o.c + index * plan->batch.c * out_bytes;
  if (o.residual) o.residual = (const char *)o.residual + index * plan->batch.c * out_bytes;
  return ck_with_copies(plan, o);
}

/// What a product of the batch reads and no other does, and what it writes.
static int64_t input_bytes(const ck_batch_run *run) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t rows = run->source->a || plan->batch.a != 0 ? plan->m : 0,
                columns = run->source->b || plan->batch.b != 0 ? plan->n : 0;
  return (rows + columns) * plan->k * ck_element_bytes(plan->a_type);
}
static int64_t output_bytes(const ck_batch_run *run) { return run->plan->m * run->plan->n * ck_element_bytes(run->plan->c_type); }

// While a product that fits into L1 is multiplied, the next one is asked for, unless all of the batch stays in L2; by slices,
// where B is packed, unless half of the last level holds it (64^3 in bf16 on Zen 5 160 to 300 GFLOP/s; but 48^3 out of the
// last level 300 to 260). The call's count decides, as a list may be longer than the plan's batch.
static bool fetches_next(const ck_batch_run *run) {
  const ck_gemm_plan *plan = run->plan;
  if (plan->driver == CK_DRIVER_TILES)
    return ck_is_deep(plan, plan->k) && input_bytes(run) * run->source->count > plan->quiet_bytes;
  const bool by_slice = plan->driver == CK_DRIVER_BY_SLICE && ck_packs_b(plan) && plan->team.threads <= 1 && plan->k <= plan->kc;
  return by_slice && run->is_far;
}

/// Of products asked for a little at a time: how much at least, how much one may read and write, how many such parts on.
enum { CK_ASKED_BYTES = 1 << 10, CK_ASKED_PRODUCT = 2 << 10, CK_ASKS_ON = 3 };

// How many neighbours to ask for at a time. Rows of small products end too soon for the hardware to follow them out of memory (on
// Zen 5 8^3 in fp32 24 to 49 GFLOP/s, 13 x 7 x 19 24 to 48; but 20^3, which it follows, 105 to 55). Tiles that widen bf16 wait
// for each line with every element, so they ask wherever a batch is not quiet (16^3 out of memory 37 to 102, out of the last
// level 110 to 107): no plan knows whether the last level has it.
static int64_t asks_at_once(const ck_batch_run *run) {
  const ck_gemm_plan *plan = run->plan;
  const bool is_dense = (plan->a_rs == plan->k || plan->a_cs == plan->m) && plan->b_rs == plan->n && plan->b_cs == 1;
  const bool is_in_place = plan->driver == CK_DRIVER_ONE_TILE || plan->driver == CK_DRIVER_TILES;
  const int64_t bytes = input_bytes(run) + output_bytes(run);
  const bool is_callers = !plan->copied_a && !plan->copied_b;
  if (!plan->fetches || fetches_next(run) || !is_dense || !is_in_place || !is_callers || bytes > CK_ASKED_PRODUCT) return 0;
  const bool waits = plan->driver == CK_DRIVER_TILES && plan->a_type == CK_BF16;
  const bool is_apart = waits && bytes * run->source->count > plan->quiet_bytes;
  return run->is_far || is_apart ? ck_ceil_div(CK_ASKED_BYTES, bytes) : 0;
}

// What is asked for, found once: with each product it took 5 % of 16^3 in bf16. What all products share needs no asking.
static void describe_asked(ck_batch_run *run) {
  const ck_gemm_plan *plan = run->plan;
  const bool in_list = run->source->a != NULL;
  const int64_t in_bytes = ck_element_bytes(plan->a_type), out_bytes = ck_element_bytes(plan->c_type);
  run->a = (ck_asked){in_list || plan->batch.a != 0 ? plan->m * plan->k * in_bytes : 0, plan->batch.a * in_bytes};
  run->b = (ck_asked){in_list || plan->batch.b != 0 ? plan->n * plan->k * in_bytes : 0, plan->batch.b * in_bytes};
  run->c = (ck_asked){run->is_far ? plan->m * plan->n * out_bytes : 0, plan->batch.c * out_bytes};
}

/// Asks for so much of each of `count` neighbours.
static inline void ask_for(const char *from, ck_asked each, int64_t count) {
  if (each.step == each.bytes) each.bytes *= count, count = 1;
  for (const char *end = from + each.bytes; count > 0; count--, from += each.step, end += each.step)
    for (const char *line = from; line < end; line += CK_LINE) __builtin_prefetch(line, 0, 3);
}

/// Asks for `count` products from `index` on.
static inline void ask_for_products(const ck_batch_run *run, int64_t index, int64_t count) {
  const ck_gemm_source *source = run->source;
  if (source->a) {
    ask_for(source->a[index], run->a, 1);
    ask_for(source->b[index], run->b, 1);
    ask_for(source->c[index], run->c, 1);
    return;
  }
  ask_for((const char *)source->first.a + index * run->a.step, run->a, count);
  ask_for((const char *)source->first.b + index * run->b.step, run->b, count);
  ask_for((const char *)source->first.c + index * run->c.step, run->c, count);
}

// Products of one tile each, strides apart: small ones take longer to describe than to multiply (8 x 8 x 8 on Emerald Rapids: 37
// to 44 GFLOP/s).
static void run_tiles(const ck_batch_run *run, int64_t begin, int64_t end) {
  const ck_gemm_plan *plan = run->plan;
  const ck_gemm_operands first = operands_of(plan, run->source, begin);
  const int64_t in_bytes = ck_element_bytes(plan->a_type), out_bytes = ck_element_bytes(plan->c_type);
  const int64_t a_step = plan->batch.a * in_bytes, b_step = plan->batch.b * in_bytes, c_step = plan->batch.c * out_bytes;
  const ck_ukernel_fn multiply = plan->tiles[plan->m];
  if (plan->tiles_repeat) {
    ck_tile tile = plan->tile;
    tile.a_step = a_step, tile.b_step = b_step, tile.c_step = c_step;
    const int64_t at_once = run->asks > 0 ? run->asks : end - begin;
    for (int64_t i = begin; i < end; i += at_once) {
      const int64_t asked = i + CK_ASKS_ON * at_once;
      if (run->asks > 0 && asked < end) ask_for_products(run, asked, ck_least(at_once, end - asked));
      tile.more = ck_least(at_once, end - i) - 1;
      const void *a = (const char *)first.a + (i - begin) * a_step, *b = (const char *)first.b + (i - begin) * b_step;
      multiply(&tile, &a, &b, (char *)first.c + (i - begin) * c_step);
    }
    return;
  }
  for (int64_t i = 0; i < end - begin; i++) {
    const void *a = (const char *)first.a + i * a_step, *b = (const char *)first.b + i * b_step;
    multiply(&plan->tile, &a, &b, (char *)first.c + i * c_step);
  }
}

static void run_products(const ck_batch_run *run, int64_t begin, int64_t end, char *workspace) {
  const ck_gemm_plan *plan = run->plan;
  if (plan->driver == CK_DRIVER_ONE_TILE && !run->source->a) {
    run_tiles(run, begin, end);
    return;
  }
  const bool fetches = fetches_next(run), begins = plan->in_tiles && ck_tiles_begin_amx();
  const int64_t asks_on = CK_ASKS_ON * run->asks;
  for (int64_t index = begin; index < end; index++) {
    if (run->asks > 0 && index + asks_on < end) ask_for_products(run, index + asks_on, 1);
    const ck_gemm_operands o = operands_of(plan, run->source, index);
    if (plan->driver == CK_DRIVER_ONE_TILE) {
      plan->tiles[plan->m](&plan->tile, &o.a, &o.b, o.c);
    } else if (fetches && index + 1 < end) {
      const ck_gemm_operands next = operands_of(plan, run->source, index + 1);
      if (plan->driver == CK_DRIVER_TILES) ck_gemm_tiles(plan, &o, &next);
      else ck_gemm_by_slice(plan, &o, &next, workspace);
    } else {
      ck_gemm_run(plan, &o, workspace);
    }
  }
  if (begins) ck_tiles_end_amx();
}

static void run_thread(void *context, int32_t thread, int32_t threads) {
  ck_batch_run *run = context;
  (void)threads;
  char *workspace = run->workspace + thread * run->bytes;
  for (;;) {
    const int64_t begin = atomic_fetch_add_explicit(&run->next, run->length, memory_order_relaxed);
    if (begin >= run->source->count) break;
    run_products(run, begin, ck_least(begin + run->length, run->source->count), workspace);
  }
}

void ck_gemm_batch(const ck_gemm_plan *plan, const ck_gemm_source *source, char *workspace) {
  if (source->count == 0) return;
  const ck_team team = plan->batch.team;
  const int64_t bytes = ck_workspace_of(plan).total;
  ck_batch_run run = {.plan = plan, .source = source, .workspace = workspace, .bytes = bytes};
  run.is_far = (input_bytes(&run) + output_bytes(&run)) * source->count > plan->far_bytes;
  run.asks = asks_at_once(&run);
  if (run.asks > 0) describe_asked(&run);
  if (team.threads <= 1) {
    run_products(&run, 0, source->count, workspace);
    return;
  }
  run.length = ck_team_run_length(source->count, team.threads);
  ck_team_run(team, run_thread, &run);
}
