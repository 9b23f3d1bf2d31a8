// The transforms of each instruction set, for m = 2, 4 and 6.
#pragma once
#include "ck_winograd.h"

extern const ck_winograd ck_winograd_baseline[3];
#if defined(__x86_64__)
extern const ck_winograd ck_winograd_avx2[3], ck_winograd_avx512[3];
#endif
