#include "conv/direct_rows.h"

#include "epilogue/epilogue.h"
#include "pack/units.h"

int64_t ck_direct_list_blocks(const ck_direct_run *run, const ck_blocks *blocks, ck_taps rows, const void **list) {
  const int64_t bytes = ck_element_bytes(run->plan->gemm.panel_type);
  const void **next = list;
  for (int64_t d = 0; d < run->plan->image.kernel_slices; d++)
    for (int64_t r = rows.first; r < rows.first + rows.count; r++)
      for (int64_t s = 0; s < run->place_columns; s++)
        *next++ = blocks->base + (d * blocks->slice + r * blocks->row + s * blocks->column) * bytes;
  return next - list;
}

/// What the tile from output (p, q) on meets.
static ck_blocks pixels_of(const ck_direct_run *run, const ck_source *source, int64_t p, int64_t q) {
  const ck_image *in = &run->plan->image;
  const int64_t row = p * in->stride_h - in->pad_top - source->first_row, column = q * in->stride_w - in->pad_left + source->left;
  const int64_t offset = row * source->row + column * source->pixel;
  return (ck_blocks){source->base + offset * ck_element_bytes(run->plan->gemm.panel_type), source->slice,
                     in->dilation_h * source->row, in->dilation_w * source->pixel};
}

static int64_t bytes_of_sums(const ck_gemm_plan *gemm, const ck_tile *tile) {
  return ck_element_bytes(tile->narrow || !gemm->accumulate ? gemm->c_type : gemm->acc_type);
}

/// Some tiles of `height` rows, one after another along an output row.
static void run_tiles(const ck_gemm_plan *gemm, ck_tile *tile, int64_t height, int64_t count, const ck_own *own, char *c) {
  tile->more = gemm->tiles_repeat ? count - 1 : 0;
  tile->a_step = height * tile->a_rs * ck_element_bytes(gemm->panel_type);
  tile->c_step = height * tile->c_rs * bytes_of_sums(gemm, tile);
  gemm->tiles[height](tile, own->pixels, own->weights, c);
  for (int64_t i = 1; !gemm->tiles_repeat && i < count; i++) {
    for (int64_t s = 0; s < tile->blocks; s++) own->pixels[s] = (const char *)own->pixels[s] + tile->a_step;
    gemm->tiles[height](tile, own->pixels, own->weights, c + i * tile->c_step);
  }
}

/// Finishes sums of a row.
static void finish(const ck_direct_run *run, const ck_gemm_operands *operands, const ck_finished *done) {
  if (run->plan->turns_sums) ck_epilogue_turn(&run->plan->gemm, operands->c, done);
  else ck_epilogue_store(&run->plan->gemm, operands, done, 1, 0);
}

/// Tiles of a row between two of which nothing is to be finished; those that lie in the output are finished while they are in L1.
static int64_t tiles_together(const ck_gemm_plan *gemm) {
  if (gemm->accumulate) return CK_TILES_TOGETHER;
  return gemm->has_epilogue ? 1 : ck_most(gemm->row_tiles, 1);
}

void ck_direct_run_row(const ck_direct_run *run, const ck_source *source, const ck_direct_row *row, ck_tile *tile,
                       const ck_own *own) {
  const ck_gemm_plan *gemm = &run->plan->gemm;
  const int64_t out_qs = run->plan->layout.out_qs, out_bytes = ck_element_bytes(gemm->c_type);
  const int64_t together = tiles_together(gemm);
  for (int64_t i = 0, q = 0; i < gemm->row_tiles;) {
    const int64_t end = ck_least(i + together, gemm->row_tiles), first = q;
    char *c = gemm->accumulate ? own->sums : (char *)row->operands.c + (q * out_qs + row->channel) * out_bytes;
    char *next = c;
    while (i < end) {
      const bool is_taller = i < gemm->taller_tiles;
      const int64_t height = gemm->tile_rows + is_taller, count = ck_least(is_taller ? gemm->taller_tiles : end, end) - i;
      const ck_blocks pixels = pixels_of(run, source, row->p, q);
      ck_direct_list_blocks(run, &pixels, row->taps, own->pixels);
      run_tiles(gemm, tile, height, count, own, next);
      i += count, q += count * height, next += count * tile->c_step;
    }
    if (!gemm->accumulate && !gemm->has_epilogue) continue;
    const ck_finished done = {
        .sums = c, .sums_rs = tile->c_rs, .row = first, .column = row->channel, .rows = q - first, .columns = tile->n};
    finish(run, &row->operands, &done);
  }
}

void ck_direct_run_pair(const ck_direct_run *run, const ck_source *source, const ck_direct_row *row, const ck_tile *tile,
                        const ck_own *own) {
  const ck_gemm_plan *gemm = &run->plan->gemm;
  const ck_conv_layout *out = &run->plan->layout;
  const int64_t out_bytes = ck_element_bytes(gemm->c_type), pixels = gemm->m;
  const ck_blocks blocks = pixels_of(run, source, row->p, 0);
  ck_direct_list_blocks(run, &blocks, row->taps, own->pixels);
  ck_tile pair = *tile;
  pair.more = 0;
  pair.a_lower = run->plan->image.stride_h * source->row;
  pair.c_lower = gemm->accumulate ? pixels * tile->c_rs : out->out_ps;
  char *c = gemm->accumulate ? own->sums : (char *)row->operands.c + row->channel * out_bytes;
  gemm->tiles[2 * pixels](&pair, own->pixels, own->weights, c);
  if (!gemm->accumulate && !gemm->has_epilogue) return;
  const int64_t sum_bytes = bytes_of_sums(gemm, tile);
  ck_gemm_operands operands = row->operands;
  for (int64_t i = 0; i < 2; i++) {
    const ck_finished done = {.sums = c + i * pair.c_lower * sum_bytes,
                              .sums_rs = tile->c_rs,
                              .column = row->channel,
                              .rows = pixels,
                              .columns = tile->n};
    finish(run, &operands, &done);
    operands.c = (char *)operands.c + out->out_ps * out_bytes;
    if (operands.residual) operands.residual = (const char *)operands.residual + out->out_ps * out_bytes;
  }
}

/// Pixels of joined rows in the order of their columns, those of the padding too: [first, end), and their sums.
typedef struct ck_joined_tile {
  int64_t first, end;
  const char *sums;
} ck_joined_tile;

/// Finishes those that are outputs.
static void finish_joined(const ck_direct_run *run, const ck_direct_row *row, const ck_tile *tile, const ck_joined_tile *done) {
  const ck_conv_plan *plan = run->plan;
  const int64_t columns = plan->band_columns, outputs = plan->image.out_columns, out_bytes = ck_element_bytes(plan->gemm.c_type);
  for (int64_t at = done->first, next; at < done->end; at = next) {
    const int64_t p = at / columns, q = at % columns, place = p * plan->layout.out_ps * out_bytes;
    next = ck_least((p + 1) * columns, done->end);
    if (q >= outputs) continue;
    ck_gemm_operands operands = row->operands;
    operands.c = (char *)operands.c + place;
    if (operands.residual) operands.residual = (const char *)operands.residual + place;
    const ck_finished part = {.sums = done->sums + (at - done->first) * tile->c_rs * bytes_of_sums(&plan->gemm, tile),
                              .sums_rs = tile->c_rs,
                              .row = q,
                              .column = row->channel,
                              .rows = ck_least(outputs - q, next - at),
                              .columns = tile->n};
    finish(run, &operands, &part);
  }
}

// A tile's sums are finished beside the products of the next one: vectors would else wait for its own. `stores_late` is false, or
// those of the last would not be there yet.
void ck_direct_run_joined(const ck_direct_run *run, const ck_source *source, const ck_direct_row *row, int64_t rows,
                          const ck_tile *tile, const ck_own *own) {
  const ck_gemm_plan *gemm = &run->plan->gemm;
  ck_tile joined = *tile;
  joined.more = 0;
  const int64_t pixels = (rows - 1) * run->plan->band_columns + run->plan->image.out_columns;
  const int64_t most = ck_direct_joined_pixels(run->plan), tiles = ck_ceil_div(pixels, most);
  const int64_t sums_bytes = most * tile->c_rs * bytes_of_sums(gemm, tile);
  ck_joined_tile done = {};
  for (int64_t i = 0; i < tiles; i++) {
    const int64_t first = done.end, height = pixels / tiles + (i < pixels % tiles);
    char *sums = own->sums + i % 2 * sums_bytes;
    const ck_blocks blocks = pixels_of(run, source, row->p, first);
    ck_direct_list_blocks(run, &blocks, row->taps, own->pixels);
    gemm->tiles[height](&joined, own->pixels, own->weights, sums);
    if (i > 0) finish_joined(run, row, tile, &done);
    done = (ck_joined_tile){first, first + height, sums};
  }
  finish_joined(run, row, tile, &done);
}
