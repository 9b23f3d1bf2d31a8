// Panels of weights for direct convolution.
#include <stddef.h>

#include "conv/band.h"
#include "conv/conv.h"
#include "conv/direct.h"
#include "pack/panel.h"
#include "pack/units.h"

bool ck_direct_joins_columns(const ck_conv_plan *plan) {
  const ck_image *in = &plan->image;
  const bool in_input = in->dilation_w == 1 && (plan->copy_input || in->ws == in->channels);
  return in_input && (plan->pack_weights || plan->layout.w_ss == in->channels * plan->layout.w_cs);
}

/// Places of the kernel in a block of the sum.
static int64_t places_of_block(const ck_conv_plan *plan) {
  return ck_direct_joins_columns(plan) ? plan->image.kernel_columns : 1;
}

int64_t ck_direct_depth(const ck_conv_plan *plan) { return plan->pixel_channels * places_of_block(plan); }

/// Elements of a panel's blocks, each filled up to whole groups of KR.
static int64_t block_elements(const ck_conv_plan *plan) {
  return ck_round_up(ck_direct_depth(plan), plan->gemm.kr) * plan->gemm.nr;
}

int64_t ck_direct_panel_bytes(const ck_conv_plan *plan) {
  const int64_t blocks = ck_kernel_places(&plan->image) / places_of_block(plan);
  return blocks * block_elements(plan) * ck_element_bytes(plan->gemm.panel_type);
}

// Weights of an input channel whose places follow one another, and the output channels after them: of a gradient whose kernel
// lies channels first, which runs over the places last to first.
static bool places_are_columns(const ck_conv_plan *plan) {
  const ck_conv_layout *w = &plan->layout;
  const ck_image *in = &plan->image;
  const int64_t places = ck_kernel_places(in);
  return plan->gemm.kr == 1 && plan->gemm.b_type == plan->gemm.panel_type && w->w_ss == -1 && w->w_rs == -in->kernel_columns &&
         (in->kernel_slices == 1 || w->w_ds == w->w_rs * in->kernel_rows) && w->w_os == places && places > 1;
}

// A small transposition for each input channel.
static void pack_columns(const ck_conv_plan *plan, const void *weights, int64_t group, int64_t panel, char *destination) {
  const ck_conv_layout *w = &plan->layout;
  const ck_image *in = &plan->image;
  const int64_t bytes = ck_element_bytes(plan->gemm.b_type), nr = plan->gemm.nr;
  const int64_t places = ck_kernel_places(in), block = in->channels * nr;
  const int64_t rows = ck_least(nr, plan->channels - panel * nr);
  const ck_pack_job job = {.kr = 1, .from = plan->gemm.b_type, .to = plan->gemm.panel_type, .isa = plan->gemm.isa};
  if (rows < nr) __builtin_memset(destination, 0, (size_t)(places * block * bytes));
  const char *last = (const char *)weights + (group * w->w_gs + panel * nr * w->w_os - (places - 1)) * bytes;
  for (int64_t channel = 0; channel < in->channels; channel++) {
    const ck_panel columns = {
        .source = last + channel * w->w_cs * bytes,
        .destination = destination + ((places - 1) * block + channel * nr) * bytes,
        .live = rows,
        .k = places,
        .rs = places * bytes,
        .ks = bytes,
        .width = -block,
    };
    ck_pack_panel(&job, &columns);
  }
}

/// A place's first channels, which fill a group that the place before has begun; returns how many.
static int64_t fill_group(const ck_conv_plan *plan, const ck_pack_job *job, int64_t depth, char *block) {
  enum { kr = 2 }; // of bf16; else 1, which leaves no group begun
  if (depth % plan->gemm.kr == 0) return 0;
  const uint16_t *from = job->source;
  uint16_t *odd = (uint16_t *)block + depth / kr * kr * plan->gemm.nr + 1;
  for (int64_t i = 0; i < job->rows; i++) odd[i * kr] = from[i * job->rs];
  return 1;
}

// Depths in the order (d, r, s, c), each block's filled up to whole groups of KR. Places whose channels follow one another in
// memory are packed at once.
void ck_direct_pack_weights(const ck_conv_plan *plan, const void *weights, int64_t group, int64_t panel, char *destination) {
  if (places_are_columns(plan)) return pack_columns(plan, weights, group, panel, destination);
  const ck_conv_layout *w = &plan->layout;
  const ck_image *in = &plan->image;
  const int64_t bytes = ck_element_bytes(plan->gemm.b_type), channels = in->channels;
  const int64_t places = ck_kernel_places(in), block_places = places_of_block(plan),
                panel_bytes = ck_element_bytes(plan->gemm.panel_type);
  const bool whole = ck_direct_depth(plan) % plan->gemm.kr == 0 && w->w_rs == in->kernel_columns * w->w_ss &&
                     (in->kernel_slices == 1 || w->w_ds == in->kernel_rows * w->w_rs);
  const bool adjacent = whole && plan->pixel_channels == channels && w->w_ss == channels * w->w_cs;
  // Channel after channel, each with all its places: turned round while it is packed.
  const bool by_channel = whole && !adjacent && plan->gemm.kr == 1 && w->w_ss == 1 && w->w_cs == places;
  const bool at_once = adjacent || by_channel;
  for (int64_t place = 0; place < (at_once ? 1 : places); place++) {
    const int64_t offset = group * w->w_gs + panel * plan->gemm.nr * w->w_os + ck_weights_place(plan, place);
    char *block = destination + place / block_places * block_elements(plan) * panel_bytes;
    const int64_t depth = place % block_places * plan->pixel_channels;
    ck_pack_job job = {
        .source = (const char *)weights + offset * bytes,
        .rows = ck_least(plan->gemm.nr, plan->channels - panel * plan->gemm.nr),
        .k = at_once ? places * channels : in->channels,
        .rs = w->w_os,
        .ks = by_channel ? 1 : w->w_cs,
        .panel = plan->gemm.nr,
        .kr = plan->gemm.kr,
        .from = plan->gemm.b_type,
        .to = plan->gemm.panel_type,
        .isa = plan->gemm.isa,
        .places = by_channel ? places : 1,
    };
    const int64_t filled = fill_group(plan, &job, depth, block);
    job.source = (const char *)job.source + filled * job.ks * bytes;
    job.destination = block + (depth + filled) * plan->gemm.nr * panel_bytes;
    job.k -= filled;
    if (job.k > 0) ck_pack(&job);
  }
}

int64_t ck_direct_ready_bytes(const ck_conv_plan *plan) {
  const int64_t panels = ck_ceil_div(plan->channels, plan->gemm.nr);
  return plan->pack_weights ? plan->groups * panels * ck_round_up(ck_direct_panel_bytes(plan), CK_LINE) : 0;
}

void ck_direct_make_ready(const ck_conv_plan *plan, const void *weights, void *destination) {
  const int64_t panels = ck_ceil_div(plan->channels, plan->gemm.nr), bytes = ck_round_up(ck_direct_panel_bytes(plan), CK_LINE);
  for (int64_t i = 0; i < plan->groups * panels; i++)
    ck_direct_pack_weights(plan, weights, i / panels, i % panels, (char *)destination + i * bytes);
}
