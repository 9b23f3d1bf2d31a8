// A row's name and function, the same in the file that compiles it and in the table.
#pragma once
#include "ck_ukernel.h"
#include "ck_fetching.h"
#include "ukernels/form.h"
#include "ukernels/unroll.h"

#define CK_ROW_NAME(family, type, mr, nr, isa) ck_##family##_##type##_##mr##x##nr##_##isa
#define CK_TILE_ARGUMENTS const ck_tile *t, const void *const *a, const void *const *b, void *c
#define CK_LANES_f32 (int)(sizeof(ck_vf) / sizeof(float))
#define CK_LANES_bf16 CK_LANES_f32
#define CK_LANES_f64 (int)(sizeof(ck_vd) / sizeof(double))
// Vectors of sums side by side in a row of `nr` columns: `dot` has one for each column.
#define CK_SIDE_outer(type, nr) ((nr) / CK_LANES_##type)
#define CK_SIDE_pair(type, nr) CK_SIDE_outer(type, nr)
#define CK_SIDE_matrix(type, nr) CK_SIDE_outer(type, nr)
#define CK_SIDE_dot(type, nr) (nr)

#define CK_ROW_FUNCTION(family, type, mr, nr, isa)                                                                               \
  _Static_assert((mr) <= CK_MAX_MR && (nr) <= CK_MAX_NR && CK_SIDE_##family(type, nr) <= CK_MAX_VECTORS, "tile too large");      \
  void CK_ROW_NAME(family, type, mr, nr, isa)(CK_TILE_ARGUMENTS);                                                                \
  void CK_ROW_NAME(family, type, mr, nr, isa)(CK_TILE_ARGUMENTS) { tile_##family##_##type(t, a, b, c, mr, nr); }
