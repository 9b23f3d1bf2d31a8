import CKernels
import Testing

@Suite("Tile registers that are kept between tiles")
struct TileRegistersTests {
  static let kernels = KernelRow.usable.filter { $0.row.family == CK_MATRIX }

  private struct Trial {
    let row: ck_ukernel
    let tile: ck_tile
    let blocks: (a: [UInt8], b: [UInt8], c: [UInt8])

    /// Product by product, each with nothing left of the one before.
    func run() -> [UInt8] {
      var c = blocks.c
      c.withUnsafeMutableBytes { c in
        for product in 0...tile.more { run(into: c, storesLate: false, product: product) }
      }
      return c
    }

    /// All products in one call, or one of them.
    func run(into c: UnsafeMutableRawBufferPointer, storesLate: Bool, product: Int64? = nil) {
      var tile = tile
      tile.stores_late = storesLate
      if product != nil { tile.more = 0 }
      let first = Int(product ?? 0)
      blocks.a.withUnsafeBytes { a in
        blocks.b.withUnsafeBytes { b in
          guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
          let (stepOfA, stepOfB) = (Int(tile.a_rs) * Int(row.mr) * 2, blocks.b.count / Int(tile.blocks))
          let from = (0..<Int(tile.blocks)).map { Optional(a + first * Int(tile.a_step) + $0 * stepOfA) }
          let panels = (0..<Int(tile.blocks)).map { Optional(b + $0 * stepOfB) }
          row.run(&tile, from, panels, c + first * Int(tile.c_step))
        }
      }
    }
  }

  /// Of 120 in turn: heights, columns, depths and ends of all kinds, up and down.
  private static func trial(_ index: Int) -> Trial {
    let row = kernels[index * 7 % kernels.count].row
    let (m, nr, k) = (Int(row.mr), Int(row.nr), [32, 96, 14, 50, 7, 64, 28, 128, 288, 70, 256][index % 11])
    let narrow = index % 5 == 2
    var tile = ck_tile()
    (tile.blocks, tile.k, tile.n) = (1, Int64(k), Int64([32, 24, 32, 5, 16, 17, 32, 31][index % 8]))
    (tile.alpha, tile.beta) = (index % 3 == 0 ? 2 : 1, narrow ? 0 : Double(index % 4) / 2)
    (tile.narrow, tile.streams_b) = (narrow, index % 2 == 0)
    (tile.a_rs, tile.a_ks, tile.b_ks, tile.c_rs) = (Int64(k), Int64(row.a_kr), Int64(2 * nr), Int64(nr))
    let blocks = (
      a: elements(row.a, m * k, seed: index), b: elements(row.b, (k + 1) / 2 * 2 * nr, seed: index + 1),
      c: elements(narrow ? CK_BF16 : row.c, m * nr, seed: index + 2)
    )
    return Trial(row: row, tile: tile, blocks: blocks)
  }

  @Test("Each tile is as it is alone, whatever came before it, and after the end too", .enabled(if: !kernels.isEmpty))
  func kept() {
    let trials = (0..<120).map(Self.trial)
    let alone = trials.map { $0.run() }
    #expect(ck_tiles_begin_amx())
    #expect(!ck_tiles_begin_amx())
    for (index, trial) in trials.enumerated() { #expect(trial.run() == alone[index], "tile \(index)") }
    ck_tiles_end_amx()
    for (index, trial) in trials.enumerated() { #expect(trial.run() == alone[index], "tile \(index), alone again") }
  }

  @Test("Those that may be stored late are by the end, and others at once", .enabled(if: !kernels.isEmpty))
  func late() {
    let trials = (0..<120).map(Self.trial)
    let alone = trials.map { $0.run() }
    let results = trials.map { trial in
      let c = UnsafeMutableRawBufferPointer.allocate(byteCount: trial.blocks.c.count, alignment: 64)
      c.copyBytes(from: trial.blocks.c)
      return c
    }
    #expect(ck_tiles_begin_amx())
    for (index, (trial, c)) in zip(trials, results).enumerated() {
      trial.run(into: c, storesLate: index % 3 != 1)
      if index % 3 == 1 || !trial.tile.narrow { #expect([UInt8](c) == alone[index], "tile \(index), at once") }
    }
    ck_tiles_end_amx()
    for (index, c) in results.enumerated() {
      #expect([UInt8](c) == alone[index], "tile \(index)")
      c.deallocate()
    }
  }

  /// `products` of `blocks` blocks into bf16, from whole registers of columns; rows of C have room beyond.
  private static func rounded(height: Int, depth: Int, blocks count: Int, products: Int) -> Trial? {
    guard let row = kernels.map(\.row).first(where: { $0.mr == height && $0.a == CK_BF16 }) else { return nil }
    let (nr, rowOfC, bytes) = (Int(row.nr), Int(row.nr) + 8, 2)
    var tile = ck_tile()
    (tile.blocks, tile.k, tile.n, tile.more) = (Int64(count), Int64(depth), Int64(nr), Int64(products - 1))
    (tile.alpha, tile.narrow) = (1, true)
    (tile.a_rs, tile.a_ks, tile.b_ks, tile.c_rs) = (Int64(depth), Int64(row.a_kr), Int64(2 * nr), Int64(rowOfC))
    (tile.a_step, tile.c_step) = (Int64(count * height * depth * bytes), Int64(height * rowOfC * bytes))
    let blocks = (
      a: elements(row.a, products * count * height * depth, seed: depth),
      b: elements(row.b, count * ((depth + 1) / 2 * 2) * nr, seed: height),
      c: elements(CK_BF16, products * height * rowOfC, seed: count)
    )
    return Trial(row: row, tile: tile, blocks: blocks)
  }

  @Test("Rows that a tile leaves are rounded beside the next products, all of them and no others", .enabled(if: !kernels.isEmpty))
  func beside() throws {
    for height in [15, 16, 17, 31, 32] {
      for depth in [7, 32, 40, 64, 128, 160, 256, 288] {
        for blocks in 1...2 {
          let trials = try [
            #require(Self.rounded(height: height, depth: 32, blocks: 1, products: 1)),
            #require(Self.rounded(height: 32, depth: depth, blocks: blocks, products: 2)),
          ]
          let alone = trials.map { $0.run() }
          var (left, results) = (trials[0].blocks.c, trials[1].blocks.c)
          left.withUnsafeMutableBytes { first in
            results.withUnsafeMutableBytes { next in
              #expect(ck_tiles_begin_amx())
              trials[0].run(into: first, storesLate: true)
              trials[1].run(into: next, storesLate: true)
              ck_tiles_end_amx()
            }
          }
          #expect([left, results] == alone, "\(height) rows, then \(blocks) blocks of \(depth) depths")
        }
      }
    }
  }
}
