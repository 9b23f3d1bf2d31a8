import KernelDispatch

extension GoldenSelectionTests {
  /// Per level of the instruction set, on a machine with 1 MiB of L2, 32 MiB of L3 and two threads.
  static let golden: [ISA: String] = [
    .scalar: """
    1x1x1 f32 -> dot.direct dot_f32_2x4_scalar mc=2 nc=4 kc=1 threads=1
    8x8x8 f32 -> outer.direct outer_f32_2x4_scalar mc=8 nc=8 kc=8 threads=1
    128x128x128 f32 -> outer.direct outer_f32_2x4_scalar mc=128 nc=128 kc=128 threads=2
    1x4096x4096 f32 -> outer.direct outer_f32_2x4_scalar mc=2 nc=4096 kc=64 threads=2
    1x4096x4096:nt f32 -> dot.direct dot_f32_2x4_scalar mc=2 nc=4096 kc=4096 threads=2
    8x4096x4096:nt f32 -> dot.direct dot_f32_2x4_scalar mc=8 nc=4096 kc=4096 threads=2
    128x768x3072:nt f32 -> dot.direct dot_f32_2x4_scalar mc=128 nc=768 kc=3072 threads=2
    1024x1024x1024 f32 -> outer.packed outer_f32_2x4_scalar mc=1024 nc=1024 kc=1024 threads=2
    1024x1024x1024:tn f32 -> outer.packed-b outer_f32_2x4_scalar mc=1024 nc=1024 kc=512 threads=2
    3136x64x576 f32 -> outer.direct outer_f32_2x4_scalar mc=3136 nc=64 kc=576 threads=2
    8x8x8 f64 -> outer.direct outer_f64_2x4_scalar mc=8 nc=8 kc=8 threads=1
    128x128x128 f64 -> outer.packed-b outer_f64_2x4_scalar mc=128 nc=128 kc=128 threads=2
    8x4096x4096:nt f64 -> outer.packed outer_f64_2x4_scalar mc=8 nc=2048 kc=512 threads=2
    128x128x128 bf16 -> outer.widened outer_f32_2x4_scalar mc=128 nc=128 kc=128 threads=2
    1x4096x4096 bf16 -> outer.widened outer_f32_2x4_scalar mc=2 nc=4096 kc=376 threads=2
    1x4096x4096:nt bf16 -> dot.direct dot_bf16_2x4_scalar mc=2 nc=4096 kc=4096 threads=2
    8x4096x4096:nt bf16 -> dot.direct dot_bf16_2x4_scalar mc=8 nc=4096 kc=4096 threads=2
    128x768x3072:nt bf16 -> dot.direct dot_bf16_2x4_scalar mc=128 nc=768 kc=3072 threads=2
    1024x1024x1024 bf16 -> outer.widened outer_f32_2x4_scalar mc=1024 nc=1024 kc=1024 threads=2
    1024x1024x1024:tn bf16 -> outer.widened outer_f32_2x4_scalar mc=1024 nc=1024 kc=1024 threads=2
    """,
    .sse2: """
    1x1x1 f32 -> outer.direct outer_f32_6x8_sse2 mc=6 nc=8 kc=8 threads=1
    8x8x8 f32 -> outer.direct outer_f32_6x8_sse2 mc=12 nc=8 kc=8 threads=1
    128x128x128 f32 -> outer.direct outer_f32_6x8_sse2 mc=132 nc=128 kc=128 threads=2
    1x4096x4096 f32 -> outer.direct outer_f32_6x8_sse2 mc=6 nc=4096 kc=8 threads=2
    1x4096x4096:nt f32 -> dot.direct dot_f32_2x4_sse2 mc=2 nc=4096 kc=4096 threads=2
    8x4096x4096:nt f32 -> dot.direct dot_f32_2x4_sse2 mc=8 nc=4096 kc=4096 threads=2
    128x768x3072:nt f32 -> dot.direct dot_f32_2x4_sse2 mc=128 nc=768 kc=3072 threads=2
    1024x1024x1024 f32 -> outer.packed outer_f32_6x8_sse2 mc=1026 nc=1024 kc=1024 threads=2
    1024x1024x1024:tn f32 -> outer.packed outer_f32_6x8_sse2 mc=1026 nc=1024 kc=512 threads=2
    3136x64x576 f32 -> outer.direct outer_f32_6x8_sse2 mc=3138 nc=64 kc=576 threads=2
    8x8x8 f64 -> outer.direct outer_f64_6x4_sse2 mc=12 nc=8 kc=8 threads=1
    128x128x128 f64 -> outer.packed-b outer_f64_6x4_sse2 mc=132 nc=128 kc=128 threads=2
    8x4096x4096:nt f64 -> outer.packed outer_f64_6x4_sse2 mc=12 nc=2048 kc=512 threads=2
    128x128x128 bf16 -> outer.widened outer_f32_6x8_sse2 mc=132 nc=128 kc=128 threads=2
    1x4096x4096 bf16 -> outer.widened outer_f32_6x8_sse2 mc=6 nc=4096 kc=376 threads=2
    1x4096x4096:nt bf16 -> dot.direct dot_bf16_2x4_sse2 mc=2 nc=4096 kc=4096 threads=2
    8x4096x4096:nt bf16 -> dot.direct dot_bf16_2x4_sse2 mc=8 nc=4096 kc=4096 threads=2
    128x768x3072:nt bf16 -> outer.widened outer_f32_6x8_sse2 mc=132 nc=768 kc=1024 threads=2
    1024x1024x1024 bf16 -> outer.widened outer_f32_6x8_sse2 mc=1026 nc=1024 kc=1024 threads=2
    1024x1024x1024:tn bf16 -> outer.widened outer_f32_6x8_sse2 mc=1026 nc=1024 kc=1024 threads=2
    """,
    .avx2: """
    1x1x1 f32 -> outer.direct outer_f32_6x16_avx2 mc=9 nc=16 kc=8 threads=1
    8x8x8 f32 -> outer.direct outer_f32_6x16_avx2 mc=9 nc=16 kc=8 threads=1
    128x128x128 f32 -> outer.direct outer_f32_6x16_avx2 mc=132 nc=128 kc=128 threads=2
    1x4096x4096 f32 -> outer.direct outer_f32_6x16_avx2 mc=6 nc=4096 kc=8 threads=2
    1x4096x4096:nt f32 -> dot.direct dot_f32_1x8_avx2 mc=1 nc=4096 kc=4096 threads=2
    8x4096x4096:nt f32 -> dot.direct dot_f32_3x4_avx2 mc=9 nc=4096 kc=4096 threads=2
    128x768x3072:nt f32 -> outer.packed outer_f32_6x16_avx2 mc=132 nc=768 kc=1024 threads=2
    1024x1024x1024 f32 -> outer.packed outer_f32_6x16_avx2 mc=1026 nc=1024 kc=1024 threads=2
    1024x1024x1024:tn f32 -> outer.packed outer_f32_6x16_avx2 mc=1026 nc=1024 kc=512 threads=2
    3136x64x576 f32 -> outer.direct outer_f32_6x16_avx2 mc=3138 nc=64 kc=576 threads=2
    8x8x8 f64 -> outer.direct outer_f64_6x8_avx2 mc=12 nc=8 kc=8 threads=1
    128x128x128 f64 -> outer.packed-b outer_f64_6x8_avx2 mc=132 nc=128 kc=128 threads=2
    8x4096x4096:nt f64 -> outer.packed outer_f64_6x8_avx2 mc=12 nc=2048 kc=512 threads=2
    128x128x128 bf16 -> outer.widened outer_f32_6x16_avx2 mc=132 nc=128 kc=128 threads=2
    1x4096x4096 bf16 -> outer.direct outer_bf16_4x16_avx2 mc=4 nc=4096 kc=8 threads=2
    1x4096x4096:nt bf16 -> dot.direct dot_bf16_1x8_avx2 mc=1 nc=4096 kc=4096 threads=2
    8x4096x4096:nt bf16 -> dot.direct dot_bf16_3x4_avx2 mc=9 nc=4096 kc=4096 threads=2
    128x768x3072:nt bf16 -> outer.widened outer_f32_6x16_avx2 mc=132 nc=768 kc=1024 threads=2
    1024x1024x1024 bf16 -> outer.widened outer_f32_6x16_avx2 mc=1026 nc=1024 kc=1024 threads=2
    1024x1024x1024:tn bf16 -> outer.widened outer_f32_6x16_avx2 mc=1026 nc=1024 kc=1024 threads=2
    """,
    .avx512: """
    1x1x1 f32 -> outer.direct outer_f32_14x32_avx512 mc=28 nc=32 kc=8 threads=1
    8x8x8 f32 -> outer.direct outer_f32_14x32_avx512 mc=28 nc=32 kc=8 threads=1
    128x128x128 f32 -> outer.direct outer_f32_14x32_avx512 mc=140 nc=128 kc=128 threads=2
    1x4096x4096 f32 -> outer.direct outer_f32_14x32_avx512 mc=14 nc=4096 kc=8 threads=2
    1x4096x4096:nt f32 -> dot.direct dot_f32_1x8_avx512 mc=1 nc=4096 kc=4096 threads=2
    8x4096x4096:nt f32 -> dot.direct dot_f32_4x4_avx512 mc=8 nc=4096 kc=4096 threads=2
    128x768x3072:nt f32 -> outer.packed outer_f32_14x32_avx512 mc=140 nc=768 kc=1024 threads=2
    1024x1024x1024 f32 -> outer.packed outer_f32_14x32_avx512 mc=1036 nc=1024 kc=1024 threads=2
    1024x1024x1024:tn f32 -> outer.packed outer_f32_14x32_avx512 mc=1036 nc=1024 kc=512 threads=2
    64x3136x576 f32 -> outer.direct outer_f32_14x32_avx512 mc=70 nc=3136 kc=288 threads=2
    32x768x768:nt f32 -> outer.packed outer_f32_14x32_avx512 mc=42 nc=768 kc=768 threads=2
    3136x64x576 f32 -> outer.direct outer_f32_14x32_avx512 mc=3136 nc=64 kc=576 threads=2
    8x8x8 f64 -> outer.direct outer_f64_14x16_avx512 mc=14 nc=16 kc=8 threads=1
    128x128x128 f64 -> outer.direct outer_f64_14x16_avx512 mc=140 nc=128 kc=128 threads=2
    8x4096x4096:nt f64 -> outer.packed outer_f64_14x16_avx512 mc=14 nc=2048 kc=512 threads=2
    128x128x128 bf16 -> outer.widened outer_f32_14x32_avx512 mc=140 nc=128 kc=128 threads=2
    1x4096x4096 bf16 -> outer.direct outer_bf16_8x32_avx512 mc=8 nc=4096 kc=8 threads=2
    1x4096x4096:nt bf16 -> dot.direct dot_bf16_1x8_avx512 mc=1 nc=4096 kc=4096 threads=2
    8x4096x4096:nt bf16 -> dot.direct dot_bf16_4x4_avx512 mc=8 nc=4096 kc=4096 threads=2
    128x768x3072:nt bf16 -> outer.widened outer_f32_14x32_avx512 mc=140 nc=768 kc=1024 threads=2
    1024x1024x1024 bf16 -> outer.widened outer_f32_14x32_avx512 mc=1036 nc=1024 kc=1024 threads=2
    1024x1024x1024:tn bf16 -> outer.widened outer_f32_14x32_avx512 mc=1036 nc=1024 kc=1024 threads=2
    """,
    .avx512bf16: """
    1x1x1 f32 -> outer.direct outer_f32_14x32_avx512 mc=28 nc=32 kc=8 threads=1
    8x8x8 f32 -> outer.direct outer_f32_14x32_avx512 mc=28 nc=32 kc=8 threads=1
    128x128x128 f32 -> outer.direct outer_f32_14x32_avx512 mc=140 nc=128 kc=128 threads=2
    1x4096x4096 f32 -> outer.direct outer_f32_14x32_avx512 mc=14 nc=4096 kc=8 threads=2
    1x4096x4096:nt f32 -> dot.direct dot_f32_1x8_avx512 mc=1 nc=4096 kc=4096 threads=2
    8x4096x4096:nt f32 -> dot.direct dot_f32_4x4_avx512 mc=8 nc=4096 kc=4096 threads=2
    128x768x3072:nt f32 -> outer.packed outer_f32_14x32_avx512 mc=140 nc=768 kc=1024 threads=2
    1024x1024x1024 f32 -> outer.packed outer_f32_14x32_avx512 mc=1036 nc=1024 kc=1024 threads=2
    1024x1024x1024:tn f32 -> outer.packed outer_f32_14x32_avx512 mc=1036 nc=1024 kc=512 threads=2
    3136x64x576 f32 -> outer.direct outer_f32_14x32_avx512 mc=3136 nc=64 kc=576 threads=2
    8x8x8 f64 -> outer.direct outer_f64_14x16_avx512 mc=14 nc=16 kc=8 threads=1
    128x128x128 f64 -> outer.direct outer_f64_14x16_avx512 mc=140 nc=128 kc=128 threads=2
    8x4096x4096:nt f64 -> outer.packed outer_f64_14x16_avx512 mc=14 nc=2048 kc=512 threads=2
    128x128x128 bf16 -> pair.packed-b pair_bf16_14x32_avx512bf16 mc=140 nc=128 kc=128 threads=2
    1x4096x4096 bf16 -> outer.direct outer_bf16_8x32_avx512 mc=8 nc=4096 kc=8 threads=2
    1x4096x4096:nt bf16 -> dot.direct dot_bf16_1x8_avx512bf16 mc=1 nc=4096 kc=4096 threads=2
    8x4096x4096:nt bf16 -> dot.direct dot_bf16_4x4_avx512bf16 mc=8 nc=4096 kc=4096 threads=2
    128x768x3072:nt bf16 -> pair.packed-b pair_bf16_14x32_avx512bf16 mc=140 nc=768 kc=1536 threads=2
    1024x1024x1024 bf16 -> pair.packed-b pair_bf16_14x32_avx512bf16 mc=1036 nc=1024 kc=1024 threads=2
    1024x1024x1024:tn bf16 -> pair.packed pair_bf16_14x32_avx512bf16 mc=1036 nc=1024 kc=1024 threads=2
    """,
    // fp32 as below it.
    .amx: """
    128x128x128 bf16 -> matrix.packed-b matrix_bf16_32x32_amx mc=128 nc=128 kc=128 threads=1
    1x4096x4096 bf16 -> outer.direct outer_bf16_8x32_avx512 mc=8 nc=4096 kc=8 threads=2
    1x4096x4096:nt bf16 -> dot.direct dot_bf16_1x8_avx512bf16 mc=1 nc=4096 kc=4096 threads=2
    8x4096x4096:nt bf16 -> matrix.packed-b matrix_bf16_32x32_amx mc=1024 nc=32 kc=4096 threads=2 swapped
    128x768x3072:nt bf16 -> matrix.packed-b matrix_bf16_32x32_amx mc=768 nc=128 kc=3072 threads=2 swapped
    1024x1024x1024 bf16 -> matrix.packed-b matrix_bf16_32x32_amx mc=1024 nc=1024 kc=1024 threads=2
    1024x1024x1024:tn bf16 -> matrix.packed matrix_bf16_32x32_amx mc=1024 nc=1024 kc=1024 threads=2
    """,
  ]
}
