// Loops over the rows and vectors of a tile: unrolled, so that its sums stay in registers, in bodies that are compiled anew for
// each form of tile they are called with. Under the address sanitizer, which wants no speed, they stay loops, in bodies that are
// compiled once: the checks of one file took eight minutes to compile where loops were unrolled, and two minutes where bodies
// were compiled for each form. A file whose tiles have few forms (CK_FEW_FORMS) takes seconds, and its tests a third of the time.
#pragma once
#include "isa/inline.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(CK_FEW_FORMS)
#define CK_UNROLL _Pragma("clang loop unroll(disable)")
#define CK_SPECIALIZED static __attribute__((noinline, CK_BODY_ATTRIBUTES))
#endif
#endif
#ifndef CK_UNROLL
#define CK_UNROLL _Pragma("clang loop unroll(full)")
#define CK_SPECIALIZED CK_INLINE
#endif
#define CK_EACH(i, count)                                                                                                        \
  CK_UNROLL                                                                                                                      \
  for (int i = 0; i < (count); i++)
