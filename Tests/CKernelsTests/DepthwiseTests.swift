import CKernels
import Oracle
import SIMDKernels
import Testing

/// A row of the table of depthwise micro-kernels, in C or in Swift, as a test argument.
struct DepthwiseRow: Sendable, CustomTestStringConvertible {
  let index: Int
  let name: String
  /// Whether its outputs are rounded to bf16.
  var isNarrow = false

  var row: ck_depthwise { Self.table[index] }
  var testDescription: String { isNarrow ? "\(name), narrow" : name }

  private nonisolated(unsafe) static let table: [ck_depthwise] = {  // Never written to.
    var count: Int64 = 0
    let rows = ck_depthwise_kernels(&count)
    return UnsafeBufferPointer(start: rows, count: Int(count)) + SwiftKernels.depthwise
  }()

  static let all = table.indices.map { DepthwiseRow(index: $0, name: String(cString: table[$0].name)) }
  static let usable = all.filter { $0.row.isa.rawValue <= KernelRow.highestISA }
  static let usableAndNarrow =
    usable + usable.filter { $0.row.run_narrow != nil }.map { DepthwiseRow(index: $0.index, name: $0.name, isNarrow: true) }
}

@Suite("Depthwise micro-kernels by their contract")
struct DepthwiseTests {
  static let kernels = [(1, 1), (3, 3), (5, 5), (3, 5), (5, 3), (2, 4), (7, 7), (4, 2)]
  static let images = [(1, 1), (1, 5), (3, 4), (4, 7), (7, 13), (5, 17), (2, 37), (14, 6), (9, 14)]
  /// Strides and dilations.
  static let steps = [(1, 1), (2, 1), (1, 2), (3, 2), (2, 2)]

  @Test(
    "Exact sums of every kernel, stride, dilation and padding, in guarded memory with NaN in the gaps",
    arguments: DepthwiseRow.usableAndNarrow)
  func exact(kernel: DepthwiseRow) throws {
    let (lanes, isGrouped) = (Int(kernel.row.lanes), kernel.row.group > 1)
    var random = SplitMix64(seed: 3)
    for (kernelRows, kernelColumns) in Self.kernels {
      for (rows, columns) in Self.images {
        for (stride, dilation) in Self.steps {
          // What the kernels of groups are not made for, dispatch keeps from them.
          let suitsGroups = dilation == 1 && (kernelColumns == 3 ? stride <= 2 : kernelColumns < 3 && stride == 1)
          if isGrouped && !suitsGroups { continue }
          // Whole vectors twice as often as parts of one: they have kernels of their own.
          let counts =
            isGrouped
            ? [lanes, 2 * lanes, 3 * lanes]
            : [1, 3, max(1, lanes - 1), lanes, lanes + 1, 2 * lanes, 3 * lanes + 2, lanes, 2 * lanes + 1]
          let trial = try DepthwiseTrial(
            kernel,
            DepthwiseSetting(
              kernelRows: kernelRows, kernelColumns: kernelColumns, rows: rows, columns: columns,
              channels: try #require(counts.randomElement(using: &random)), stride: stride, dilation: dilation,
              before: Int.random(in: 0...3, using: &random), behind: Int.random(in: -2...3, using: &random),
              gap: Int.random(in: 0...3, using: &random),
              placement: Bool.random(using: &random) ? .flushWithEnd : .flushWithStart,
              abreast: Int.random(in: 1...3, using: &random)))
          trial.run()
          #expect(trial.finding() == nil)
        }
      }
    }
  }

  @Test("Swift and C make the same bits", arguments: DepthwiseRow.usable.filter { $0.name.hasSuffix("_swift") })
  func languages(kernel: DepthwiseRow) throws {
    let inC = try #require(DepthwiseRow.all.first { $0.name + "_swift" == kernel.name })
    for (index, (kernelRows, kernelColumns)) in Self.kernels.enumerated() {
      for stride in 1...2 {
        let setting = DepthwiseSetting(
          kernelRows: kernelRows, kernelColumns: kernelColumns, rows: 5, columns: 6 + 7 * index, channels: 19, stride: stride,
          dilation: 1, before: 1, behind: 1, gap: 1, placement: .flushWithEnd, scale: 1.1)
        let trials = [try DepthwiseTrial(kernel, setting), try DepthwiseTrial(inC, setting)]
        for trial in trials { trial.run() }
        let same = withExtendedLifetime(trials) { trials[0].output.elementsEqual(trials[1].output) }
        #expect(same, "\(setting)")
      }
    }
  }

  @Test(
    "Vectors of channels make the same bits abreast and alone",
    arguments: DepthwiseRow.usableAndNarrow.filter {
      $0.row.group == 1 && $0.row.channels == CK_CHANNELS_LAST && !$0.name.hasSuffix("_swift")
    })
  func abreast(kernel: DepthwiseRow) throws {
    for (kernelRows, kernelColumns) in Self.kernels {
      for stride in 1...2 {
        var setting = DepthwiseSetting(
          kernelRows: kernelRows, kernelColumns: kernelColumns, rows: 5, columns: 16, channels: 51, stride: stride, dilation: 1,
          before: 1, behind: 1, gap: 1, placement: .flushWithEnd, scale: 1.1)
        let alone = try DepthwiseTrial(kernel, setting)
        setting.abreast = 2
        let abreast = try DepthwiseTrial(kernel, setting)
        for trial in [alone, abreast] { trial.run() }
        #expect(withExtendedLifetime([alone, abreast]) { alone.output.elementsEqual(abreast.output) }, "\(setting)")
      }
    }
  }

  @Test("The check of a block sees a wrong sum, a missing one and a stray write")
  func mutants() throws {
    let kernel = try #require(DepthwiseRow.usable.first)
    let setting = DepthwiseSetting(
      kernelRows: 3, kernelColumns: 3, rows: 4, columns: 5, channels: 6, stride: 1, dilation: 1, before: 1, behind: 1, gap: 2,
      placement: .flushWithEnd)
    for value in [Float(0.5), .nan] {
      let trial = try DepthwiseTrial(kernel, setting)
      trial.run()
      #expect(trial.finding() == nil)
      trial.output.storeBytes(of: value, toByteOffset: 4, as: Float.self)
      #expect(trial.finding() != nil)
    }
    let trial = try DepthwiseTrial(kernel, setting)
    trial.run()
    // The gap after the first row.
    trial.output.storeBytes(of: 0, toByteOffset: trial.gapOffset, as: Float.self)
    #expect(trial.finding() != nil)
  }

  @Test("Names are unique, and every kind has a row for the weakest machine")
  func table() {
    #expect(Set(DepthwiseRow.all.map(\.name)).count == DepthwiseRow.all.count)
    for (channels, type) in [
      (CK_CHANNELS_LAST, CK_F32), (CK_CHANNELS_LAST, CK_BF16), (CK_CHANNELS_FIRST, CK_F32), (CK_CHANNELS_FIRST, CK_BF16),
    ] {
      #expect(DepthwiseRow.all.contains { $0.row.isa == CK_ISA_SCALAR && $0.row.channels == channels && $0.row.in == type })
    }
    for group in [1, 4] {
      #expect(DepthwiseRow.all.contains { $0.row.isa == CK_ISA_SSE2 && $0.row.group == group })
    }
    for row in DepthwiseRow.all.map(\.row) where row.channels == CK_CHANNELS_LAST && row.in == CK_BF16 {
      #expect(row.run_narrow != nil)
    }
  }
}
