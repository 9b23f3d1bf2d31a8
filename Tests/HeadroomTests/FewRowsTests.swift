import Headroom
import Oracle
import TestSupport
import Testing

@Suite("Few rows, deep products, and plans that are kept")
struct FewRowsTests {
  static let arrangements: [(Arrangement, Arrangement)] = [
    (.rowMajor, .rowMajor), (.rowMajor, .columnMajor), (.columnMajor, .rowMajor), (.columnMajor, .columnMajor),
    (.paddedRowMajor, .paddedColumnMajor),
  ]

  @Test("Exact at depths of several blocks and parts, for all transposes", arguments: Route.types)
  func deep(input: ElementType, output: ElementType) throws {
    for (m, n, k) in [
      (1, 70, 600), (2, 130, 9000), (5, 7, 3000), (16, 16, 20000), (64, 64, 5000), (33, 200, 2500), (128, 40, 1100),
      (129, 33, 4300),
    ] {
      for (index, (a, b)) in Self.arrangements.enumerated() {
        let setting = GEMMSetting(m, n, k) {
          ($0.inputType, $0.outputType, $0.a, $0.b) = (input, output, a, b)
          $0.c = [.rowMajor, .paddedColumnMajor][index % 2]
          ($0.alpha, $0.beta) = index % 3 == 0 ? (2, -1) : (1, 0)
          $0.bias = index % 4 == 1 ? .perRow : .none
        }
        for threads in [1, 3] {
          #expect(try finding(setting, SelectionOptions(threads: threads, keepsThreads: true)) == nil)
        }
      }
    }
  }

  @Test("Exact where a tile takes several panels at once, and at the panels that are left", arguments: Route.types)
  func panelsAtOnce(input: ElementType, output: ElementType) throws {
    var index = 0
    for m in 1...7 {
      for n in [63, 64, 128, 131, 300] {
        for k in [3, 70, 530] {
          // Each M shifts what each N and K meet, and that by a stride of its own.
          let (a, b) = choice(index + m, Self.arrangements)
          let setting = GEMMSetting(m, n, k) {
            ($0.inputType, $0.outputType, $0.a, $0.b) = (input, output, a, b)
            $0.c = choice(index / 2, [.rowMajor, .paddedRowMajor])
            ($0.alpha, $0.beta) = choice(index + 2 * m, RouteTests.factors)
            $0.bias = choice(index / 2 + m, GEMMSetting.Bias.allCases)
          }
          let threads = 1 + index % 2
          #expect(try finding(setting, SelectionOptions(threads: threads, keepsThreads: true)) == nil)
          index += 1
        }
      }
    }
  }

  @Test("Exact where a row or two meet a large B in place, all blocks of K in a call", arguments: Route.types)
  func largeInPlace(input: ElementType, output: ElementType) throws {
    // 8500 sums of a row are finished in several steps.
    for (m, n, k) in [(1, 600, 900), (2, 600, 1800), (1, 8500, 70), (2, 515, 1029)] {
      for (alpha, beta) in [(1.0, 0.0), (2, 1), (-1, 2)] {
        for bias in [GEMMSetting.Bias.none, .perColumn] {
          let setting = GEMMSetting(m, n, k) {
            ($0.inputType, $0.outputType, $0.alpha, $0.beta, $0.bias) = (input, output, alpha, beta, bias)
          }
          for threads in [1, 3] {
            #expect(try finding(setting, SelectionOptions(threads: threads, keepsThreads: true)) == nil)
          }
        }
      }
    }
  }

  @Test("Parts of K leave the same bits for any number of threads", arguments: Route.types)
  func parts(input: ElementType, output: ElementType) throws {
    let setting = GEMMSetting(17, 40, 9000) { ($0.inputType, $0.outputType, $0.data) = (input, output, .uniform) }
    let trial = try GEMMTrial(setting)
    var expected: [UInt8]?
    for threads in [1, 2, 7, 16] {
      trial.reset()
      try GEMMPlan(setting.descriptor(SelectionOptions(threads: threads, keepsThreads: true))).run(trial)
      #expect(trial.finding() == nil)
      #expect(expected ?? trial.c.bytes == trial.c.bytes, "\(threads) threads")
      expected = trial.c.bytes
    }
  }

  /// Where C's columns would leave vectors half empty, and where tile registers read a larger B in place.
  @Test("C is written across its rows where that pays, epilogue and all", arguments: Route.types)
  func turned(input: ElementType, output: ElementType) throws {
    var index = 0
    for options in [SelectionOptions(), SelectionOptions(threads: 2, keepsThreads: true)] {
      for (m, n, k) in [(512, 49, 700), (300, 17, 900), (49, 512, 700), (24, 610, 300), (3, 100, 1100)] {
        for (a, b) in Self.arrangements {
          for c in [Arrangement.rowMajor, .columnMajor, .paddedRowMajor] {
            let setting = GEMMSetting(m, n, k) {
              ($0.inputType, $0.outputType, $0.a, $0.b, $0.c) = (input, output, a, b, c)
              $0.beta = choice(index, [2, 0, 1])
              $0.bias = choice(index / 2, GEMMSetting.Bias.allCases)
              $0.activation = choice(index / 3, ReferenceActivation.kinds)
              $0.hasResidual = index % 4 == 3
            }
            #expect(try finding(setting, options) == nil)
            index += 1
          }
        }
      }
    }
  }

  /// As far apart as the rows of packed pairs are.
  @Test("Rows of A that overlap, two elements apart, have the sums of rows by themselves, whatever the depth")
  func overlappingRows() throws {
    for (m, n, k) in [(300, 300, 301), (45, 96, 65), (30, 64, 1), (31, 40, 3)] {
      let window = (0..<2 * (m - 1) + k).map { BFloat16(Float($0 * 5 % 7 - 3)) }
      let b = (0..<k * n).map { BFloat16(Float($0 * 3 % 5 - 2)) }
      let rows = (0..<m).flatMap { window[2 * $0..<2 * $0 + k] }
      var descriptor = GEMMDescriptor(m: m, n: n, k: k, inputType: .bfloat16, outputType: .float32)
      func product(_ a: [BFloat16]) throws(HeadroomError) -> [Float] {
        var c = [Float](repeating: .nan, count: m * n)
        var span = c.mutableSpan
        try GEMMPlan(descriptor).execute(a: a.span, b: b.span, c: &span)
        return c
      }
      let expected = try product(rows)
      #expect(expected.allSatisfy { !$0.isNaN })
      descriptor.a = MatrixLayout(rows: m, columns: k, rowStride: 2, columnStride: 1)
      for candidate in try explain(descriptor) {
        if case .rejected = candidate.outcome { continue }
        descriptor.options.variant = candidate.variant.name
        descriptor.options.microkernel = candidate.microkernel.name
        let isRight = try product(window) == expected
        #expect(isRight, "\(m) x \(n) x \(k), \(candidate.variant.name) by \(candidate.microkernel.name)")
      }
    }
  }

  @Test("A one-shot call takes the plan of an equal call alone: whatever differs, the result is its own")
  func kept() throws {
    let settings = (0..<40).map { index in
      GEMMSetting(3 + index % 5, 4 + index % 3, 5 + index % 4) {
        $0.a = [.rowMajor, .columnMajor, .paddedRowMajor][index % 3]
        $0.b = [.rowMajor, .paddedColumnMajor][index / 2 % 2]
        ($0.alpha, $0.beta, $0.scale) = (Double(index % 3), Double(index % 2), index % 7 == 0 ? 2 : 1)
        ($0.bias, $0.activation) = (GEMMSetting.Bias.allCases[index % 3], choice(index, ReferenceActivation.kinds))
        $0.hasResidual = index % 4 == 1
      }
    }
    let trials = try settings.map { try GEMMTrial($0) }
    for _ in 0..<3 {
      for (setting, trial) in zip(settings, trials) {
        for threads in [nil, 1] {
          trial.reset()
          try gemm(
            setting.descriptor(SelectionOptions(threads: threads)), a: trial.a.view.base, b: trial.b.view.base,
            c: trial.c.view.base,
            bias: trial.bias.map { UnsafeRawPointer($0.view.base) },
            residual: trial.residual.map { UnsafeRawPointer($0.view.base) })
          #expect(trial.finding() == nil)
        }
      }
    }
  }
}
