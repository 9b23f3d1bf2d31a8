import Oracle
import Tensors
import TestSupport
import Testing

@Suite("Verification")
struct VerificationTests {
  static let types: [(ElementType, ElementType)] = [
    (.float32, .float32), (.float64, .float64), (.bfloat16, .float32), (.bfloat16, .bfloat16),
  ]

  static let settings: [GEMMSetting] = types.flatMap { input, output in
    [
      GEMMSetting(1, 1, 1),
      GEMMSetting(12, 12, 12) { $0.c = .paddedRowMajor },
      GEMMSetting(17, 33, 65) { $0.data = .uniform },
      GEMMSetting(9, 7, 21) {
        ($0.alpha, $0.beta, $0.scale, $0.bias, $0.activation, $0.c) = (2, -3, 0.5, .perRow, .relu, .columnMajor)
      },
      GEMMSetting(20, 20, 20) {
        ($0.alpha, $0.beta, $0.scale, $0.bias, $0.data, $0.c) = (0.75, 0.5, 3, .perColumn, .uniform, .spread)
      },
      GEMMSetting(12, 15, 11) { ($0.activation, $0.hasResidual, $0.bias) = (.init(.none, clamp: -2...9), true, .perRow) },
      GEMMSetting(13, 16, 11) { ($0.activation, $0.hasResidual, $0.data) = (.init(.geluErf), true, .uniform) },
      GEMMSetting(70, 130, 40) { ($0.data, $0.c) = (.uniform, .paddedColumnMajor) },
    ].map { $0.with { ($0.inputType, $0.outputType) = (input, output) } }
  }

  @Test("The product rounded once passes every check", arguments: settings)
  func correct(setting: GEMMSetting) throws {
    let trial = try GEMMTrial(setting)
    trial.reference.write(to: trial.c.view)
    #expect(trial.finding() == nil)
    #expect(trial.finding(tolerance: .proven) == nil)
    #expect(trial.finding(coverage: .sampled(seed: 9)) == nil)
  }

  @Test("Every mutant that can show fails, element by element and by samples with sums", arguments: settings)
  func mutants(setting: GEMMSetting) throws {
    let trial = try GEMMTrial(setting)
    for mutant in Mutant.all where mutant.shows(trial.reference, trial.c.view.readOnly) {
      trial.reset()
      mutant.write(trial.reference, trial.c.view)
      #expect(trial.finding() != nil, "\(mutant.name) passed")
      // A product with an activation has no sums; there the samples cover a small one nearly whole.
      #expect(trial.finding(coverage: .sampled(seed: 3)) != nil, "\(mutant.name) passed by samples")
    }
  }

  @Test("Each mutant shows in one of the problems above")
  func everyMutantShows() throws {
    var silent = Set(Mutant.all.map(\.name))
    #expect(silent.count == Mutant.all.count)
    for setting in Self.settings {
      let trial = try GEMMTrial(setting)
      for mutant in Mutant.all where mutant.shows(trial.reference, trial.c.view.readOnly) { silent.remove(mutant.name) }
    }
    #expect(silent == [])
  }

  @Test("Signed sums find a single wrong element wherever it is", arguments: types)
  func singleElement(input: ElementType, output: ElementType) throws {
    let trial = try GEMMTrial(
      GEMMSetting(150, 330, 60) {
        ($0.data, $0.inputType, $0.outputType, $0.bias, $0.beta) = (.uniform, input, output, .perRow, 0.5)
      })
    trial.reference.write(to: trial.c.view)
    for (row, column) in [(0, 1), (77, 63), (77, 64), (149, 328), (31, 200)] {
      let right = trial.c.view[row, column]
      trial.c.view[row, column] = right + 4
      guard case .failed(let mismatch) = trial.reference.verify(trial.c.view.readOnly, coverage: .sampled(seed: 1)) else {
        Issue.record("the error at (\(row), \(column)) passed")
        continue
      }
      #expect(mismatch.place == .element(row: row, column: column))
      #expect(mismatch.found == trial.c.view[row, column])
      trial.c.view[row, column] = right
    }
    #expect(trial.reference.verify(trial.c.view.readOnly, coverage: .sampled(seed: 1)) == .passed(checked: 260))
  }

  @Test("NaN and infinity are wrong where a number belongs, and right where they belong")
  func specialValues() throws {
    let trial = try GEMMTrial(GEMMSetting(8, 70, 8) { $0.data = .uniform })
    trial.reference.write(to: trial.c.view)
    for wrong in [Double.nan, .infinity, -.infinity] {
      let right = trial.c.view[5, 66]
      trial.c.view[5, 66] = wrong
      #expect(trial.finding() != nil)
      #expect(trial.finding(coverage: .sampled(seed: 2)) != nil)
      trial.c.view[5, 66] = right
    }
    trial.a.view[2, 3] = .infinity
    trial.a.view[3, 1] = .nan
    trial.reference.write(to: trial.c.view)
    #expect(trial.reference.verify(trial.c.view.readOnly).isPassed)
    #expect(trial.reference.verify(trial.c.view.readOnly, coverage: .sampled(seed: 2)).isPassed)
    trial.c.view[2, 0] = 1
    #expect(!trial.reference.verify(trial.c.view.readOnly).isPassed)
  }

  @Test("Float sums in any order lie within both bounds, a sum without its last term in neither", arguments: [64, 1000, 4096])
  func summationOrders(depth: Int) throws {
    let trial = try GEMMTrial(GEMMSetting(4, 4, depth) { $0.data = .uniform })
    func sums(_ order: some Sequence<Int>) {
      for row in 0..<4 {
        for column in 0..<4 {
          trial.c.view[row, column] = Double(
            order.reduce(Float(0)) { $0 + Float(trial.a.view[row, $1]) * Float(trial.b.view[$1, column]) })
        }
      }
    }
    for tolerance in [Tolerance.proven, .statistical] {
      sums(0..<depth)
      #expect(trial.finding(tolerance: tolerance) == nil)
      sums((0..<depth).reversed())
      #expect(trial.finding(tolerance: tolerance) == nil)
    }
    sums(0..<depth - 1)
    #expect(trial.finding(tolerance: .statistical) != nil)
  }

  @Test("An empty product has nothing to check")
  func empty() throws {
    let trial = try GEMMTrial(GEMMSetting(0, 5, 3))
    #expect(trial.reference.verify(trial.c.view.readOnly) == .passed(checked: 0))
  }
}
