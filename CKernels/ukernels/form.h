// What the families `outer` and `pair` say of a tile before they compile it, and how they walk through its operands.
#pragma once
#include "ck_ukernel.h"

/// What is known of a tile when it is compiled.
typedef struct ck_form {
  int rows, vectors; ///< of sums; the last vector is of some columns alone unless
  bool whole;        ///< all of them are live
  int at_once;       ///< panels of B side by side, each with its share of the vectors; 0: one
  bool packed_a;     ///< the rows of A are adjacent
  bool along_k;      ///< the depths of A are
  int copies;        ///< B is written to `copy_b` as it is read, whose panel is so many vectors wide; 0: it is not
  bool ends_in_half; ///< half of the last vector holds its live columns
  bool folds;        ///< most multiply-adds broadcast their element of packed A themselves
} ck_form;

/// Where a tile stands in its operands, and bytes to the next row of A, to the next group of depths and to the next panel of B.
typedef struct ck_cursor {
  const char *a[CK_MAX_MR / 4], *b; ///< one pointer to A if it is packed, else one for four rows, which are computed from it
  char *copy;
  int64_t a_rs, a_ks, b_ks, b_ps;
  int64_t copy_ahead; ///< bytes from a row of B that is copied to the one asked for
} ck_cursor;

/// How many pointers to A a tile walks with.
static inline __attribute__((always_inline)) int ck_quads(const ck_form form) { return form.packed_a ? 1 : (form.rows + 3) / 4; }

/// Groups of depths that a tile takes at once where A lies along K, as its pointers move on but once: 129 x 257 x 513 on Emerald
/// Rapids 113 to 121 GFLOP/s. Not with SSE2, whose registers would not suffice.
enum { CK_DEPTHS_AT_ONCE = 4 };

/// Most rows of A that `axpyf` takes: of one 8 factors, 4 sums and a vector of B live at once, of two 16, 8 and one; with 16
/// registers two rows have no wide tile.
enum { CK_AXPYF_ROWS = 2 };

/// Whether a tile of several panels `nr` wide is one that `axpyf` multiplies: of a B in place, whose rows go on from one panel to
/// the next. It takes `more` for further panels beside these, so A is the same for all.
static inline __attribute__((always_inline)) bool ck_is_axpyf(const ck_tile *t, const int nr) {
  return t->blocks == 1 && t->k == CK_AXPYF_DEPTH && t->b_ps == nr && t->a_step == 0 && !t->finish && !t->narrow && !t->streams_c;
}
