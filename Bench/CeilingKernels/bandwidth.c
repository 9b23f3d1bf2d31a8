// Peak bandwidth: one body (bandwidth_loops.inc), compiled for each vector width.
#include "loops.h"
#include <stddef.h>

#define PASTE2(a, b) a##_##b
#define PASTE(a, b) PASTE2(a, b)
#define NAMED(loop) PASTE(loop, LEVEL)

// A register of any width, as inline assembly names it.
#if defined(__x86_64__)
#define VECTOR_REGISTER "v"
#else
#define VECTOR_REGISTER "w"
#endif

#define LEVEL baseline
#define VECTOR_BYTES 16
#define TARGET
#include "bandwidth_loops.inc"

#if defined(__x86_64__)
#define LEVEL avx2
#define VECTOR_BYTES 32
#define TARGET __attribute__((target("avx2,fma")))
#include "bandwidth_loops.inc"

#define LEVEL avx512
#define VECTOR_BYTES 64
#define TARGET __attribute__((target("avx512f")))
#include "bandwidth_loops.inc"
#endif

int32_t ceiling_array_count(ceiling_kind kind) { return kind == CEILING_READ ? 1 : kind == CEILING_COPY ? 2 : 3; }

bandwidth_loop ceiling_bandwidth_loop(ceiling_kind kind, ceiling_isa isa) {
  if (kind < CEILING_READ || kind > CEILING_TRIAD) return NULL;
  const bandwidth_loop *loops = loops_baseline;
#if defined(__x86_64__)
  if (isa >= CEILING_AVX512) loops = loops_avx512;
  else if (isa == CEILING_AVX2) loops = loops_avx2;
#else
  if (isa != CEILING_SCALAR) return NULL;
#endif
  return loops[kind - CEILING_READ];
}
