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
  _Atomic int64_t next[2]; ///< the next task of this step; steps take turns
} ck_run;

/// One step of the outer loops: a block of B against a band of A.
typedef struct ck_step {
  int64_t index;
  int64_t jc, columns, panels; ///< of B
  int64_t pc, depth, padded;   ///< along K; padded to KR
  int64_t tile, tiles;         ///< of A
  int64_t blocks, slices;      ///< tasks: blocks of tiles x slices of panels
  bool first, last;            ///< along K
} ck_step;

/// A block of tiles against a slice of panels, whose walk round the slice begins at `start`.
typedef struct ck_task {
  int64_t tile, tile_end, panel, panel_end, start;
  const char *packed_a;
} ck_task;

/// The panel that comes `place` panels after the walk's first.
static inline int64_t ck_task_panel(const ck_task *task, int64_t place) {
  const int64_t panel = task->panel + task->start + place;
  return panel < task->panel_end ? panel : panel - (task->panel_end - task->panel);
}

/// Returns panel `panel` of the step's block of B, packed: by this thread if no other has done it; waits while another does.
const char *ck_packed_panel(const ck_run *run, const ck_step *step, int64_t panel);

/// The same where this thread knows that it is packed.
char *ck_panel_place(const ck_run *run, const ck_step *step, int64_t panel);

/// One of several tiles that ask for something together.
typedef struct ck_share {
  int64_t part, parts;
} ck_share;

/// A share of what packing `panel` will read; nothing once it is packed or being packed.
void ck_panel_stream(const ck_run *run, const ck_step *step, int64_t panel, const ck_share *share, ck_stream *stream);

void ck_macro_kernel(const ck_run *run, const ck_step *step, const ck_task *task);
