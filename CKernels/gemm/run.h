// What the files of the blocked loops share: one run of a plan, one step of its outer loops.
#pragma once
#include <stdatomic.h>

#include "gemm/gemm.h"
#include "gemm/panels.h"

/// One run of one plan, shared by its threads.
typedef struct ck_run {
  const ck_gemm_plan *plan;
  const ck_gemm_operands *operands;
  char *workspace;
  ck_workspace_map map;
  bool sums_in_workspace;
  int64_t blocks, bands, band; ///< of K; of A, so many tiles each
} ck_run;

/// One step of the outer loops: a block of B against one of A.
typedef struct ck_step {
  int64_t index;
  int64_t b_index;             ///< of the block of B, which several steps may use one after another
  int64_t jc, columns, panels; ///< of B
  int64_t pc, depth, padded;   ///< along K; padded to KR
  int64_t tile, tiles;         ///< of A
  int64_t ranges, slices;      ///< tasks: ranges of tiles x slices of panels
  int32_t thread, threads;     ///< this one of so many,
  int32_t finished;            ///< and of how many of them, from this one on, all tasks are taken
  bool first, last;            ///< along K
} ck_step;

/// A range of tiles against a slice of panels, whose walk round the slice begins at `start`.
typedef struct ck_task {
  int64_t tile, tile_end, panel, panel_end, start;
  ck_step after;                     ///< the step of the slice that comes next, of no panels if there is none,
  int64_t after_panel, after_panels; ///< and its panels
} ck_task;

/// Where a tile and a panel meet: the panel, and how many the walk has passed before it.
typedef struct ck_meeting {
  int64_t tile, place, panel;
} ck_meeting;

/// The panel that comes `place` panels after the walk's first.
static inline int64_t ck_task_panel(const ck_task *task, int64_t place) {
  const int64_t panel = task->panel + task->start + place;
  return panel < task->panel_end ? panel : panel - (task->panel_end - task->panel);
}

/// Where a panel of the step's block of B, or a tile of that of A, lies once it is packed.
char *ck_place_of_b(const ck_run *run, const ck_step *step, int64_t panel);
char *ck_place_of_a(const ck_run *run, const ck_step *step, int64_t tile);

/// Has it packed there: by this thread if no other has begun, else waits for the other; with some of its neighbours up to
/// `panel_end`, whose rows lie beside its own. With `copies` the caller may be the one, told by true, that packs the panel by a
/// tile and then says so.
bool ck_claims_b(const ck_run *run, const ck_step *step, int64_t panel, int64_t panel_end, bool copies);
void ck_packed_b(const ck_run *run, const ck_step *step, int64_t panel);
void ck_pack_tile_of_a(const ck_run *run, const ck_step *step, int64_t tile);

/// One of several tiles that ask for something together.
typedef struct ck_share {
  int64_t part, parts;
} ck_share;

/// A share of what packing a panel of B will read; nothing once it is packed or being packed.
void ck_stream_of_b(const ck_run *run, const ck_step *step, int64_t panel, const ck_share *share, ck_stream *stream);

/// A share of a tile of A: of what packing it will read, or of the packed tile, or of A where it lies; and
/// how it goes on to the next share.
ck_shares ck_stream_of_a(const ck_run *run, const ck_step *step, int64_t tile, const ck_share *share, ck_stream *stream);

void ck_macro_kernel(const ck_run *run, const ck_step *step, const ck_task *task);
