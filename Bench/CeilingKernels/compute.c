// Peak arithmetic: every register but the operands' is an accumulator, so that latency is hidden and only the arithmetic units
// bind. Operands are 1.0: accumulators neither overflow nor become subnormal.
#include "loops.h"
#include <stddef.h>

#if defined(__x86_64__)

static const float ones_f32[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
static const double ones_f64[8] = {1, 1, 1, 1, 1, 1, 1, 1};
static const uint16_t ones_bf16[32] = {0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80,
                                       0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80,
                                       0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80};

#define LOW_REGISTERS                                                                                                            \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",   \
      "xmm15"
#define HIGH_REGISTERS                                                                                                           \
  "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29",  \
      "xmm30", "xmm31"

// Repeats its argument for each accumulator, as `\r`.
#define EACH_OF_30(text)                                                                                                         \
  ".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29\n\t" text "\n\t.endr\n\t"
#define EACH_OF_14(text) ".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13\n\t" text "\n\t.endr\n\t"
#define LOOP(body) ".p2align 6\n1:\n\t" body "dec %0\n\tjnz 1b\n\t"

#define AVX512_LOOP(name, features, fma, ones)                                                                                   \
  __attribute__((target(features))) static void name(int64_t iterations) {                                                       \
    __asm__ volatile("vmovups (%1), %%zmm30\n\tvmovups (%1), %%zmm31\n\t" EACH_OF_30("vpxord %%zmm\\r, %%zmm\\r, %%zmm\\r")      \
                         LOOP(EACH_OF_30(fma " %%zmm30, %%zmm31, %%zmm\\r")) "vzeroupper"                                        \
                     : "+r"(iterations)                                                                                          \
                     : "r"(ones)                                                                                                 \
                     : "memory", "cc", LOW_REGISTERS, HIGH_REGISTERS);                                                           \
  }

// Three times the accumulators per turn: the end of a turn costs a larger part of a short one.
#define AVX2_LOOP(name, fma, ones)                                                                                               \
  __attribute__((target("avx2,fma"))) static void name(int64_t iterations) {                                                     \
    __asm__ volatile("vmovups (%1), %%ymm14\n\tvmovups (%1), %%ymm15\n\t" EACH_OF_14("vxorps %%ymm\\r, %%ymm\\r, %%ymm\\r")      \
                         LOOP(EACH_OF_14(fma " %%ymm14, %%ymm15, %%ymm\\r") EACH_OF_14(fma " %%ymm14, %%ymm15, %%ymm\\r")        \
                                  EACH_OF_14(fma " %%ymm14, %%ymm15, %%ymm\\r")) "vzeroupper"                                    \
                     : "+r"(iterations)                                                                                          \
                     : "r"(ones)                                                                                                 \
                     : "memory", "cc", LOW_REGISTERS);                                                                           \
  }

// No FMA: as many multiplications as additions, so that both kinds of unit stay busy. Eight chains of the slower multiplications
// and seven of additions; seven of each leave so little slack that some runs settle 15 % lower. 56 pairs give each chain its
// turns.
// clang-format off
#define PAIR(mul, add, m, a) mul " %%xmm15, %%xmm" #m "\n\t" add " %%xmm15, %%xmm" #a "\n\t"
#define EIGHT_PAIRS(mul, add, a, b, c, d, e, f, g)                            \
  PAIR(mul, add, 0, a) PAIR(mul, add, 1, b) PAIR(mul, add, 2, c)              \
  PAIR(mul, add, 3, d) PAIR(mul, add, 4, e) PAIR(mul, add, 5, f)              \
  PAIR(mul, add, 6, g) PAIR(mul, add, 7, a)
#define PAIRS_56(mul, add)                                                    \
  EIGHT_PAIRS(mul, add, 8, 9, 10, 11, 12, 13, 14)                             \
  EIGHT_PAIRS(mul, add, 9, 10, 11, 12, 13, 14, 8)                             \
  EIGHT_PAIRS(mul, add, 10, 11, 12, 13, 14, 8, 9)                             \
  EIGHT_PAIRS(mul, add, 11, 12, 13, 14, 8, 9, 10)                             \
  EIGHT_PAIRS(mul, add, 12, 13, 14, 8, 9, 10, 11)                             \
  EIGHT_PAIRS(mul, add, 13, 14, 8, 9, 10, 11, 12)                             \
  EIGHT_PAIRS(mul, add, 14, 8, 9, 10, 11, 12, 13)
// clang-format on
#define SSE_LOOP(name, load, mul, add, ones)                                                                                     \
  static void name(int64_t iterations) {                                                                                         \
    __asm__ volatile(load " (%1), %%xmm14\n\t" load " (%1), %%xmm15\n\t" EACH_OF_14(load " (%1), %%xmm\\r")                      \
                         LOOP(PAIRS_56(mul, add))                                                                                \
                     : "+r"(iterations)                                                                                          \
                     : "r"(ones)                                                                                                 \
                     : "memory", "cc", LOW_REGISTERS);                                                                           \
  }

SSE_LOOP(scalar_f32, "movss", "mulss", "addss", ones_f32)
SSE_LOOP(scalar_f64, "movsd", "mulsd", "addsd", ones_f64)
SSE_LOOP(sse2_f32, "movups", "mulps", "addps", ones_f32)
SSE_LOOP(sse2_f64, "movupd", "mulpd", "addpd", ones_f64)
AVX2_LOOP(avx2_f32, "vfmadd231ps", ones_f32)
AVX2_LOOP(avx2_f64, "vfmadd231pd", ones_f64)
AVX512_LOOP(avx512_f32, "avx512f", "vfmadd231ps", ones_f32)
AVX512_LOOP(avx512_f64, "avx512f", "vfmadd231pd", ones_f64)
AVX512_LOOP(avx512bf16_bf16, "avx512f,avx512bf16", "vdpbf16ps", ones_bf16)

// Tile registers: four of sums, each the product of one of two of A with one of two of B, set up and released by each call. With
// zeros they run at more than twice the rate (2,900 against 1,300 GFLOP/s on Emerald Rapids), which no product does.
__attribute__((target("amx-tile,amx-bf16"))) static void amx_bf16(int64_t iterations) {
  static const struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
  } whole = {.palette = 1, .row_bytes = {64, 64, 64, 64, 64, 64, 64, 64}, .rows = {16, 16, 16, 16, 16, 16, 16, 16}};
  __asm__ volatile(
      "ldtilecfg %1\n\t"
      "tileloadd (%2, %3), %%tmm4\n\ttileloadd (%2, %3), %%tmm5\n\t"
      "tileloadd (%2, %3), %%tmm6\n\ttileloadd (%2, %3), %%tmm7\n\t" LOOP("tdpbf16ps %%tmm6, %%tmm4, %%tmm0\n\t"
                                                                          "tdpbf16ps %%tmm7, %%tmm4, %%tmm1\n\t"
                                                                          "tdpbf16ps %%tmm6, %%tmm5, %%tmm2\n\t"
                                                                          "tdpbf16ps %%tmm7, %%tmm5, %%tmm3\n\t") "tilerelease"
      : "+r"(iterations)
      : "m"(whole), "r"(ones_bf16), "r"((int64_t)0)
      : "memory", "cc");
}

static const ceiling_loop_row rows[] = {
    {CEILING_F32, CEILING_SCALAR, 2 * 56, scalar_f32},
    {CEILING_F64, CEILING_SCALAR, 2 * 56, scalar_f64},
    {CEILING_F32, CEILING_SSE2, 2 * 56 * 4, sse2_f32},
    {CEILING_F64, CEILING_SSE2, 2 * 56 * 2, sse2_f64},
    {CEILING_F32, CEILING_AVX2, 2 * 42 * 8, avx2_f32},
    {CEILING_F64, CEILING_AVX2, 2 * 42 * 4, avx2_f64},
    {CEILING_F32, CEILING_AVX512, 2 * 30 * 16, avx512_f32},
    {CEILING_F64, CEILING_AVX512, 2 * 30 * 8, avx512_f64},
    {CEILING_BF16, CEILING_AVX512BF16, 2 * 30 * 32, avx512bf16_bf16},
    {CEILING_BF16, CEILING_AMX, 2 * 4 * 16 * 16 * 32, amx_bf16},
};

#elif defined(__aarch64__)

#define EACH_OF_24(text) ".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23\n\t" text "\n\t.endr\n\t"
#define SCALAR_LOOP(name, type)                                                                                                  \
  static void name(int64_t iterations) {                                                                                         \
    __asm__ volatile("fmov " type "30, #1.0\n\tfmov " type                                                                       \
                     "31, #1.0\n\t" EACH_OF_24("fmov " type "\\r, #1.0") ".p2align 6\n1:\n\t" EACH_OF_24(                        \
                         "fmadd " type "\\r, " type "30, " type "31, " type "\\r") "subs %0, %0, #1\n\tb.ne 1b"                  \
                     : "+r"(iterations)                                                                                          \
                     :                                                                                                           \
                     : "memory", "cc", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13",   \
                       "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v30", "v31");                      \
  }

SCALAR_LOOP(scalar_f32, "s")
SCALAR_LOOP(scalar_f64, "d")

static const ceiling_loop_row rows[] = {
    {CEILING_F32, CEILING_SCALAR, 2 * 24, scalar_f32},
    {CEILING_F64, CEILING_SCALAR, 2 * 24, scalar_f64},
};

#else
#error "ceilings are measured on x86-64 and arm64"
#endif

const ceiling_loop_row *ceiling_compute_row(ceiling_kind kind, ceiling_isa isa) {
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (rows[i].kind == kind && rows[i].isa == isa) return &rows[i];
  return NULL;
}
