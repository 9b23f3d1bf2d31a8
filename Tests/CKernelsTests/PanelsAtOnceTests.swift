import CKernels
import Testing

@Suite("Tiles that take several panels at once")
struct PanelsAtOnceTests {
  static let kernels = KernelRow.usable.filter { kernel in
    let row = kernel.row
    let isWide = Int(row.nr) * bytes(row.acc) > kernel.vectorBytes
    return (row.family == CK_OUTER || row.family == CK_PAIR) && isWide && !kernel.name.hasSuffix("_swift")
      && ck_panels_at_once(Int32(kernel.vectorBytes), Int64(row.mr)) > 1
  }

  @Test("There are some, of fp32 and fp64") func some() {
    for type in [CK_F32, CK_F64] { #expect(Self.kernels.contains { $0.row.a == type }) }
  }

  @Test("Each as if it were alone, packed or side by side, group after group", arguments: kernels)
  func atOnce(kernel: KernelRow) throws {
    let row = kernel.row
    let (m, nr, kr) = (Int(row.mr), Int(row.nr), Int(row.kr))
    let atOnce = Int(ck_panels_at_once(Int32(kernel.vectorBytes), Int64(m)))
    // 8 rows of a B in place have a body of their own.
    for (groups, depths, alpha, beta) in [
      (1, 1, 2.0, 1.0), (2, 3, 2, 1), (3, 8, 1, 0.7), (2, 8, 1, 0), (3, 8, 0.3, 1), (1, 21, 2, 1), (2, 70, 2, 1),
    ] {
      let (panels, k, gap) = (groups * atOnce, depths * kr, 3)
      for (packed, alongK, narrow) in [
        (true, true, false), (true, false, row.acc == CK_F32), (false, true, row.acc == CK_F32), (false, true, false),
        (false, false, false),
      ] where packed || !row.packed_b {
        let a = elements(row.a, m * k, seed: 1)
        let b = elements(row.b, panels * k * nr, seed: 2)
        let output = narrow ? 2 : bytes(row.c)
        let before = elements(narrow ? CK_BF16 : row.c, m * (panels * nr + gap), seed: 3)
        var tile = ck_tile()
        (tile.blocks, tile.k, tile.n, tile.alpha, tile.narrow) = (1, Int64(k), Int64(nr), alpha, narrow)
        tile.beta = narrow ? 0 : beta
        (tile.a_rs, tile.a_ks) = alongK ? (Int64(k), Int64(kr)) : (Int64(kr), Int64(m * kr))
        (tile.b_ks, tile.b_ps) = packed ? (Int64(nr * kr), Int64(nr * k)) : (Int64(panels * nr), Int64(nr))
        tile.c_rs = Int64(panels * nr + gap)
        let (bStep, cStep) = (Int(tile.b_ps) * bytes(row.b), nr * output)
        var (alone, together) = (before, before)
        a.withUnsafeBytes { a in
          b.withUnsafeBytes { b in
            func run(_ c: inout [UInt8], from panel: Int) {
              c.withUnsafeMutableBytes { c in
                guard var a = a.baseAddress.map(Optional.some), let b = b.baseAddress, let c = c.baseAddress else { return }
                var place: UnsafeRawPointer? = b + panel * bStep
                row.run(&tile, &a, &place, c + panel * cStep)
              }
            }
            for panel in 0..<panels { run(&alone, from: panel) }
            (tile.beside, tile.more) = (true, Int64(groups - 1))
            (tile.b_step, tile.c_step) = (Int64(atOnce * bStep), Int64(atOnce * cStep))
            run(&together, from: 0)
          }
        }
        #expect(alone != before)
        #expect(
          together == alone,
          "\(groups) groups, \(k) deep, \(alpha) A B + \(beta) C, packed: \(packed), A along K: \(alongK), narrow C: \(narrow)")
      }
    }
  }
}
