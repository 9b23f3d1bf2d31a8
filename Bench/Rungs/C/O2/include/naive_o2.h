// The textbook product and convolutions at -O2; see rungs.h for the problems and for the table that has these.
#pragma once

struct rung_problem;
struct rung_convolution;

#define NAIVE_O2(level)                                                                                                          \
  void rung_naive_ijk_##level##_o2(const struct rung_problem *problem);                                                          \
  void rung_direct_##level##_o2(const struct rung_convolution *convolution);                                                     \
  void rung_im2col_##level##_o2(const struct rung_convolution *convolution)

NAIVE_O2(scalar);
#if defined(__x86_64__)
NAIVE_O2(sse2);
NAIVE_O2(avx2);
NAIVE_O2(avx512);
#endif
