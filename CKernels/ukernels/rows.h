// A row's name and function, the same in the file that compiles it and in the table.
#pragma once
#include "ck_ukernel.h"
#include "ck_fetching.h"
#include "ukernels/form.h"
#include "isa/unroll.h"

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

// Several panels at once have a function of their own: together with all other forms of the row, the compiler would run out of
// registers for addresses.
#define CK_AT_ONCE(type, mr, nr) ((nr) > CK_LANES_##type ? CK_PANELS_AT_ONCE((int)sizeof(ck_vf), mr) : 1)
#define CK_WIDE_FUNCTION(family, type, mr, nr, name)                                                                             \
  _Static_assert(CK_AT_ONCE(type, mr, nr) * CK_SIDE_##family(type, nr) <= CK_MAX_VECTORS, "tile too wide");                      \
  static __attribute__((noinline)) void name##_wide(CK_TILE_ARGUMENTS) {                                                         \
    wide_##family##_##type(t, a, b, c, mr, nr, CK_AT_ONCE(type, mr, nr));                                                        \
  }
#define CK_APART(applies, function)                                                                                              \
  if (applies) {                                                                                                                 \
    function(t, a, b, c);                                                                                                        \
    return;                                                                                                                      \
  }
#define CK_WIDE_CALL(type, mr, nr, name) CK_APART(CK_AT_ONCE(type, mr, nr) > 1 && t->beside, name##_wide)
#define CK_WIDE_FUNCTION_outer(...) CK_WIDE_FUNCTION(outer, __VA_ARGS__)
#define CK_WIDE_FUNCTION_pair(...) CK_WIDE_FUNCTION(pair, __VA_ARGS__)
#define CK_WIDE_FUNCTION_dot(...)
#define CK_WIDE_FUNCTION_matrix(...)
#define CK_WIDE_CALL_outer(...) CK_WIDE_CALL(__VA_ARGS__)
#define CK_WIDE_CALL_pair(...) CK_WIDE_CALL(__VA_ARGS__)
#define CK_WIDE_CALL_dot(...)
#define CK_WIDE_CALL_matrix(...)

// So do tiles that copy B, in the rows that can.
#define CK_COPIES_outer_f32 (CK_LANES_f32 > 1)
#define CK_COPIES_outer_f64 (CK_LANES_f64 > 1)
#define CK_COPIES_outer_bf16 0
#define CK_COPIES_pair_bf16 1
#define CK_COPIES(family, type, mr, nr) (CK_COPIES_##family##_##type && ((nr) > CK_LANES_##type || (mr) == 1))
#define CK_COPYING_FUNCTION(family, type, mr, nr, name)                                                                          \
  static __attribute__((noinline)) void name##_copying(CK_TILE_ARGUMENTS) {                                                      \
    if (CK_COPIES(family, type, mr, nr)) copying_##family##_##type(t, a, b, c, mr, nr);                                          \
  }
#define CK_COPYING_CALL(family, type, mr, nr, name) CK_APART(CK_COPIES(family, type, mr, nr) && t->copy_b, name##_copying)
#define CK_COPYING_FUNCTION_outer(...) CK_COPYING_FUNCTION(outer, __VA_ARGS__)
#define CK_COPYING_FUNCTION_pair(...) CK_COPYING_FUNCTION(pair, __VA_ARGS__)
#define CK_COPYING_FUNCTION_dot(...)
#define CK_COPYING_FUNCTION_matrix(...)
#define CK_COPYING_CALL_outer(...) CK_COPYING_CALL(outer, __VA_ARGS__)
#define CK_COPYING_CALL_pair(...) CK_COPYING_CALL(pair, __VA_ARGS__)
#define CK_COPYING_CALL_dot(...)
#define CK_COPYING_CALL_matrix(...)

#define CK_ROW_FUNCTION(family, type, mr, nr, isa)                                                                               \
  _Static_assert((mr) <= CK_MAX_MR && (nr) <= CK_MAX_NR && CK_SIDE_##family(type, nr) <= CK_MAX_VECTORS, "tile too large");      \
  CK_ROW_FUNCTION_NAMED(family, type, mr, nr, CK_ROW_NAME(family, type, mr, nr, isa))
#define CK_ROW_FUNCTION_NAMED(family, type, mr, nr, name) CK_ROW_FUNCTION_EXPANDED(family, type, mr, nr, name)
#define CK_ROW_FUNCTION_EXPANDED(family, type, mr, nr, name)                                                                     \
  CK_WIDE_FUNCTION_##family(type, mr, nr, name) CK_COPYING_FUNCTION_##family(type, mr, nr, name) void name(CK_TILE_ARGUMENTS);   \
  void name(CK_TILE_ARGUMENTS) {                                                                                                 \
    CK_WIDE_CALL_##family(type, mr, nr, name) CK_COPYING_CALL_##family(type, mr, nr, name)                                       \
        tile_##family##_##type(t, a, b, c, mr, nr);                                                                              \
  }
