// The block of B of the blocked loops is shared: each of its panels is packed by the thread that needs it first, right before its
// first use, so that it is still in that thread's caches, and no thread waits for a whole block. While one panel is multiplied,
// the source of the next can be asked for.
#include "ck_team.h"
#include "gemm/run.h"

char *ck_panel_place(const ck_run *run, const ck_step *step, int64_t panel) {
  return run->workspace + run->map.b + panel * run->plan->nr * step->padded * ck_panel_element_bytes(run->plan);
}

static ck_pack_job panel_job(const ck_run *run, const ck_step *step, int64_t panel) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t column = panel * plan->nr;
  const ck_b_panel place = {step->jc + column, ck_least(plan->nr, step->columns - column), step->pc, step->depth};
  return ck_pack_b_job(plan, run->operands, &place, ck_panel_place(run, step, panel));
}

static _Atomic int64_t *panel_state(const ck_run *run, int64_t panel) {
  return (_Atomic int64_t *)(run->workspace + run->map.states) + panel;
}

const char *ck_packed_panel(const ck_run *run, const ck_step *step, int64_t panel) {
  _Atomic int64_t *state = panel_state(run, panel);
  if (ck_team_first(state, step->index)) {
    const ck_pack_job job = panel_job(run, step, panel);
    ck_pack(&job);
    ck_team_done(state, step->index);
  }
  return ck_panel_place(run, step, panel);
}

void ck_panel_stream(const ck_run *run, const ck_step *step, int64_t panel, const ck_share *share, ck_stream *stream) {
  stream->count = 0;
  if (ck_team_begun(panel_state(run, panel), step->index)) return;
  const ck_pack_job job = panel_job(run, step, panel);
  ck_pack_stream(&job, share->part, share->parts, step->padded / run->plan->kr, stream);
}
