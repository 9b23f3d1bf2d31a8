// Packed panels of the blocked loops. A block of A belongs to the thread that multiplies it. The block of B is shared: each of
// its panels is packed by the thread that needs it first, right before its first use, so that it is still in that thread's
// caches, and no thread waits for a whole block. While one panel is multiplied, the source of the next is fetched.
#include "ck_pack.h"
#include "ck_team.h"
#include "gemm/run.h"
#include "pack/units.h"

// Makes of a job on a matrix one on the image that stands in its place.
static void read_image(ck_pack_job *job, const ck_image *image, const void *source, int64_t row, int64_t depth) {
  if (!image) return;
  job->image = image;
  job->source = source;
  job->row = row;
  job->depth = depth;
}

void ck_pack_tiles(const ck_run *run, const ck_step *step, int64_t first, int64_t end, char *destination) {
  const ck_gemm_plan *plan = run->plan;
  for (int64_t tile = first; tile < end;) {
    const int64_t row = ck_tile_row(run, tile), height = ck_tile_row(run, tile + 1) - row;
    // As many tiles of one height at once as there are.
    const int64_t same = tile < plan->taller_tiles ? ck_least(end, plan->taller_tiles) : end;
    const int64_t rows = ck_tile_row(run, same) - row;
    ck_pack_job job = {
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
    read_image(&job, run->operands->a_image, run->operands->a, row, step->pc);
    ck_pack(&job);
    destination += rows * step->padded * ck_element_bytes(plan->panel_type);
    tile = same;
  }
}

static ck_pack_job panel_job(const ck_run *run, const ck_step *step, int64_t panel) {
  const ck_gemm_plan *plan = run->plan;
  const int64_t column = panel * plan->nr;
  ck_pack_job job = {
      .source = (const char *)run->operands->b +
                (step->pc * plan->b_rs + (step->jc + column) * plan->b_cs) * ck_element_bytes(plan->b_type),
      .destination = run->workspace + run->map.b + column * step->padded * ck_element_bytes(plan->panel_type),
      .rows = ck_least(plan->nr, step->columns - column),
      .k = step->depth,
      .rs = plan->b_cs,
      .ks = plan->b_rs,
      .panel = plan->nr,
      .kr = plan->kr,
      .from = plan->b_type,
      .to = plan->panel_type,
  };
  read_image(&job, run->operands->b_image, run->operands->b, step->jc + column, step->pc);
  return job;
}

static _Atomic int64_t *panel_state(const ck_run *run, int64_t panel) {
  return (_Atomic int64_t *)(run->workspace + run->map.states) + panel;
}

const char *ck_packed_panel(const ck_run *run, const ck_step *step, int64_t panel) {
  _Atomic int64_t *state = panel_state(run, panel);
  const ck_pack_job job = panel_job(run, step, panel);
  if (ck_team_first(state, step->index)) {
    ck_pack(&job);
    ck_team_done(state, step->index);
  }
  return job.destination;
}

void ck_fetch_panel(const ck_run *run, const ck_step *step, int64_t panel, int64_t part, int64_t parts) {
  if (ck_team_begun(panel_state(run, panel), step->index)) return;
  const ck_pack_job job = panel_job(run, step, panel);
  ck_pack_fetch(&job, part, parts);
}
