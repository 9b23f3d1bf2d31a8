// The gradient of an input that is cut into patches, by a kernel as large as its stride (transposed: an upsampling). A product of
// the output gradient's pixels and all weights leaves a patch in each row (im2col, the other way round); bands of them, which
// stay in L2, are copied to where they lie. By places of the kernel, one by one, a 16x16 patch of three channels is 256 products
// of three columns.
//
// Contract: each element is one sum of one product, whatever the bands and threads.
#include <stdatomic.h>

#include "ck_team.h"
#include "conv/conv.h"
#include "gemm/panels.h"
#include "pack/units.h"

/// Byte offsets into the workspace, which begins with the panels of weights that are not ready; of each thread, the workspace of
/// its product, and its patches.
typedef struct ck_patches_map {
  int64_t bias, threads, patches, thread_bytes, total;
} ck_patches_map;

typedef struct ck_patches_run {
  ck_gemm_plan gemm; ///< of a whole image
  const ck_conv_plan *plan;
  const ck_conv_operands *operands;
  const float *bias; ///< of each column of the product
  char *workspace;
  ck_patches_map map;
  _Atomic int64_t next; ///< of all images' bands
  _Atomic int32_t status;
} ck_patches_run;

static ck_patches_map map_of(const ck_conv_plan *plan) {
  const ck_gemm_plan *gemm = &plan->gemm;
  ck_patches_map map = {};
  if (gemm->pack_b && !plan->ready) map.bias = ck_round_up(ck_gemm_packed_bytes(gemm, false), CK_LINE);
  map.threads = map.bias;
  if (gemm->epilogue.bias != CK_BIAS_NONE) map.threads += ck_round_up(gemm->n * (int64_t)sizeof(float), CK_LINE);
  map.patches = ck_round_up(ck_gemm_workspace_bytes(gemm), CK_LINE);
  const int64_t band = plan->band_rows * plan->image.out_columns * gemm->n;
  map.thread_bytes = map.patches + ck_round_up(band * ck_element_bytes(gemm->c_type), CK_LINE);
  map.total = map.threads + plan->products_team.threads * map.thread_bytes;
  return map;
}

int64_t ck_patches_workspace_bytes(const ck_conv_plan *plan) { return map_of(plan).total; }

/// A channel's bias for each of its columns.
static void spread_bias(const ck_conv_plan *plan, const float *bias, float *columns) {
  const ck_patches *patches = &plan->patches;
  for (int64_t i = 0; i < plan->gemm.n; i++) columns[i] = bias[i / patches->of_channel % patches->channels];
}

/// The product of fewer rows, by the same blocks of K: what a band is depends on threads.
static ck_gemm_plan cut(const ck_gemm_plan *plan, int64_t rows) {
  ck_gemm_plan part = *plan;
  ck_cut_rows(&part, rows, plan->tile_rows + (plan->taller_tiles > 0));
  return part;
}

/// Copies `count` pieces, `step` bytes apart, one behind another. `bytes`: of each.
static inline __attribute__((always_inline)) void copy_pieces(char *to, const char *from, const size_t bytes, int64_t step,
                                                              int64_t count) {
  for (int64_t i = 0; i < count; i++) __builtin_memcpy(to + i * (int64_t)bytes, from + i * step, bytes);
}

/// The same, without a call for each of the few bytes that two or four columns have (2x2 patches of 64 channels at 112 on Zen 5,
/// channels first, 1,483 us with calls, 957 without).
static void copy_line(char *to, const char *from, int64_t bytes, int64_t step, int64_t count) {
  switch (bytes) {
  case 4: return copy_pieces(to, from, 4, step, count);
  case 8: return copy_pieces(to, from, 8, step, count);
  case 16: return copy_pieces(to, from, 16, step, count);
  case 32: return copy_pieces(to, from, 32, step, count);
  case 64: return copy_pieces(to, from, 64, step, count);
  default: copy_pieces(to, from, (size_t)bytes, step, count);
  }
}

/// Copies so many rows of patches, by rows of the image.
static void copy(const ck_conv_plan *plan, int64_t rows, const char *from, char *to) {
  const ck_patches *patches = &plan->patches;
  const int64_t bytes = ck_element_bytes(plan->gemm.c_type), columns = plan->image.out_columns;
  const int64_t run = patches->run * bytes, patch = plan->gemm.n * bytes;
  for (int64_t row = 0; row < rows; row++)
    for (int64_t i = 0; i < plan->gemm.n / patches->run; i++) {
      const int64_t place = row * plan->layout.out_ps + i / patches->rows * patches->cs + i % patches->rows * patches->hs;
      copy_line(to + place * bytes, from + row * columns * patch + i * run, run, patch, columns);
    }
}

static ck_status run_band(const ck_patches_run *run, int64_t n, int64_t first, char *own) {
  const ck_conv_plan *plan = run->plan;
  const ck_image *in = &plan->image;
  const int64_t rows = ck_least(plan->band_rows, in->out_rows - first), columns = in->out_columns;
  char *patches = own + run->map.patches;
  const ck_gemm_operands product = {
      .a = (const char *)run->operands->input + (ck_image_place(in, n) + first * in->hs) * ck_element_bytes(plan->gemm.a_type),
      .b = run->operands->weights,
      .c = patches,
      .bias = run->bias,
  };
  const ck_gemm_plan band = rows < in->out_rows ? cut(&run->gemm, rows * columns) : run->gemm;
  const ck_status status = ck_gemm_execute(&band, &product, own);
  const int64_t place = ck_output_place(plan, n) + first * plan->layout.out_ps;
  if (status == CK_OK) copy(plan, rows, patches, (char *)run->operands->output + place * ck_element_bytes(plan->gemm.c_type));
  return status;
}

static void run_thread(void *context, int32_t thread, int32_t threads) {
  (void)threads;
  ck_patches_run *run = context;
  const int64_t bands = ck_ceil_div(run->plan->image.out_rows, run->plan->band_rows), tasks = bands * run->plan->images;
  char *own = run->workspace + run->map.threads + thread * run->map.thread_bytes;
  for (int64_t index; (index = atomic_fetch_add_explicit(&run->next, 1, memory_order_relaxed)) < tasks;) {
    const ck_status status = run_band(run, index / bands, index % bands * run->plan->band_rows, own);
    if (status != CK_OK) atomic_store_explicit(&run->status, status, memory_order_relaxed);
  }
}

ck_status ck_conv_patches(const ck_conv_plan *plan, const ck_conv_operands *operands, char *workspace) {
  ck_patches_run run = {.gemm = plan->gemm, .plan = plan, .operands = operands, .workspace = workspace, .map = map_of(plan)};
  if (plan->ready) {
    run.gemm = ck_ready_product(plan, 0);
  } else if (plan->gemm.pack_b) {
    run.gemm.team = plan->products_team;
    ck_gemm_pack_ahead(&run.gemm, false, operands->weights, workspace);
    run.gemm.team = plan->gemm.team;
    run.gemm.ready_b = workspace;
  }
  if (plan->gemm.epilogue.bias != CK_BIAS_NONE && operands->bias) {
    float *bias = (float *)(workspace + run.map.bias);
    spread_bias(plan, operands->bias, bias);
    run.bias = bias;
  }
  ck_team_run(plan->products_team, run_thread, &run);
  return run.status;
}
