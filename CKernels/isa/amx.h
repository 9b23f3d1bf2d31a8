// Begin AMX: tile registers of 16 rows by 64 bytes, and the products of tiles of bf16; AVX-512 with AVX512_BF16 for the rest.
// Ends with isa/end.h.
#pragma once
#define CK_AVX512_TARGET "avx512f,avx512vl,avx512bw,avx512dq,avx512bf16,avx2,fma,amx-tile,amx-bf16,prfchw"
#include "isa/avx512bf16.h"
