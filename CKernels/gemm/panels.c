#include "gemm/panels.h"

// Makes of a job on a matrix one on the image that stands in its place.
static void read_image(ck_pack_job *job, const ck_image *image, const void *source, int64_t row, int64_t depth) {
  if (!image) return;
  job->image = image;
  job->source = source;
  job->row = row;
  job->depth = depth;
}

ck_pack_job ck_pack_a_job(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_a_block *block,
                          char *destination) {
  const int64_t row = ck_tile_row(plan, block->tile);
  ck_pack_job job = {
      .source = ck_source_of_a(plan, operands, row, block->pc),
      .destination = destination,
      .rows = ck_tile_row(plan, block->tile_end) - row,
      .k = block->depth,
      .rs = plan->a_rs,
      .ks = plan->a_cs,
      .panel = (int32_t)ck_a_panel_rows(plan, ck_tile_row(plan, block->tile + 1) - row),
      .kr = plan->a_kr,
      .from = plan->a_type,
      .to = plan->panel_type,
      .parts = plan->parts,
      .isa = plan->isa,
      .terms = operands->a_terms,
  };
  read_image(&job, operands->a_image, operands->a, row, block->pc);
  return job;
}

void ck_pack_a(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_a_block *block, char *destination) {
  const int64_t padded = ck_round_up(block->depth, plan->a_kr);
  ck_a_block same = *block;
  for (; same.tile < block->tile_end; same.tile = same.tile_end) {
    // As many tiles of one height at once as there are, if their panels hold no more.
    same.tile_end = same.tile < plan->taller_tiles ? ck_least(block->tile_end, plan->taller_tiles) : block->tile_end;
    if (plan->in_tiles) same.tile_end = same.tile + 1;
    const ck_pack_job job = ck_pack_a_job(plan, operands, &same, destination);
    ck_pack(&job);
    destination += ck_round_up(job.rows, job.panel) * padded * ck_panel_element_bytes(plan);
  }
}

ck_pack_job ck_pack_b_job(const ck_gemm_plan *plan, const ck_gemm_operands *operands, const ck_b_panel *panel,
                          char *destination) {
  ck_pack_job job = {
      .source = ck_source_of_b(plan, operands, panel->column, panel->pc),
      .destination = destination,
      .rows = panel->columns,
      .k = panel->depth,
      .rs = plan->b_cs,
      .ks = plan->b_rs,
      .panel = plan->nr,
      .kr = plan->kr,
      .from = plan->b_type,
      .to = plan->panel_type,
      .parts = plan->parts,
      .isa = plan->isa,
      .terms = operands->b_terms,
  };
  read_image(&job, operands->b_image, operands->b, panel->column, panel->pc);
  return job;
}
