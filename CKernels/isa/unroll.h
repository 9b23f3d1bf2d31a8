// Loops over the rows and vectors of a tile: unrolled, so that its sums stay in registers. Under the address sanitizer, which
// wants no speed, loops they stay: unrolled, the checks of one file take eight minutes to compile.
#pragma once
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CK_UNROLL _Pragma("clang loop unroll(disable)")
#endif
#endif
#ifndef CK_UNROLL
#define CK_UNROLL _Pragma("clang loop unroll(full)")
#endif
#define CK_EACH(i, count)                                                                                                        \
  CK_UNROLL                                                                                                                      \
  for (int i = 0; i < (count); i++)
