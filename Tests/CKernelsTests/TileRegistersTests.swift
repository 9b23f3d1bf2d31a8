import CKernels
import Testing

@Suite("Tile registers that are kept between tiles")
struct TileRegistersTests {
  static let kernels = KernelRow.usable.filter { $0.row.family == CK_MATRIX }

  private struct Trial {
    let row: ck_ukernel
    let tile: ck_tile
    let blocks: (a: [UInt8], b: [UInt8], c: [UInt8])

    func run() -> [UInt8] {
      var c = blocks.c
      c.withUnsafeMutableBytes { run(into: $0, storesLate: false) }
      return c
    }

    func run(into c: UnsafeMutableRawBufferPointer, storesLate: Bool) {
      var tile = tile
      tile.stores_late = storesLate
      blocks.a.withUnsafeBytes { a in
        blocks.b.withUnsafeBytes { b in
          guard let c = c.baseAddress else { return }
          var (from, panel) = (a.baseAddress, b.baseAddress)
          row.run(&tile, &from, &panel, c)
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
}
