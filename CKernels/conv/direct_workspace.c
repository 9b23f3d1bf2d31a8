#include "conv/direct_workspace.h"

#include "conv/band.h"
#include "conv/conv.h"
#include "conv/direct.h"
#include "pack/units.h"

bool ck_direct_has_private_panels(const ck_conv_plan *plan) {
  return plan->images == 1 && plan->image.out_rows <= plan->band_rows;
}

bool ck_direct_packs_weights(const ck_conv_plan *plan) { return plan->pack_weights && !plan->ready; }

ck_direct_map ck_direct_map_of(const ck_conv_plan *plan) {
  const ck_image *in = &plan->image;
  const int64_t threads = plan->gemm.team.threads;
  ck_direct_map map = {};
  const int64_t kept = ck_direct_has_private_panels(plan) ? threads : plan->kept_panels;
  map.states = ck_direct_packs_weights(plan) ? kept * ck_round_up(ck_direct_panel_bytes(plan), CK_LINE) : 0;
  map.lists = map.states + (ck_direct_packs_weights(plan) ? ck_round_up(kept * (int64_t)sizeof(int64_t), CK_LINE) : 0);
  map.list_bytes = ck_round_up(2 * ck_kernel_places(in) * (int64_t)sizeof(void *), CK_LINE);
  map.sums = map.lists + threads * map.list_bytes;
  if (plan->gemm.accumulate) {
    const int64_t of_tiles = ck_least(plan->gemm.row_tiles, CK_TILES_TOGETHER) * (plan->gemm.tile_rows + 1);
    const int64_t of_joined = 2 * ck_direct_joined_pixels(plan), of_pair = 2 * plan->gemm.m;
    const int64_t pixels = plan->joins_rows ? of_joined : plan->pairs_rows ? of_pair : of_tiles;
    map.sums_bytes = ck_round_up(pixels * plan->gemm.nr * ck_element_bytes(plan->gemm.acc_type), CK_LINE);
  }
  map.bands = map.sums + threads * map.sums_bytes;
  if (plan->copy_input) {
    const int64_t pixels = in->kernel_slices * ck_band_most_rows(plan) * plan->band_columns;
    map.image_bytes = ck_round_up(pixels * plan->pixel_channels * ck_element_bytes(plan->gemm.panel_type), CK_LINE);
    map.band_bytes = plan->band_images * map.image_bytes;
  }
  map.total = map.bands + threads * map.band_bytes;
  return map;
}

int64_t ck_direct_workspace_bytes(const ck_conv_plan *plan) { return ck_direct_map_of(plan).total; }
