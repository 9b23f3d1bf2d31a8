// The blocks of A and B of the blocked loops are shared: each tile and each panel is packed by the thread that needs it first,
// right before its first use or beside its neighbour, so that it is still in that thread's caches, and no thread waits for a
// whole block. While one is multiplied, the source of the next can be asked for.
#include "ck_team.h"
#include "gemm/run.h"

char *ck_place_of_b(const ck_run *run, const ck_step *step, int64_t panel) {
  return run->workspace + run->map.b + panel * run->plan->nr * step->padded * ck_panel_element_bytes(run->plan);
}

char *ck_place_of_a(const ck_run *run, const ck_step *step, int64_t tile) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t before = ck_a_panel_row(plan, tile) - ck_a_panel_row(plan, step->tile);
  return run->workspace + run->map.a + before * ck_round_up(step->depth, plan->a_kr) * ck_panel_element_bytes(plan);
}

static _Atomic int64_t *state_of_b(const ck_run *run, int64_t panel) {
  return (_Atomic int64_t *)(run->workspace + run->map.b_states) + panel;
}

static _Atomic int64_t *state_of_a(const ck_run *run, const ck_step *step, int64_t tile) {
  return (_Atomic int64_t *)(run->workspace + run->map.a_states) + (tile - step->tile);
}

/// What packs so many panels from `panel` on.
static ck_pack_job job_of_b(const ck_run *run, const ck_step *step, int64_t panel, int64_t panels) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t column = panel * plan->nr;
  const ck_b_panel place = {step->jc + column, ck_least(panels * plan->nr, step->columns - column), step->pc, step->depth};
  return ck_pack_b_job(plan, run->operands, &place, ck_place_of_b(run, step, panel));
}

/// Panels from one on whose rows lie side by side, so that it pays to pack them at once.
static int64_t packed_together(const ck_run *run) {
  const ck_gemm_plan *plan = run->plan;
  const bool is_plain = !run->operands->b_image && plan->parts == 0;
  return is_plain && plan->b_cs == 1 ? 4 : 1;
}

bool ck_claims_b(const ck_run *run, const ck_step *step, int64_t panel, int64_t panel_end, bool copies) {
  if (!ck_team_first(state_of_b(run, panel), step->b_index)) return false;
  if (copies) return true;
  const int64_t most = ck_least(panel + packed_together(run), panel_end);
  int64_t end = panel + 1;
  // Not those that another thread has begun: it would wait for that thread, and others for the panels it holds.
  for (; end < most; end++)
    if (ck_team_begun(state_of_b(run, end), step->b_index) || !ck_team_first(state_of_b(run, end), step->b_index)) break;
  const ck_pack_job job = job_of_b(run, step, panel, end - panel);
  ck_pack(&job);
  for (; panel < end; panel++) ck_packed_b(run, step, panel);
  return false;
}

void ck_packed_b(const ck_run *run, const ck_step *step, int64_t panel) { ck_team_done(state_of_b(run, panel), step->b_index); }

/// Tiles of A from one on whose columns lie side by side, so that it pays to pack them at once.
static int64_t tiles_together(const ck_run *run, const ck_step *step, int64_t tile) {
  enum { most = 8 };
  const ck_gemm_plan *plan = run->plan;
  const bool is_plain = !run->operands->a_image && !run->operands->a_terms && plan->parts == 0 && !plan->in_tiles;
  const int64_t end = tile < plan->taller_tiles ? plan->taller_tiles : step->tile + step->tiles;
  return is_plain && plan->a_rs == 1 ? ck_least(most, ck_least(end, step->tile + step->tiles) - tile) : 1;
}

void ck_pack_tile_of_a(const ck_run *run, const ck_step *step, int64_t tile) {
  if (!ck_team_first(state_of_a(run, step, tile), step->index)) return;
  const int64_t most = tile + tiles_together(run, step, tile);
  int64_t end = tile + 1;
  for (; end < most; end++)
    if (ck_team_begun(state_of_a(run, step, end), step->index) || !ck_team_first(state_of_a(run, step, end), step->index)) break;
  const ck_a_block block = {tile, end, step->pc, step->depth};
  ck_pack_a(run->plan, run->operands, &block, ck_place_of_a(run, step, tile));
  for (; tile < end; tile++) ck_team_done(state_of_a(run, step, tile), step->index);
}

/// Of a sum of matrices, shares in turn are of one after another.
static ck_shares ask_for_share(ck_pack_job *job, const ck_share *share, int64_t steps, ck_stream *stream) {
  int64_t part = share->part, parts = share->parts;
  if (job->terms) {
    const int64_t count = job->terms->count, bytes = ck_element_bytes(job->from);
    job->source = (const char *)job->source + job->terms->term[part % count].offset * bytes;
    part /= count, parts = ck_most(parts / count, 1);
  }
  ck_shares shares = ck_pack_shares(job, parts, steps, stream);
  ck_skip_shares(&shares, part, stream);
  return shares;
}

void ck_stream_of_b(const ck_run *run, const ck_step *step, int64_t panel, const ck_share *share, ck_stream *stream) {
  stream->count = 0;
  if (ck_team_begun(state_of_b(run, panel), step->b_index)) return;
  ck_pack_job job = job_of_b(run, step, panel, 1);
  ask_for_share(&job, share, step->padded / run->plan->kr, stream);
}

ck_shares ck_stream_of_a(const ck_run *run, const ck_step *step, int64_t tile, const ck_share *share, ck_stream *stream) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t steps = step->padded / plan->kr;
  if (ck_packs_a(plan) && ck_team_begun(state_of_a(run, step, tile), step->index)) {
    const int64_t bytes = ck_place_of_a(run, step, tile + 1) - ck_place_of_a(run, step, tile);
    ck_shares shares = ck_bytes_shares(ck_place_of_a(run, step, tile), bytes, share->parts, steps, stream);
    ck_skip_shares(&shares, share->part, stream);
    return shares;
  }
  const ck_a_block block = {tile, tile + 1, step->pc, step->depth};
  ck_pack_job job = ck_pack_a_job(plan, run->operands, &block, NULL);
  return ask_for_share(&job, share, steps, stream);
}
