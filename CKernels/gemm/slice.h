// What the files of the loops by slices share.
#pragma once
#include <stdatomic.h>

#include "gemm/gemm.h"
#include "gemm/panels.h"

typedef struct ck_slice_run {
  const ck_gemm_plan *plan;
  const ck_gemm_operands *operands, *next; ///< of this product, and of the one asked for meanwhile; NULL: none
  char *workspace;
  ck_workspace_map map;
  int64_t panels, slices; ///< of N
  int64_t blocks;         ///< of K
  bool takes_slices;      ///< as of the plan, where no panel is packed
  _Atomic int64_t task;   ///< the next: a slice and a part of K
} ck_slice_run;

/// A slice of panels and a part of K.
typedef struct ck_slice {
  int64_t panel, panel_end, block, block_end;
  char *packed;
  char *sums; ///< rows of `sums_rs` elements for the slice's columns; NULL: sums go to C
  int64_t sums_rs;
  bool finishes; ///< the epilogue is due after the last block
} ck_slice;

/// What all tiles of A meet: one panel, or `groups` of as many as a tile takes at once, and one block of K.
typedef struct ck_slice_step {
  const ck_slice *slice;
  int64_t panel, block, groups; ///< groups 0: one panel
  int64_t more;                 ///< of groups that one tile of rows meets: so many further blocks, of the same depth
  const ck_pack_job *next;      ///< the source of the panel after it, to be asked for; NULL: of none
} ck_slice_step;

static inline int64_t ck_block_depth(const ck_gemm_plan *plan, int64_t block) {
  return ck_least(plan->kc, plan->k - block * plan->kc);
}

/// What a step's tiles ask for of A.
typedef enum ck_asking { CK_ASKS_FOR_NOTHING, CK_ASKS_FOR_TILES, CK_ASKS_FOR_COLUMNS } ck_asking;

/// What the tiles of a step ask for.
typedef struct ck_slice_asks {
  ck_asking of_a;
  ck_shares shares[2]; ///< of the streams of A and of B
} ck_slice_asks;

/// What the first tile, `t`, asks for. What is the same for all tiles is found here: between two of them it would take time that
/// shows (112 x 112 x 128 in bf16 on Zen 5 400 instead of 413 GFLOP/s).
void ck_slice_begin_asking(const ck_slice_run *run, const ck_slice_step *at, ck_slice_asks *asks, ck_tile *t);

/// Whether the tiles after the first ask for anything.
static inline bool ck_slice_asks_on(const ck_slice_asks *asks) {
  return asks->of_a != CK_ASKS_FOR_NOTHING || asks->shares[0].left > 0 || asks->shares[1].left > 0;
}

/// Goes on to what `tile` asks for.
void ck_slice_ask(const ck_slice_run *run, const ck_slice_step *at, int64_t tile, ck_slice_asks *asks, ck_tile *t);
