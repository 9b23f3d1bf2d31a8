// What direct convolution asks of its weights.
#pragma once
#include "ck_conv.h"

/// Whether the places of one kernel row lie one after another in the input and in the weights: then they are one block of the
/// sum.
bool ck_direct_joins_columns(const ck_conv_plan *plan);

/// Depth of a block of the sum: all channels of a place, or of a kernel row.
int64_t ck_direct_depth(const ck_conv_plan *plan);

/// Bytes of a panel: NR output channels, all their depths.
int64_t ck_direct_panel_bytes(const ck_conv_plan *plan);

/// Packs one panel of one group; `weights`: where the plan's begin.
void ck_direct_pack_weights(const ck_conv_plan *plan, const void *weights, int64_t group, int64_t panel, char *destination);
