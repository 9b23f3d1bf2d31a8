// One pass of each loop; how long and how often is the business of measure.c.
#pragma once
#include "include/ceilings.h"

/// Runs `iterations` of a loop.
typedef void (*compute_loop)(int64_t iterations);

typedef struct ceiling_loop_row {
  ceiling_kind kind;
  ceiling_isa isa;
  int32_t operations; ///< per iteration
  compute_loop run;
} ceiling_loop_row;

/// The row for this kind and level, or NULL.
const ceiling_loop_row *ceiling_compute_row(ceiling_kind kind, ceiling_isa isa);

/// The arrays of a bandwidth loop: 64-byte aligned, `bytes` each, a multiple of `BANDWIDTH_STEP`.
typedef struct bandwidth_arrays {
  float *x;
  const float *y, *z;
  int64_t bytes;
} bandwidth_arrays;

enum { BANDWIDTH_STEP = 512 };

typedef void (*bandwidth_loop)(const bandwidth_arrays *arrays);

/// The loop for this kind with the widest vectors of the level, or NULL. `read` reads x, `copy` writes x from y, `triad` x from y
/// and z.
bandwidth_loop ceiling_bandwidth_loop(ceiling_kind kind, ceiling_isa isa);

/// How many arrays the kind uses.
int32_t ceiling_array_count(ceiling_kind kind);
