// The textbook product at -O2; see rungs.h for the problem and for the table that has these.
#pragma once

struct rung_problem;

void rung_naive_ijk_scalar_o2(const struct rung_problem *problem);
#if defined(__x86_64__)
void rung_naive_ijk_sse2_o2(const struct rung_problem *problem);
void rung_naive_ijk_avx2_o2(const struct rung_problem *problem);
void rung_naive_ijk_avx512_o2(const struct rung_problem *problem);
#endif
