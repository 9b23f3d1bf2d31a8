// What the tiles of the blocked loops ask the caches for. Included by gemm/macro_kernel.c alone.
#pragma once
#include <stddef.h>

#include "gemm/run.h"

/// A panel of B where the caller has it.
static const char *source_of_b(const ck_run *run, const ck_step *step, int64_t panel) {
  return ck_source_of_b(run->plan, run->operands, step->jc + panel * run->plan->nr, step->pc);
}

/// Where it is read: as it comes, or once it is packed.
static const char *place_of_b(const ck_run *run, const ck_step *step, int64_t panel) {
  const ck_gemm_plan *plan = run->plan;
  if (plan->ready_b) return ck_ready_b(plan, step->jc + panel * plan->nr, step->pc);
  return plan->pack_b ? ck_place_of_b(run, step, panel) : source_of_b(run, step, panel);
}

/// B that is not packed yet: of the next panel, where this tile is the first, and copies none itself; else a share of the next
/// slice, so that the first tiles there don't wait for all of it.
static void ask_for_b(const ck_run *run, const ck_step *step, const ck_task *task, const ck_meeting *at, ck_tile *t) {
  t->fetch[1].count = 0;
  if (!run->plan->fetches || !ck_packs_b(run->plan)) return;
  const ck_share whole = {0, 1}, share = {at->tile - step->tile, step->tiles};
  const bool has_next = at->place + 1 < task->panel_end - task->panel;
  if (at->tile == task->tile && has_next && !ck_copies_b(run->plan, run->operands, run->plan->nr))
    ck_stream_of_b(run, step, ck_task_panel(task, at->place + 1), &whole, &t->fetch[1]);
  if (t->fetch[1].count == 0 && at->place < task->after_panels)
    ck_stream_of_b(run, &task->after, task->after_panel + at->place, &share, &t->fetch[1]);
}

/// What the tiles of a task ask for of the next slice of a B that came packed: the first share of a panel, but for its place, and
/// how the others go on. Nothing in shallow blocks, nor by tile registers, whose slices fill L2.
typedef struct ck_next_panels {
  ck_stream stream;
  ck_shares shares;
} ck_next_panels;

static ck_next_panels next_panels(const ck_run *run, const ck_step *step, const ck_task *task) {
  ck_next_panels next = {};
  if (run->plan->in_tiles || !ck_asks_for_panels(run->plan) || !ck_is_deep(run->plan, step->depth)) return next;
  const int64_t steps = step->padded / run->plan->kr;
  next.shares = ck_shares_of_panel(run->plan, NULL, task->after.depth, step->tiles, steps, &next.stream);
  return next;
}

/// A share of the next slice's panel.
static void ask_for_ready_b(const ck_run *run, const ck_step *step, const ck_task *task, const ck_meeting *at,
                            const ck_next_panels *next, ck_tile *t) {
  if (next->stream.count == 0 || at->place >= task->after_panels) return;
  ck_shares shares = next->shares;
  t->fetch[1] = next->stream;
  t->fetch[1].at = (uintptr_t)place_of_b(run, &task->after, task->after_panel + at->place);
  ck_skip_shares(&shares, at->tile - step->tile, &t->fetch[1]);
}

/// A share of the next tile's A with each panel. What is the same for all is found with the first: found with each, it took 8 %
/// of 512 x 784 x 128 in bf16 (Zen 5). Of a sum of matrices shares in turn are of one after another.
static void ask_for_a(const ck_run *run, const ck_step *step, const ck_task *task, const ck_meeting *at, ck_shares *shares,
                      ck_tile *t) {
  if (at->place > 0 && !run->operands->a_terms) {
    ck_skip_shares(shares, 1, &t->fetch[0]);
    return;
  }
  const ck_share share = {at->place, task->panel_end - task->panel};
  t->fetch[0].count = 0;
  if (ck_fetches_a(run->plan, step->depth) && at->tile + 1 < task->tile_end)
    *shares = ck_stream_of_a(run, step, at->tile + 1, &share, &t->fetch[0]);
}

/// The next tile's C, where K is too short for a tile's own.
static void ask_for_c(const ck_run *run, const ck_task *task, const ck_meeting *at, ck_tile *t) {
  const ck_gemm_plan *plan = run->plan;
  const bool is_last = at->place + 1 == task->panel_end - task->panel;
  if (!t->fetch_c || t->k >= CK_C_AHEAD * plan->kr) return;
  const int64_t next = ck_task_panel(task, is_last ? 0 : at->place + 1);
  const int64_t height = ck_tile_row(plan, at->tile + 1) - ck_tile_row(plan, at->tile);
  t->c_ahead = (next - at->panel) * plan->nr + (is_last ? height * t->c_rs : 0);
}
