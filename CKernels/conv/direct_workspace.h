// Scratch memory of direct convolution: how much, and where each part lies.
#pragma once
#include "ck_conv.h"

/// Tiles of an output row whose sums are kept apart and finished together: 16 of 14 pixels are whole lines of a turned output.
enum { CK_TILES_TOGETHER = 16 };

/// Byte offsets into the workspace, which begins with the packed panels; the bands of a task's images, `image_bytes` each, the
/// sums of tiles that are finished together and one pair of address lists a thread.
typedef struct ck_direct_map {
  int64_t states, lists, list_bytes, sums, sums_bytes, bands, image_bytes, band_bytes, total;
} ck_direct_map;

ck_direct_map ck_direct_map_of(const ck_conv_plan *plan);

/// Most pixels of a tile of joined rows, of which the sums of two are kept: one's are finished beside the next one's products.
static inline int64_t ck_direct_joined_pixels(const ck_conv_plan *plan) {
  return plan->gemm.tile_rows + (plan->gemm.taller_tiles > 0);
}

/// Whether each panel meets all its pixels in one task.
bool ck_direct_has_private_panels(const ck_conv_plan *plan);

/// Whether each call packs the weights.
bool ck_direct_packs_weights(const ck_conv_plan *plan);
