public import CKernels
internal import Glibc
internal import SIMDBaseline

#if arch(x86_64)
  internal import SIMDAVX2
  internal import SIMDAVX512
#endif

/// The rows of micro-kernels that are written in Swift, in the form of those in C.
public enum SwiftKernels {
  /// Of the family `outer`, in fp32: for each instruction set the tile of the rows in C.
  nonisolated(unsafe) public static let outer: [ck_ukernel] = {  // Never written to.
    var rows = outerRows(
      CK_ISA_SSE2, "sse2", nr: 8,
      [
        outer1x8, outer2x8, outer3x8, outer4x8, outer5x8,
        outer6x8,
      ])
    #if arch(x86_64)
      rows += outerRows(
        CK_ISA_AVX2, "avx2", nr: 16,
        [outer1x16, outer2x16, outer3x16, outer4x16, outer5x16, outer6x16])
      rows += outerRows(
        CK_ISA_AVX512, "avx512", nr: 32,
        [
          outer1x32, outer2x32, outer3x32, outer4x32, outer5x32, outer6x32,
          outer7x32, outer8x32, outer9x32, outer10x32, outer11x32,
          outer12x32, outer13x32, outer14x32,
        ])
    #endif
    return rows
  }()

  /// Depthwise with channels last, in fp32.
  nonisolated(unsafe) public static let depthwise: [ck_depthwise] = {  // Never written to.
    var rows = [depthwiseRow(CK_ISA_SSE2, "sse2", lanes: 4, depthwiseLastSSE2)]
    #if arch(x86_64)
      rows.append(depthwiseRow(CK_ISA_AVX2, "avx2", lanes: 8, depthwiseLastAVX2))
      rows.append(depthwiseRow(CK_ISA_AVX512, "avx512", lanes: 16, depthwiseLastAVX512))
    #endif
    return rows
  }()

  private static func depthwiseRow(_ isa: ck_isa, _ isaName: String, lanes: Int32, _ run: ck_depthwise_fn) -> ck_depthwise {
    ck_depthwise(
      name: immortal("depthwise_last_f32_\(isaName)_swift"), channels: CK_CHANNELS_LAST, group: 1, isa: isa, in: CK_F32,
      lanes: lanes, run: run, run_gradient: nil, run_narrow: nil
    )
  }

  /// `tiles`: of 1, 2 ... rows.
  private static func outerRows(_ isa: ck_isa, _ isaName: String, nr: Int32, _ tiles: [ck_ukernel_fn]) -> [ck_ukernel] {
    tiles.enumerated().map { index, run in
      let mr = Int32(index + 1)
      return ck_ukernel(
        name: immortal("outer_f32_\(mr)x\(nr)_\(isaName)_swift"), family: CK_OUTER, isa: isa, a: CK_F32, b: CK_F32, acc: CK_F32,
        c: CK_F32, mr: mr, nr: nr, kr: 1, a_kr: 1, packed_a: false, packed_b: false, run: run)
    }
  }

  /// The text for as long as the process lives, as the names of rows in C are.
  private static func immortal(_ name: String) -> UnsafePointer<CChar> { UnsafePointer(strdup(name)) }
}
