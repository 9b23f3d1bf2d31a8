// Operands packed ahead of time: panels as deep as K, one after another, so that a block of K is a part of each.
#include "ck_team.h"
#include "gemm/panels.h"

typedef struct ck_ahead {
  const ck_gemm_plan *plan;
  ck_gemm_operands operands;
  bool left;
  char *destination;
} ck_ahead;

static int64_t panels_of(const ck_gemm_plan *plan, bool left) { return left ? plan->row_tiles : ck_ceil_div(plan->n, plan->nr); }

int64_t ck_gemm_packed_bytes(const ck_gemm_plan *plan, bool left) {
  const int64_t rows = left ? ck_a_panel_row(plan, plan->row_tiles) : ck_round_up(plan->n, plan->nr);
  return rows * ck_round_up(plan->k, left ? plan->a_kr : plan->kr) * ck_element_bytes(plan->panel_type);
}

static void pack_panel(const ck_ahead *ahead, int64_t panel) {
  const ck_gemm_plan *plan = ahead->plan;
  const int64_t row_bytes = ck_round_up(plan->k, ahead->left ? plan->a_kr : plan->kr) * ck_element_bytes(plan->panel_type);
  if (ahead->left) {
    const ck_a_block tile = {panel, panel + 1, 0, plan->k};
    ck_pack_a(plan, &ahead->operands, &tile, ahead->destination + ck_a_panel_row(plan, panel) * row_bytes);
    return;
  }
  const int64_t column = panel * plan->nr;
  const ck_b_panel place = {column, ck_least(plan->nr, plan->n - column), 0, plan->k};
  const ck_pack_job job = ck_pack_b_job(plan, &ahead->operands, &place, ahead->destination + column * row_bytes);
  ck_pack(&job);
}

static void run_thread(void *context, int32_t thread, int32_t threads) {
  const ck_ahead *ahead = context;
  const int64_t panels = panels_of(ahead->plan, ahead->left);
  for (int64_t panel = panels * thread / threads; panel < panels * (thread + 1) / threads; panel++) pack_panel(ahead, panel);
}

void ck_gemm_pack_ahead(const ck_gemm_plan *plan, bool left, const void *source, void *destination) {
  ck_ahead ahead = {.plan = plan, .operands = {.a = source, .b = source}, .left = left, .destination = destination};
  ck_team_run(plan->team, run_thread, &ahead);
}
