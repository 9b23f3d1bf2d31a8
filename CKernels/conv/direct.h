// What direct convolution asks of its weights.
#pragma once
#include "ck_conv.h"

/// Bytes of a panel: NR output channels, all their depths.
int64_t ck_direct_panel_bytes(const ck_conv_plan *plan);

/// Packs one panel of one group; `weights`: where the plan's begin.
void ck_direct_pack_weights(const ck_conv_plan *plan, const void *weights, int64_t group, int64_t panel, char *destination);
