import CKernels
import Testing

@Suite("Tiles that go on to further products")
struct FurtherProductsTests {
  static let kernels = KernelRow.usable.filter {
    !$0.name.hasSuffix("_swift")
  }

  @Test("Each as if it were alone, of several blocks, with operands apart or shared, and a narrow C", arguments: kernels)
  func goesOn(kernel: KernelRow) throws {
    let (row, products, kr) = (kernel.row, 3, Int(kernel.row.kr))
    let (isDot, isMatrix) = (row.family == CK_DOT, row.family == CK_MATRIX)
    let blocks = isDot ? 1 : 2
    let (m, pad) = (Int(row.mr), 2)
    for n in Set([1, Int(row.nr) - 1, Int(row.nr)]) where n > 0 {
      // A packed: one for all products, as they go on along N.
      for (narrow, sharesB, packsA) in [
        (false, false, false), (false, true, false), (row.acc == CK_F32, false, false), (false, false, true),
      ] where !(packsA && (isDot || isMatrix)) {
        // Along K vectors and a part of one; of pairs where they lie a short group.
        let groups = 5
        let k = isDot ? 67 : packsA ? groups * kr : groups * kr - (kr - 1)
        let depths = isDot ? k : groups * kr
        let (input, output) = (bytes(row.a), narrow ? 2 : bytes(row.c))
        let a = elements(row.a, blocks * products * m * k, seed: 1)
        // Panels of tile registers are whole.
        let columns = isMatrix ? Int(row.nr) : n
        let b = elements(row.b, blocks * products * depths * columns, seed: 2)
        let before = elements(narrow ? CK_BF16 : row.c, products * m * (n + pad), seed: 3)
        var tile = ck_tile()
        (tile.blocks, tile.k, tile.n) = (Int64(blocks), Int64(k), Int64(n))
        (tile.a_rs, tile.a_ks) = packsA ? (Int64(kr), Int64(m * kr)) : (Int64(k), Int64(kr))
        (tile.b_ks, tile.c_rs) = (Int64(isDot ? k : columns * kr), Int64(n + pad))
        (tile.alpha, tile.beta, tile.narrow, tile.streams_b) = (2, narrow ? 0 : 1, narrow, sharesB)
        let steps = (a: packsA ? 0 : m * k * input, b: sharesB ? 0 : depths * columns * input, c: m * (n + pad) * output)
        var (alone, together) = (before, before)
        a.withUnsafeBytes { a in
          b.withUnsafeBytes { b in
            func run(_ c: inout [UInt8], from product: Int) {
              c.withUnsafeMutableBytes { c in
                guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
                // All first blocks, then all second ones.
                let places = (
                  a: (0..<blocks).map { Optional(a + $0 * products * m * k * input + product * steps.a) },
                  b: (0..<blocks).map { Optional(b + $0 * products * depths * columns * input + product * steps.b) }
                )
                row.run(&tile, places.a, places.b, c + product * steps.c)
              }
            }
            for product in 0..<products { run(&alone, from: product) }
            tile.more = Int64(products - 1)
            (tile.a_step, tile.b_step, tile.c_step) = (Int64(steps.a), Int64(steps.b), Int64(steps.c))
            run(&together, from: 0)
          }
        }
        #expect(alone != before)
        #expect(together == alone, "\(n) columns, narrow C: \(narrow), shared B: \(sharesB), packed A: \(packsA)")
      }
    }
  }
}
