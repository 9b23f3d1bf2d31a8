import CKernels
import Testing

@Suite("Tiles of two runs of rows")
struct PairedRowsTests {
  static let kernels = KernelRow.usable.filter { $0.row.family == CK_MATRIX && $0.row.mr % 2 == 0 }

  @Test("Each half as if it were a tile, wherever the lower one lies, of whole steps and a rest", arguments: kernels)
  func halves(kernel: KernelRow) throws {
    let row = kernel.row
    let (half, nr) = (Int(row.mr) / 2, Int(row.nr))
    let upper = try #require(KernelRow.usable.first { $0.row.family == CK_MATRIX && Int($0.row.mr) == half }).row
    for n in [5, 16, 17, nr] {
      for (k, alpha, beta, narrow) in [
        (64, 1.0, 0.0, false), (28, 1, 1, false), (41, 2, 0.5, false), (24, 1, 0, true), (7, 1, 0, false),
      ] {
        // The lower rows lie before the upper ones in A, and behind them in C.
        let (aStride, cStride, between) = (k + 1, nr + 3, 5)
        let (lowerOfA, lowerOfC) = (-(half + between) * aStride, (half + between) * cStride)
        let a = elements(row.a, (2 * half + between) * aStride, seed: 1)
        let b = elements(row.b, (k + 1) / 2 * 2 * nr, seed: 2)
        let output = narrow ? 2 : bytes(row.c)
        let before = elements(narrow ? CK_BF16 : row.c, (2 * half + between) * cStride, seed: 3)
        var tile = ck_tile()
        (tile.blocks, tile.k, tile.n, tile.alpha, tile.beta, tile.narrow) = (1, Int64(k), Int64(n), alpha, beta, narrow)
        (tile.a_rs, tile.a_ks, tile.b_ks, tile.c_rs) = (Int64(aStride), Int64(row.a_kr), Int64(2 * nr), Int64(cStride))
        var (apart, together) = (before, before)
        a.withUnsafeBytes { a in
          b.withUnsafeBytes { b in
            func run(_ row: ck_ukernel, _ c: inout [UInt8], a offset: Int, c place: Int) {
              c.withUnsafeMutableBytes { c in
                guard let a = a.baseAddress, let c = c.baseAddress else { return }
                var (from, panel) = (Optional(a + offset * bytes(row.a)), b.baseAddress)
                row.run(&tile, &from, &panel, c + place * output)
              }
            }
            run(upper, &apart, a: -lowerOfA, c: 0)
            run(upper, &apart, a: 0, c: lowerOfC)
            (tile.a_lower, tile.c_lower) = (Int64(lowerOfA), Int64(lowerOfC))
            run(row, &together, a: -lowerOfA, c: 0)
          }
        }
        #expect(apart != before)
        #expect(together == apart, "\(n) columns, \(k) deep, \(alpha) A B + \(beta) C, narrow C: \(narrow)")
      }
    }
  }
}
