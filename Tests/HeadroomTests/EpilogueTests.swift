import Headroom
import Oracle
import TestSupport
import Testing

@Suite("alpha, beta and epilogue")
struct EpilogueTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let bias: GEMMSetting.Bias
    let relu: Bool
    let scale: Double
    var testDescription: String { "bias \(bias), relu \(relu), scale \(scale)" }
  }

  static let cases = GEMMSetting.Bias.allCases.flatMap { bias in
    [false, true].flatMap { relu in [1.0, 0.5, -2].map { Case(bias: bias, relu: relu, scale: $0) } }
  }

  @Test("Every combination, with and without depth, at sizes of one tile and of many", arguments: cases)
  func combinations(epilogue: Case) throws {
    for (input, output) in Route.types {
      for c in RouteTests.written {
        for (alpha, beta) in [(1.0, 0.0), (0.0, 0.0), (0.0, 2.0), (2.0, 1.0), (-1.0, -0.5)] {
          for (m, n, k) in [(3, 4, 5), (1, 1, 0), (70, 9, 0), (33, 70, 40), (6, 600, 7)] {
            let setting = GEMMSetting(m, n, k) {
              ($0.inputType, $0.outputType, $0.c) = (input, output, c)
              ($0.alpha, $0.beta, $0.scale, $0.bias, $0.relu) = (alpha, beta, epilogue.scale, epilogue.bias, epilogue.relu)
            }
            #expect(try finding(setting) == nil)
          }
        }
      }
    }
  }

  @Test("A bfloat16 C takes one rounding although K spans several blocks", arguments: cases)
  func oneRounding(epilogue: Case) throws {
    for c in RouteTests.written {
      let setting = GEMMSetting(13, 40, 2000) {
        ($0.inputType, $0.outputType, $0.c) = (.bfloat16, .bfloat16, c)
        ($0.alpha, $0.beta, $0.scale, $0.bias, $0.relu) = (0.5, 2, epilogue.scale, epilogue.bias, epilogue.relu)
      }
      #expect(try finding(setting) == nil)
    }
  }

  @Test("With alpha 0, NaN in A and B stays out of C", arguments: Route.types)
  func alphaZero(input: ElementType, output: ElementType) throws {
    let setting = GEMMSetting(9, 11, 13) {
      ($0.inputType, $0.outputType, $0.alpha, $0.beta, $0.bias) = (input, output, 0, 3, .perRow)
    }
    let trial = try GEMMTrial(setting)
    Poison.fill(trial.a.buffer.bytes)
    Poison.fill(trial.b.buffer.bytes)
    try GEMMPlan(setting.descriptor()).run(trial)
    #expect(trial.reference.verify(trial.c.view.readOnly, tolerance: .exact).isPassed)
  }

  @Test("NaN and infinity in an operand reach their rows and columns, through ReLU too", arguments: Route.all)
  func specialValues(route: Route) throws {
    for relu in [false, true] {
      let (setting, plan) = try route.plan(
        GEMMSetting(9, 41, 20) {
          ($0.inputType, $0.outputType, $0.data, $0.relu) = (route.inputType, route.outputType, .uniform, relu)
        })
      let trial = try GEMMTrial(setting)
      trial.a.view[2, 3] = .nan
      trial.b.view[7, 40] = .infinity
      trial.a.view[5, 19] = -.infinity
      try plan.run(trial)
      #expect(trial.reference.verify(trial.c.view.readOnly).isPassed, "\(plan.selection)")
      #expect(trial.c.view[2, 0].isNaN && trial.c.view[0, 40].isInfinite == (trial.c.view[0, 40] != 0))
    }
  }
}
