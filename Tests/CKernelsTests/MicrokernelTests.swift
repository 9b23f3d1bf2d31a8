import CKernels
import Oracle
import TestSupport
import Testing

@Suite("Micro-kernels by their contract")
struct MicrokernelTests {
  /// Depths in groups of KR: below, at and above the vector lengths that `dot` takes along K.
  static let groups = [1, 2, 3, 5, 8, 15, 16, 17, 33, 64, 67]
  static let factors = [(1.0, 0.0), (1.0, 1.0), (2.0, 0.0), (-0.5, 2.0), (3.0, -1.0)]

  @Test("Exact sums at every width, in guarded memory, with NaN in C when beta is 0", arguments: KernelRow.usable)
  func exact(kernel: KernelRow) throws {
    let width = Int(kernel.row.nr)
    for n in 1...width {
      for (index, groups) in Self.groups.enumerated() {
        var setting = TileSetting(n: n, groups: groups)
        // The choices cycle with different periods, so that every pair of them meets.
        (setting.alpha, setting.beta) = Self.factors[(index + n) % Self.factors.count]
        setting.blocks = 1 + (index + n / 2) % 3
        setting.operands = TileSetting.Operands.allCases[(index + n / 3) % 3]
        setting.gap = [0, 1, 9][(index / 2 + n) % 3]
        setting.fetches = TileSetting.Fetches.allCases[(index + n / 5) % 4]
        setting.placement = (index + n) % 2 == 0 ? .flushWithEnd : .flushWithStart
        // Of pairs where they lie, that beside the last depth is not read.
        setting.isShort = kernel.row.family == CK_PAIR && setting.operands != .packed && (index + n / 4) % 2 == 0
        let trial = try TileTrial(kernel, setting, seed: UInt64(100 * n + groups))
        trial.run()
        #expect(trial.finding() == nil)
      }
    }
  }

  @Test("Of no blocks, C is scaled, and no list is looked at", arguments: KernelRow.usable)
  func noBlocks(kernel: KernelRow) throws {
    for (alpha, beta) in Self.factors {
      var setting = TileSetting(n: Int(kernel.row.nr), groups: 2)
      (setting.alpha, setting.beta, setting.blocks) = (alpha, beta, 0)
      let trial = try TileTrial(kernel, setting, seed: 7)
      trial.run()
      #expect(trial.finding() == nil)
    }
  }

  @Test("Asking for C and the next operands on the way leaves the sums exact, whatever the depth", arguments: KernelRow.usable)
  func fetching(kernel: KernelRow) throws {
    let (height, width) = (Int(kernel.row.mr), Int(kernel.row.nr))
    let chunk = Int(CK_CHUNK)
    let depths = [1, 130] + [chunk, 2 * chunk, chunk / Int(CK_C_ROWS) * height].flatMap { $0 - 1...$0 + 1 }
    for (index, groups) in Set(depths).sorted().enumerated() where groups > 0 {
      for (place, fetches) in TileSetting.Fetches.allCases.enumerated() {
        let blocks = (index + place) % 3 + 1
        var setting = TileSetting(n: [width, 1, max(1, width - 1), width / 2 + 1][index % 4], groups: groups)
        setting.blocks = blocks
        setting.operands = TileSetting.Operands.allCases[index / 2 % 3]
        (setting.alpha, setting.beta) = Self.factors[index % Self.factors.count]
        setting.gap = [0, 9][index / 2 % 2]
        setting.placement = index % 2 == 0 ? .flushWithEnd : .flushWithStart
        setting.fetches = fetches
        let trial = try TileTrial(kernel, setting, seed: UInt64(groups))
        trial.run()
        #expect(trial.finding() == nil)
      }
    }
  }

  static let copying = KernelRow.usable.filter { kernel in
    let isPlain = kernel.row.family == CK_OUTER && kernel.row.b != CK_BF16 && kernel.row.isa.rawValue > 0
    return (kernel.row.family == CK_PAIR || isPlain) && !kernel.isTall && !kernel.name.hasSuffix("_swift")
  }

  @Test("A tile copies its B into a packed panel, to the byte, and sums as without", arguments: copying)
  func copies(kernel: KernelRow) throws {
    for (index, groups) in (Self.groups + [130]).enumerated() {
      for operands in TileSetting.Operands.allCases {
        let nr = Int(kernel.row.nr)
        let canBePart = kernel.row.family == CK_PAIR && operands != .packed
        let n = canBePart ? [nr, 1, nr / 2, nr - 1][index % 4] : nr
        var setting = TileSetting(n: n, groups: groups, operands: operands, copies: true)
        (setting.alpha, setting.beta) = Self.factors[index % Self.factors.count]
        setting.placement = index / 4 % 2 == 0 ? .flushWithEnd : .flushWithStart
        setting.fetches = TileSetting.Fetches.allCases[(index + index / 4) % 4]
        for isShort in canBePart ? [false, true] : [false] {
          setting.isShort = isShort
          let trial = try TileTrial(kernel, setting, seed: UInt64(groups))
          trial.run()
          #expect(trial.finding() == nil)
        }
      }
    }
  }

  @Test(
    "C stored past the caches holds the same sums, and columns that are not live stay", arguments: FurtherProductsTests.kernels)
  func streams(kernel: KernelRow) throws {
    let width = Int(kernel.row.nr)
    for n in Set([width, width - 1, width / 2]).sorted() where n > 0 {
      for (index, groups) in Self.groups.enumerated() {
        var setting = TileSetting(n: n, groups: groups, operands: TileSetting.Operands.allCases[index % 3], streams: true)
        setting.alpha = [1, 2][index % 2]
        // Rows of whole lines.
        setting.gap = (n + 15) / 16 * 16 - n + 16 * (index % 2)
        let trial = try TileTrial(kernel, setting, seed: UInt64(groups))
        trial.run()
        #expect(trial.finding() == nil)
      }
    }
  }

  @Test("Random sums lie within the proven bound", arguments: KernelRow.usable)
  func bounded(kernel: KernelRow) throws {
    let width = Int(kernel.row.nr)
    for n in Set([1, width / 2, width - 1, width]).sorted() where n > 0 {
      for operands in TileSetting.Operands.allCases {
        let trial = try TileTrial(
          kernel, TileSetting(n: n, groups: 301, blocks: 2, operands: operands, alpha: 0.7, beta: -1.3, uniform: true))
        trial.run()
        #expect(trial.finding() == nil)
      }
    }
  }

  @Test("Swift and C make the same bits", arguments: KernelRow.usable.filter { $0.name.hasSuffix("_swift") })
  func languages(kernel: KernelRow) throws {
    let inC = try #require(KernelRow.all.first { $0.name + "_swift" == kernel.name })
    let width = Int(kernel.row.nr)
    for (index, n) in [1, width / 2, width / 2 + 1, width - 1, width].enumerated() {
      for operands in TileSetting.Operands.allCases {
        let (alpha, beta) = Self.factors[index % Self.factors.count]
        let setting = TileSetting(n: n, groups: 131, blocks: 2, operands: operands, alpha: alpha, beta: beta, uniform: true)
        let trials = [try TileTrial(kernel, setting), try TileTrial(inC, setting)]
        for trial in trials { trial.run() }
        let same = withExtendedLifetime(trials) { trials[0].c.view.readOnly.values() == trials[1].c.view.readOnly.values() }
        #expect(same, "\(setting)")
      }
    }
  }

  @Test("The check of a tile catches every mutant", arguments: [(1.0, 0.0), (3.0, -2.0)])
  func mutants(alpha: Double, beta: Double) throws {
    let kernel = try #require(KernelRow.usable.last { $0.row.mr > 1 })
    let setting = TileSetting(n: Int(kernel.row.nr) - 1, groups: 9, alpha: alpha, beta: beta, gap: 2)
    for mutant in Mutant.all {
      let trial = try TileTrial(kernel, setting)
      if !mutant.shows(trial.reference, trial.c.view.readOnly) { continue }
      mutant.write(trial.reference, trial.c.view)
      #expect(trial.finding() != nil, "\(mutant.name) passed")
    }
  }
}

@Suite("The table of micro-kernels")
struct TableTests {
  @Test("Names are unique and rows within the limits that callers rely on")
  func rows() {
    #expect(Set(KernelRow.all.map(\.name)).count == KernelRow.all.count)
    for kernel in KernelRow.all {
      let row = kernel.row
      #expect((1...Int32(CK_MAX_MR)).contains(row.mr) && row.nr >= 1, "\(kernel.name)")
      #expect(row.kr == (row.family == CK_PAIR || row.family == CK_MATRIX ? 2 : 1), "\(kernel.name)")
      #expect(row.a_kr == (row.family == CK_MATRIX ? 32 : row.kr), "\(kernel.name)")
      #expect(row.a == row.b && row.acc == (row.a == CK_F64 ? CK_F64 : CK_F32), "\(kernel.name)")
      #expect((0..<Int32(CK_ISA_COUNT.rawValue)).contains(row.isa.rawValue), "\(kernel.name)")
    }
  }

  @Test("A tile's edge is served: each tile size has rows for every smaller height")
  func heights() {
    for kernel in KernelRow.all {
      let row = kernel.row
      let heights = KernelRow.all.map(\.row).filter {
        // A tall tile of one vector goes on from wider ones.
        $0.family == row.family && $0.isa == row.isa && $0.a == row.a && $0.c == row.c
          && ($0.nr == row.nr || $0.nr > row.nr && $0.mr < row.mr)
      }.map(\.mr)
      #expect(Set(heights).isSuperset(of: 1...row.mr), "\(kernel.name)")
    }
  }

  @Test("Scalar rows serve each type, so that every machine can multiply", arguments: [CK_F32, CK_F64, CK_BF16])
  func scalarFallback(type: ck_dtype) {
    #expect(KernelRow.all.contains { $0.row.isa == CK_ISA_SCALAR && $0.row.a == type })
  }
}
