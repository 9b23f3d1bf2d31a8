// A row's name and function, the same in the file that compiles it and in the table.
#pragma once
#include "ck_ukernel.h"

#define CK_ROW_NAME(family, type, mr, nr, isa) ck_##family##_##type##_##mr##x##nr##_##isa
#define CK_TILE_ARGUMENTS const ck_tile *t, const void *const *a, const void *const *b, void *c
#define CK_ROW_FUNCTION(family, type, mr, nr, isa)                                                                               \
  void CK_ROW_NAME(family, type, mr, nr, isa)(CK_TILE_ARGUMENTS);                                                                \
  void CK_ROW_NAME(family, type, mr, nr, isa)(CK_TILE_ARGUMENTS) { tile_##family##_##type(t, a, b, c, mr, nr); }

/// Steps along K before the end of a tile at which it begins to ask for C: 3,000 cycles of a 14 x 32 tile, more than a miss
/// takes.
enum { CK_C_LEAD = 112 };
