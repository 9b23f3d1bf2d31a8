// The bodies that fill a panel, included once per instruction set between the begin and the end of its target.
//
//   CK_SET  the instruction set, which ends the names   CK_UNITS  4-byte units in a vector: 4, 8 or 16
//
// The cases differ in which stride of the source is 1. Along the panel (B as stored, A transposed) packing is a copy; along K (A
// as stored, B transposed) it is a transposition of 4-byte units, in blocks so that both sides move whole vectors: a fp32 is a
// unit, and so is a pair of bf16 adjacent along K.
#include <stddef.h>

#include "isa/set.h"
#include "pack/panel.h"
#include "pack/transpose.h"
#include "pack/units.h"

enum { CK_LINE_UNITS = CK_LINE / 4 };

/// Where depth `d` of the source goes.
static inline int64_t depth_in_panel(const ck_panel *p, int64_t d) {
  return p->places <= 1 ? d : d % p->places * ((p->whole ? p->whole : p->k) / p->places) + d / p->places;
}

// MARK: transposition

/// Where depth `d` of a row goes: `width` units a depth, or among other depths.
static inline __attribute__((always_inline)) char *place(const ck_panel *p, char *to, int64_t d, const bool scattered) {
  return to + 4 * p->width * (scattered ? depth_in_panel(p, d) : d);
}

#if CK_UNITS == 16
#include "pack/transpose16.h"

/// Sixteen rows whose depths go side by side, as far as they fill lines; returns how far. Places are computed from two strides,
/// not looked up: of 128 x 128 x 64 in bf16 with B along K on Zen 5 transposition takes 5.4 instead of 7.3 %.
static inline __attribute__((always_inline)) int64_t transpose_lines(const ck_panel p, const char *from, char *to,
                                                                     const bool halves) {
  const int64_t bytes = halves ? 2 : 4, line = CK_LINE / bytes;
  int64_t at[CK_LINE_UNITS], places[CK_LINE / 2], first = 0;
  for (int64_t i = 0; i < CK_LINE_UNITS; i++) at[i] = i * p.rs;
  for (int64_t d = 0; d < line; d++) places[d] = bytes * p.width * d;
  for (; first + line <= p.k; first += line, from += CK_LINE, to += bytes * p.width * line)
    ck_transpose16(from, at, to, places, CK_LINE_UNITS, line, halves);
  return first;
}

// Sixteen rows at once, a line of each; the last one is read again for those that are missing.
static inline __attribute__((always_inline)) void transpose_rows(const ck_panel p, const char *from, char *to, int64_t rows,
                                                                 const bool halves) {
  const int64_t bytes = halves ? 2 : 4, line = CK_LINE / bytes;
  int64_t at[CK_LINE_UNITS], places[CK_LINE / 2];
  const int64_t begin = rows == CK_LINE_UNITS && p.places <= 1 ? transpose_lines(p, from, to, halves) : 0;
  if (begin == p.k) return;
  for (int64_t i = 0; i < CK_LINE_UNITS; i++) at[i] = ck_least(i, rows - 1) * p.rs;
  for (int64_t first = begin; first < p.k; first += line) {
    const int64_t depths = ck_least(p.k - first, line);
    if (first == begin || p.places > 1)
      for (int64_t d = 0; d < depths; d++) places[d] = bytes * p.width * (p.places > 1 ? depth_in_panel(&p, first + d) : d);
    char *columns = to + (p.places > 1 ? 0 : bytes * p.width * first);
    if (depths == line) ck_transpose16(from + bytes * first, at, columns, places, rows, line, halves);
    else ck_transpose16_short(from + bytes * first, at, columns, places, rows, depths, halves);
  }
}
static inline __attribute__((always_inline)) void transpose_panel(const ck_panel *p, const bool halves) {
  for (int64_t i = 0; i < p->live; i += CK_LINE_UNITS)
    transpose_rows(*p, p->source + i * p->rs, p->destination + (halves ? 2 : 4) * i, ck_least(p->live - i, CK_LINE_UNITS),
                   halves);
}
static void CK_NAME(transpose)(const ck_panel *p) { transpose_panel(p, false); }
static void CK_NAME(transpose_halves)(const ck_panel *p) { transpose_panel(p, true); }
#else
/// Depths `first` ..< `end` of `rows` rows.
static void CK_NAME(transpose_singly)(const ck_panel p, const char *restrict from, char *restrict to, int64_t rows, int64_t first,
                                      int64_t end) {
  for (int64_t d = first; d < end; d++) {
    char *column = place(&p, to, d, true);
    for (int64_t r = 0; r < rows; r++) __builtin_memcpy(column + 4 * r, from + r * p.rs + 4 * d, 4);
  }
}

// W rows, from depth `first` on, in fours as far as they go. By value and `restrict`: what is stored must not be thought to
// change the strides.
#define CK_DEFINE_STRIP(W)                                                                                                       \
  CK_DEFINE_TRANSPOSE(W)                                                                                                         \
  static inline __attribute__((always_inline)) void transpose_rows##W(                                                           \
      const ck_panel p, const char *restrict from, char *restrict to, int64_t first, int64_t end, const bool scattered) {        \
    int64_t d = first;                                                                                                           \
    for (; d + 4 <= end; d += 4) {                                                                                               \
      char *const columns[4] = {place(&p, to, d, scattered), place(&p, to, d + 1, scattered), place(&p, to, d + 2, scattered),   \
                                place(&p, to, d + 3, scattered)};                                                                \
      ck_transpose##W(from + 4 * d, p.rs, columns);                                                                              \
    }                                                                                                                            \
    if (d < end) CK_NAME(transpose_singly)(p, from, to, W, d, end);                                                              \
  }                                                                                                                              \
  static void CK_NAME(transpose_strip##W)(const ck_panel p, int64_t first, int64_t end) {                                        \
    for (int64_t next = 0; next < p.live; next += W) {                                                                           \
      const int64_t i = ck_least(next, p.live - W);                                                                              \
      if (p.places > 1) transpose_rows##W(p, p.source + i * p.rs, p.destination + 4 * i, first, end, true);                      \
      else transpose_rows##W(p, p.source + i * p.rs, p.destination + 4 * i, first, end, false);                                  \
    }                                                                                                                            \
  }
CK_DEFINE_STRIP(4)
#if CK_UNITS == 8
CK_DEFINE_STRIP(8)
#endif

// As many rows at once as there are; the last ones may overlap those before, which are written again.
static void CK_NAME(transpose_strip)(const ck_panel *p, int64_t first, int64_t end) {
#if CK_UNITS == 8
  if (p->live >= 8) return CK_NAME(transpose_strip8)(*p, first, end);
#endif
  if (p->live >= 4) return CK_NAME(transpose_strip4)(*p, first, end);
  CK_NAME(transpose_singly)(*p, p->source, p->destination, p->live, first, end);
}

/// Asks for the line of each row that is due two lines on, of this panel or of the one that lies behind it: no hardware follows
/// sixteen rows (96 products of 128 x 128 x 64 with B along K by AVX2 on Zen 3: 68 to 76 GFLOP/s). Not for a part of a panel,
/// which was moved to where it is near.
static inline void ask_for_lines(const ck_panel *p, int64_t first) {
  if (p->whole) return;
  const int64_t ahead = first + 2 * CK_LINE_UNITS, whole = ck_round_up(p->k, CK_LINE_UNITS);
  const int64_t on = ahead < whole ? 4 * ahead : p->live * p->rs + 4 * (ahead < 2 * whole ? ahead - whole : 0);
  for (int64_t i = 0; i < p->live; i++) __builtin_prefetch((const void *)((uintptr_t)p->source + (uintptr_t)(on + i * p->rs)));
}

// A cache line of each row at a time, so that both sides stay in L1.
static void CK_NAME(transpose)(const ck_panel *p) {
  for (int64_t first = 0; first < p->k; first += CK_LINE_UNITS) {
    ask_for_lines(p, first);
    CK_NAME(transpose_strip)(p, first, ck_least(first + CK_LINE_UNITS, p->k));
  }
}
#endif

// MARK: copies

/// Pieces of `width` bytes, the last one overlapping the one before.
static inline __attribute__((always_inline)) void copy_pieces(char *restrict to, const char *restrict from, int64_t bytes,
                                                              const int64_t width) {
  for (int64_t i = 0; i < bytes; i += width) {
    const int64_t at = ck_least(i, bytes - width);
    __builtin_memcpy(to + at, from + at, (size_t)width);
  }
}

/// Rows of up to two vectors need no loop: the last one overlaps the first. By value: what is stored must not be thought to
/// change the strides.
static inline __attribute__((always_inline)) void copy_depths(const ck_panel p, const int64_t element, const int64_t width) {
  const int64_t bytes = p.live * element;
  for (int64_t d = 0; d < p.k; d++) {
    const char *from = p.source + d * p.ks;
    char *to = p.destination + d * p.width * element;
    if (bytes > 2 * width) {
      copy_pieces(to, from, bytes, width);
      continue;
    }
    __builtin_memcpy(to, from, (size_t)width);
    __builtin_memcpy(to + bytes - width, from + bytes - width, (size_t)width);
  }
}

/// By vectors as wide as there are and as the row allows.
static inline __attribute__((always_inline)) void copy_rows(const ck_panel *p, const int64_t element) {
  const int64_t bytes = p->live * element;
  if (bytes >= 4 * CK_UNITS) copy_depths(*p, element, 4 * CK_UNITS);
  else if (bytes >= 32) copy_depths(*p, element, 32);
  else if (bytes >= 16) copy_depths(*p, element, 16);
  else if (bytes >= 8) copy_depths(*p, element, 8);
  else if (bytes > 0) copy_depths(*p, element, 2);
}

/// Whether neighbours along the panel are nearer to each other than neighbours along K: then lines are used up by going along it.
static inline bool is_near_along_panel(const ck_panel *p) { return (p->rs < 0 ? -p->rs : p->rs) < (p->ks < 0 ? -p->ks : p->ks); }

#if CK_UNITS > 4
#include "pack/seconds.h"
#define CK_GATHERS_SECONDS(SUFFIX, FROM)                                                                                         \
  if (p->live > 0 && p->rs == 2 * (int64_t)sizeof(FROM) && is_near_along_panel(p)) return CK_NAME(seconds_##SUFFIX)(p);
#else
#define CK_GATHERS_SECONDS(SUFFIX, FROM)
#endif

#define CK_DEFINE_GATHER(SUFFIX, FROM, TO, CONVERT, SECONDS)                                                                     \
  static void CK_NAME(gather_##SUFFIX)(const ck_panel *p) {                                                                      \
    SECONDS                                                                                                                      \
    for (int64_t d = 0; is_near_along_panel(p) && d < p->k; d++) {                                                               \
      const char *from = p->source + d * p->ks;                                                                                  \
      TO *to = (TO *)p->destination + depth_in_panel(p, d) * p->width;                                                           \
      for (int64_t i = 0; i < p->live; i++) to[i] = CONVERT(*(const FROM *)(from + i * p->rs));                                  \
    }                                                                                                                            \
    for (int64_t i = 0; !is_near_along_panel(p) && i < p->live; i++) {                                                           \
      const char *from = p->source + i * p->rs;                                                                                  \
      TO *to = (TO *)p->destination + i;                                                                                         \
      for (int64_t d = 0; d < p->k; d++) to[depth_in_panel(p, d) * p->width] = CONVERT(*(const FROM *)(from + d * p->ks));       \
    }                                                                                                                            \
  }
CK_DEFINE_GATHER(f32, float, float, , CK_GATHERS_SECONDS(f32, float))
CK_DEFINE_GATHER(f64, double, double, , )
CK_DEFINE_GATHER(bf16, uint16_t, uint16_t, , )
CK_DEFINE_GATHER(widened, uint16_t, float, ck_widened, CK_GATHERS_SECONDS(widened, uint16_t))

static void CK_NAME(copy_f32)(const ck_panel *p) { copy_rows(p, 4); }
static void CK_NAME(copy_f64)(const ck_panel *p) { copy_rows(p, 8); }
static void CK_NAME(copy_bf16)(const ck_panel *p) { copy_rows(p, 2); }

static inline void widen_row(float *restrict to, const uint16_t *restrict from, int64_t count) {
  for (int64_t i = 0; i < count; i++) to[i] = ck_widened(from[i]);
}
static void CK_NAME(widen)(const ck_panel *p) {
  for (int64_t d = 0; d < p->k; d++) {
    widen_row((float *)p->destination + d * p->width, (const uint16_t *)(p->source + d * p->ks), p->live);
  }
}

// Adjacent along K: rows are widened piece by piece, and then turned round.
static void CK_NAME(transpose_widened)(const ck_panel *p) {
  enum { rows = 16, most = 144 };
  _Alignas(CK_LINE) float widened[rows * most];
  if (p->places > most) return CK_NAME(gather_widened)(p);
  const int64_t places = ck_most(p->places, 1), depths = most / places * places;
  for (int64_t i = 0; i < p->live; i += rows)
    for (int64_t d = 0; d < p->k; d += depths) {
      const ck_panel piece = {.source = (const char *)widened,
                              .destination = p->destination + 4 * (i + d / places * p->width),
                              .live = ck_least(rows, p->live - i),
                              .k = ck_least(depths, p->k - d),
                              .rs = 4 * most,
                              .ks = 4,
                              .width = p->width,
                              .places = p->places,
                              .whole = p->k};
      for (int64_t r = 0; r < piece.live; r++)
        widen_row(widened + r * most, (const uint16_t *)(p->source + (i + r) * p->rs) + d, piece.k);
      CK_NAME(transpose)(&piece);
    }
}

#if CK_UNITS < 16
/// The even or the odd ones of `count` pairs.
static inline __attribute__((always_inline)) void take_halves(uint16_t *restrict to, const uint32_t *restrict from, int64_t count,
                                                              const bool odd) {
  for (int64_t i = 0; i < count; i++) to[i] = (uint16_t)(odd ? from[i] >> 16 : from[i]);
}

// bf16 adjacent along K, one by one: turned round by pairs, which are then taken apart.
static void CK_NAME(transpose_halves)(const ck_panel *p) {
  enum { rows = 32, most = 32 };
  _Alignas(CK_LINE) uint32_t turned[rows * most];
  for (int64_t i = 0; i < p->live; i += rows)
    for (int64_t d = 0; d < p->k; d += 2 * most) {
      const int64_t live = ck_least(rows, p->live - i), depths = ck_least(2 * most, p->k - d);
      const ck_panel piece = {.source = p->source + i * p->rs + 2 * d,
                              .destination = (char *)turned,
                              .live = live,
                              .k = depths / 2,
                              .rs = p->rs,
                              .ks = 4,
                              .width = rows,
                              .whole = depths / 2};
      CK_NAME(transpose)(&piece);
      for (int64_t x = 0; x < depths; x++) {
        uint16_t *to = (uint16_t *)p->destination + depth_in_panel(p, d + x) * p->width + i;
        const uint32_t *pairs = turned + x / 2 * rows;
        if (x % 2 == 0 && x + 1 == depths)
          for (int64_t r = 0; r < live; r++) to[r] = ((const uint16_t *)(p->source + (i + r) * p->rs))[d + x];
        else if (live == rows) take_halves(to, pairs, rows, x % 2 != 0);
        else take_halves(to, pairs, live, x % 2 != 0);
      }
    }
}
#endif

#if CK_UNITS == 16
#include "pack/spread.h"
#define CK_SPREAD CK_NAME(spread)
#else
#define CK_SPREAD NULL
#endif

#include "pack/pairs.h"

#include "pack/arithmetic.h"

const ck_movers CK_NAME(ck_movers) = {
    .copy = {[CK_F32] = CK_NAME(copy_f32), [CK_BF16] = CK_NAME(copy_bf16), [CK_F64] = CK_NAME(copy_f64)},
    .gather = {[CK_F32] = CK_NAME(gather_f32), [CK_BF16] = CK_NAME(gather_bf16), [CK_F64] = CK_NAME(gather_f64)},
    .transpose = CK_NAME(transpose),
    .widen = CK_NAME(widen),
    .transpose_widened = CK_NAME(transpose_widened),
    .gather_widened = CK_NAME(gather_widened),
    .transpose_halves = CK_NAME(transpose_halves),
    .spread = CK_SPREAD,
    .interleave = CK_NAME(interleave),
    .gather_pairs = CK_NAME(gather_pairs),
    .split = CK_NAME(split),
    .sum = {[CK_F32] = CK_NAME(sum_f32), [CK_F64] = CK_NAME(sum_f64)},
};
