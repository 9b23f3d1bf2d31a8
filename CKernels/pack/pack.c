// Packing: a matrix into panels that a micro-kernel reads from front to back. Every source element is read once.
//
// The cases differ in which stride of the source is 1. Along the panel (B as stored, A transposed) packing is a copy; along K (A
// as stored, B transposed) it is a transposition, done in 4 x 4 blocks of 4-byte units so that both sides move whole vectors. A
// pair of bf16 adjacent along K is such a unit as well. Baseline instructions only: a cap on the ISA holds for packing too.
#include "ck_pack.h"

#include <stddef.h>

#include "pack/panel.h"
#include "pack/units.h"

enum { CK_LINE = 64, CK_LINE_UNITS = CK_LINE / 4 };

// More rows than a hardware prefetcher follows: each is asked for so far ahead.
enum { CK_BYTES_AHEAD = 4 * CK_LINE };

/// Where depth `d` of the source goes.
static inline int64_t depth_in_panel(const ck_panel *p, int64_t d) {
  return p->places <= 1 ? d : d % p->places * (p->k / p->places) + d / p->places;
}

// Units of 4 bytes, adjacent along K in the source: transpose, a cache line of each row at a time, so that both sides stay in L1.
// The last four rows may overlap those before, which are written again.
static void transpose_units(const ck_panel *p) {
  const int64_t rows = p->live < 4 ? p->live : 4;
  for (int64_t chunk = 0; chunk < p->k; chunk += CK_LINE_UNITS) {
    const int64_t depths = p->k - chunk < CK_LINE_UNITS ? p->k - chunk : CK_LINE_UNITS,
                  whole = rows == 4 ? depths & ~(int64_t)3 : 0;
    int64_t to[CK_LINE_UNITS];
    for (int64_t d = 0; d < depths; d++) to[d] = 4 * p->width * depth_in_panel(p, chunk + d);
    for (int64_t next = 0; next < p->live; next += 4) {
      const int64_t i = next + rows <= p->live ? next : p->live - rows;
      const char *from = p->source + i * p->rs + 4 * chunk;
      char *panel = p->destination + 4 * i;
      for (int64_t r = 0; r < rows; r++)
        __builtin_prefetch((const void *)((uintptr_t)from + (uintptr_t)(r * p->rs + CK_BYTES_AHEAD)));
      int64_t d = 0;
      for (; d < whole; d += 4) ck_transpose4(from + 4 * d, p->rs, panel, to + d);
      for (; d < depths; d++)
        for (int64_t r = 0; r < rows; r++) __builtin_memcpy(panel + to[d] + 4 * r, from + r * p->rs + 4 * d, 4);
    }
  }
}

// Rows of the source are often pages apart, where no hardware prefetcher follows: asked for so many rows ahead. An address beyond
// the matrix does no harm; it is formed as an integer because a pointer must not leave its array.
enum { CK_ROWS_AHEAD = 16 };
static inline void fetch_row(const ck_panel *p, int64_t d, int64_t bytes) {
  const uintptr_t row = (uintptr_t)p->source + (uintptr_t)((d + CK_ROWS_AHEAD) * p->ks);
  for (int64_t byte = 0; byte < bytes; byte += 64) __builtin_prefetch((const void *)(row + (uintptr_t)byte));
}

#define CK_DEFINE_PACKERS(SUFFIX, FROM, TO, CONVERT)                                                                             \
  /* Adjacent along the panel in the source: copy rows. */                                                                       \
  static void copy_##SUFFIX(const ck_panel *p) {                                                                                 \
    TO *to = (TO *)p->destination;                                                                                               \
    for (int64_t d = 0; d < p->k; d++, to += p->width) {                                                                         \
      const FROM *from = (const FROM *)(p->source + d * p->ks);                                                                  \
      fetch_row(p, d, p->live *(int64_t)sizeof(FROM));                                                                           \
      for (int64_t i = 0; i < p->live; i++) to[i] = CONVERT(from[i]);                                                            \
    }                                                                                                                            \
  }                                                                                                                              \
  /* Any strides. */                                                                                                             \
  static void gather_##SUFFIX(const ck_panel *p) {                                                                               \
    for (int64_t i = 0; i < p->live; i++) {                                                                                      \
      const char *from = p->source + i * p->rs;                                                                                  \
      TO *to = (TO *)p->destination + i;                                                                                         \
      for (int64_t d = 0; d < p->k; d++) to[depth_in_panel(p, d) * p->width] = CONVERT(*(const FROM *)(from + d * p->ks));       \
    }                                                                                                                            \
  }
CK_DEFINE_PACKERS(f32, float, float, )
CK_DEFINE_PACKERS(f64, double, double, )
CK_DEFINE_PACKERS(bf16, uint16_t, uint16_t, )
CK_DEFINE_PACKERS(widened, uint16_t, float, ck_widened)

// Pairs along K from rows adjacent along the panel: interleave two rows.
static void interleave_pairs(const ck_panel *p) {
  uint16_t *to = (uint16_t *)p->destination;
  for (int64_t d = 0; d < p->k; d += 2, to += 2 * p->width) {
    fetch_row(p, d, 2 * p->live);
    fetch_row(p, d + 1, 2 * p->live);
    const uint16_t *even = (const uint16_t *)(p->source + d * p->ks);
    const uint16_t *odd = (const uint16_t *)(p->source + (d + 1) * p->ks);
    if (d + 1 < p->k)
      for (int64_t i = 0; i < p->live; i++) to[2 * i] = even[i], to[2 * i + 1] = odd[i];
    else
      for (int64_t i = 0; i < p->live; i++) to[2 * i] = even[i], to[2 * i + 1] = 0;
  }
}

// Pairs from any strides.
static void gather_pairs(const ck_panel *p) {
  for (int64_t i = 0; i < p->live; i++) {
    const char *from = p->source + i * p->rs;
    uint16_t *to = (uint16_t *)p->destination + 2 * i;
    for (int64_t d = 0; d < p->k; d += 2, to += 2 * p->width) {
      to[0] = *(const uint16_t *)(from + d * p->ks);
      to[1] = d + 1 < p->k ? *(const uint16_t *)(from + (d + 1) * p->ks) : 0;
    }
  }
}

// Pairs already adjacent along K are units of 4 bytes; an odd last depth is a pair of its own.
static void pack_pairs(const ck_panel *p) {
  if (p->rs == 2) {
    interleave_pairs(p);
  } else if (p->ks == 2) {
    ck_panel pairs = *p;
    pairs.k = p->k / 2;
    transpose_units(&pairs);
    if (p->k % 2) {
      ck_panel last = *p;
      last.source += (p->k - 1) * p->ks;
      last.destination += (p->k - 1) * 2 * p->width;
      last.k = 1;
      gather_pairs(&last);
    }
  } else {
    gather_pairs(p);
  }
}

void ck_pack_panel(const ck_pack_job *job, const ck_panel *p) {
  if (job->kr == 2) {
    pack_pairs(p);
  } else if (job->from != job->to) {
    if (p->rs == 2) copy_widened(p);
    else gather_widened(p);
  } else if (job->from == CK_F32) {
    if (p->rs == 4) copy_f32(p);
    else if (p->ks == 4) transpose_units(p);
    else gather_f32(p);
  } else if (job->from == CK_F64) {
    if (p->rs == 8) copy_f64(p);
    else gather_f64(p);
  } else {
    if (p->rs == 2) copy_bf16(p);
    else gather_bf16(p);
  }
}

static void pack_matrix_panel(const ck_pack_job *job, int64_t row, int64_t rows, char *destination) {
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
  const int64_t elements = job->panel * ck_round_up(job->k, job->kr);
  if (rows < job->panel) __builtin_memset(destination, 0, (size_t)(elements * ck_element_bytes(job->to)));
  ck_pack_panel(job, &p);
}

void ck_pack(const ck_pack_job *job) {
  const int64_t panel_bytes = job->panel * ck_round_up(job->k, job->kr) * ck_element_bytes(job->to);
  char *destination = job->destination;
  for (int64_t row = 0; row < job->rows; row += job->panel, destination += panel_bytes) {
    const int64_t rows = job->rows - row < job->panel ? job->rows - row : job->panel;
    if (job->image) ck_pack_image_panel(job, job->row + row, rows, destination);
    else pack_matrix_panel(job, row, rows, destination);
  }
}

void ck_pack_fetch(const ck_pack_job *job, int64_t part, int64_t parts) {
  // Rows of adjacent elements: along the panel or along K.
  const bool along_panel = job->rs == 1;
  if (job->image || (!along_panel && job->ks != 1)) return;
  const int64_t bytes = ck_element_bytes(job->from), stride = (along_panel ? job->ks : job->rs) * bytes;
  const int64_t rows = along_panel ? job->k : job->rows, row_bytes = (along_panel ? job->rows : job->k) * bytes;
  for (int64_t row = rows * part / parts; row < rows * (part + 1) / parts; row++)
    for (int64_t byte = 0; byte < row_bytes + CK_LINE - 1; byte += CK_LINE)
      __builtin_prefetch((const void *)((uintptr_t)job->source + (uintptr_t)(row * stride + byte)));
}
