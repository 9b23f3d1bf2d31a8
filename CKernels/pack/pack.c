// Packing: a matrix into panels that a micro-kernel reads from front to back, by the movers of an instruction set: a cap on the
// ISA holds for packing too.
#include "ck_pack.h"

#include <stddef.h>

#include "pack/panel.h"
#include "pack/units.h"

const ck_movers *ck_movers_of(ck_isa isa) {
#if defined(__x86_64__)
  if (isa >= CK_ISA_AVX512) return &ck_movers_avx512;
  if (isa >= CK_ISA_AVX2) return &ck_movers_avx2;
#endif
  (void)isa;
  return &ck_movers_baseline;
}

// Pairs already adjacent along K are units of 4 bytes; an odd last depth is a pair of its own.
static void pack_pairs(const ck_movers *movers, const ck_panel *p) {
  if (p->rs == 2) return movers->interleave(p);
  if (p->ks != 2) return movers->gather_pairs(p);
  ck_panel pairs = *p;
  pairs.k = p->k / 2;
  movers->transpose(&pairs);
  if (p->k % 2 == 0) return;
  ck_panel last = *p;
  last.source += (p->k - 1) * p->ks;
  last.destination += (p->k - 1) * 2 * p->width;
  last.k = 1;
  movers->gather_pairs(&last);
}

// A line of each row, for group after group of depths: copied where a row's depths are adjacent, else made of pairs.
static void pack_lines(const ck_movers *movers, const ck_panel *p) {
  uint32_t pairs[CK_TILE_DEPTH / 2 * CK_MAX_MR];
  for (int64_t d = 0; d < p->k; d += CK_TILE_DEPTH) {
    const int64_t depths = ck_least(CK_TILE_DEPTH, p->k - d);
    ck_panel group = *p;
    group.source += d * p->ks;
    group.destination += d * 2 * p->width;
    if (p->ks == 2) {
      for (int64_t i = 0; i < p->live; i++) {
        char *line = group.destination + i * CK_LINE;
        if (depths < CK_TILE_DEPTH) __builtin_memset(line, 0, CK_LINE);
        if (depths < CK_TILE_DEPTH) __builtin_memcpy(line, group.source + i * p->rs, (size_t)depths * 2);
        else __builtin_memcpy(line, group.source + i * p->rs, CK_LINE);
      }
      continue;
    }
    if (depths < CK_TILE_DEPTH) __builtin_memset(pairs, 0, sizeof pairs);
    const ck_panel in_pairs = {.source = group.source,
                               .destination = (char *)pairs,
                               .live = p->live,
                               .k = depths,
                               .rs = p->rs,
                               .ks = p->ks,
                               .width = p->width};
    pack_pairs(movers, &in_pairs);
    const ck_panel in_lines = {.source = (const char *)pairs,
                               .destination = group.destination,
                               .live = CK_TILE_DEPTH / 2,
                               .k = p->live,
                               .rs = 4 * p->width,
                               .ks = 4,
                               .width = CK_TILE_DEPTH / 2};
    movers->transpose(&in_lines);
  }
}

void ck_pack_panel(const ck_pack_job *job, const ck_panel *p) {
  const ck_movers *movers = ck_movers_of(job->isa);
  if (job->kr == CK_TILE_DEPTH) return pack_lines(movers, p);
  if (job->kr == 2) return pack_pairs(movers, p);
  const bool along_panel = p->rs == ck_element_bytes(job->from);
  if (job->from != job->to)
    return (along_panel ? movers->widen : p->ks == 2 ? movers->transpose_widened : movers->gather_widened)(p);
  if (along_panel) return movers->copy[job->from](p);
  const bool along_k = p->ks == ck_element_bytes(job->from);
  if (along_k && job->from == CK_BF16) return movers->transpose_halves(p);
  (along_k && job->from == CK_F32 ? movers->transpose : movers->gather[job->from])(p);
}

void ck_pack_matrix_panel(const ck_pack_job *job, int64_t row, int64_t rows, char *destination) {
  const int64_t from_bytes = ck_element_bytes(job->from);
  const ck_panel p = {
      .source = (const char *)job->source + row * job->rs * from_bytes,
      .destination = destination,
      .live = rows,
      .k = job->k,
      .rs = job->rs * from_bytes,
      .ks = job->ks * from_bytes,
      .width = job->panel,
      .places = job->places,
  };
  const ck_movers *movers = ck_movers_of(job->isa);
  const bool is_dense = job->rs == 1 && rows > 1 && job->ks == rows && job->kr == 1 && job->places <= 1;
  const bool is_narrow = rows < job->panel && job->panel <= 16 && job->from == CK_BF16 && job->to == CK_BF16;
  if (is_dense && is_narrow && movers->spread) {
    movers->spread(&p);
    return;
  }
  const int64_t elements = job->panel * ck_round_up(job->k, job->kr);
  if (rows < job->panel) __builtin_memset(destination, 0, (size_t)(elements * ck_element_bytes(job->to)));
  ck_pack_panel(job, &p);
}

// A piece of the panel at a time, first as it is.
static void pack_parts_panel(const ck_pack_job *job, int64_t row, int64_t rows, char *destination) {
  enum { depths = 64 };
  _Alignas(CK_LINE) float scratch[(depths + 1) * CK_MAX_NR];
  const ck_movers *movers = ck_movers_of(job->isa);
  const int64_t part_units = job->panel * ck_ceil_div(job->k, 2);
  for (int64_t d = 0; d < job->k; d += depths) {
    ck_pack_job piece = *job;
    piece.source = (const char *)job->source + d * job->ks * ck_element_bytes(CK_F32);
    piece.k = ck_least(depths, job->k - d);
    piece.kr = 1;
    piece.to = CK_F32;
    ck_pack_matrix_panel(&piece, row, rows, (char *)scratch);
    // An odd last depth has zeros for its neighbour.
    if (piece.k % 2 != 0) __builtin_memset(scratch + piece.k * job->panel, 0, (size_t)job->panel * sizeof *scratch);
    for (int64_t p = 0; p < piece.k; p += 2) {
      uint32_t *units = (uint32_t *)destination + (d + p) / 2 * job->panel;
      const ck_split to = {.units = units, .part_units = part_units, .count = job->panel, .parts = job->parts};
      movers->split(scratch + p * job->panel, scratch + (p + 1) * job->panel, &to);
    }
  }
}

// Rows that lie side by side in several panels: a few depths of all of them at a time, so that what is next to what was read is
// read soon, out of the same page.
static void pack_side_by_side(const ck_pack_job *job, int64_t panel_bytes) {
  enum { depths = CK_TILE_DEPTH };
  for (int64_t d = 0; d < job->k; d += depths) {
    ck_pack_job piece = *job;
    piece.source = (const char *)job->source + d * job->ks * ck_element_bytes(job->from);
    piece.k = ck_least(depths, job->k - d);
    char *destination = (char *)job->destination + d * job->panel * ck_element_bytes(job->to);
    for (int64_t row = 0; row < job->rows; row += job->panel, destination += panel_bytes)
      ck_pack_matrix_panel(&piece, row, ck_least(job->panel, job->rows - row), destination);
  }
}

void ck_pack(const ck_pack_job *job) {
  const int64_t elements = job->panel * ck_round_up(job->k, job->kr) * ck_most(job->parts, 1);
  const int64_t panel_bytes = elements * ck_element_bytes(job->to);
  char *destination = job->destination;
  const bool is_plain = !job->image && job->parts == 0 && job->places <= 1;
  if (job->terms) return ck_pack_terms(job);
  if (is_plain && job->rs == 1 && job->rows > job->panel) return pack_side_by_side(job, panel_bytes);
  for (int64_t row = 0; row < job->rows; row += job->panel, destination += panel_bytes) {
    const int64_t rows = ck_least(job->panel, job->rows - row);
    if (job->image) ck_pack_image_panel(job, job->row + row, rows, destination);
    else if (job->parts > 0) pack_parts_panel(job, row, rows, destination);
    else ck_pack_matrix_panel(job, row, rows, destination);
  }
}

ck_shares ck_bytes_shares(const void *from, int64_t bytes, int64_t parts, int64_t steps, ck_stream *stream) {
  const int64_t lines = ck_ceil_div(bytes, CK_LINE), chunks = ck_ceil_div(steps, CK_CHUNK);
  const int64_t count = ck_ceil_div(lines, parts * chunks);
  stream->at = (uintptr_t)from;
  stream->step = CK_LINE;
  stream->advance = count * CK_LINE;
  stream->count = (int32_t)count;
  stream->lines = 1;
  return (ck_shares){.apart = chunks * stream->advance, .left = ck_ceil_div(lines, chunks * count)};
}

ck_shares ck_pack_shares(const ck_pack_job *job, int64_t parts, int64_t steps, ck_stream *stream) {
  const bool along_panel = job->rs == 1;
  stream->count = 0;
  if (job->image || (!along_panel && job->ks != 1)) return (ck_shares){};
  const int64_t bytes = ck_element_bytes(job->from), chunks = ck_ceil_div(steps, CK_CHUNK);
  stream->at = (uintptr_t)job->source;
  if (along_panel) {
    // Rows of the width of the panel: so many of them in each chunk that all parts together ask for all.
    const int64_t count = ck_ceil_div(job->k, parts * chunks);
    stream->step = job->ks * bytes;
    stream->advance = count * stream->step;
    stream->count = (int32_t)count;
    stream->lines = (int32_t)ck_ceil_div(job->rows * bytes, CK_LINE);
    return (ck_shares){.apart = chunks * stream->advance, .left = ck_ceil_div(job->k, chunks * count)};
  }
  // Some of the rows along K, each a little further in every chunk.
  const int64_t count = ck_ceil_div(job->rows, parts);
  stream->step = job->rs * bytes;
  stream->advance = ck_ceil_div(job->k * bytes, chunks);
  stream->count = (int32_t)count;
  stream->lines = 1;
  return (ck_shares){.apart = count * stream->step, .left = ck_ceil_div(job->rows, count)};
}
