import Headroom
import Oracle
import TestSupport
import Testing

@Suite("alpha, beta and epilogue")
struct EpilogueTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let bias: GEMMSetting.Bias
    let activation: ReferenceActivation
    let scale: Double
    var testDescription: String { "bias \(bias), \(activation), scale \(scale)" }
  }

  static let cases =
    GEMMSetting.Bias.allCases.flatMap { bias in
      [ReferenceActivation.none, .relu].flatMap { kind in [1.0, 0.5, -2].map { Case(bias: bias, activation: kind, scale: $0) } }
    }
    + ReferenceActivation.kinds.dropFirst(2).enumerated().map { index, kind in
      Case(bias: choice(index, GEMMSetting.Bias.allCases), activation: kind, scale: 0.5)
    }

  @Test("Every combination, with and without depth, at sizes of one tile and of many", arguments: cases)
  func combinations(epilogue: Case) throws {
    for (input, output) in Route.types {
      for c in RouteTests.written {
        for (alpha, beta) in [(1.0, 0.0), (0.0, 0.0), (0.0, 2.0), (2.0, 1.0), (-1.0, -0.5)] {
          for (m, n, k) in [(3, 4, 5), (1, 1, 0), (70, 9, 0), (33, 70, 40), (6, 600, 7)] {
            let setting = GEMMSetting(m, n, k) {
              ($0.inputType, $0.outputType, $0.c) = (input, output, c)
              ($0.alpha, $0.beta, $0.scale, $0.bias, $0.activation) = (
                alpha, beta, epilogue.scale, epilogue.bias, epilogue.activation
              )
              $0.hasResidual = (m + Int(alpha)) % 2 == 0
            }
            #expect(try finding(setting) == nil)
          }
        }
      }
    }
  }

  @Test("By every route: one tile and many, panels at once, runs of shallow tiles, several blocks of K", arguments: Route.all)
  func everyRoute(route: Route) throws {
    for (m, n, k) in [(5, 7, 9), (5, 300, 60), (5, 300, 600), (150, 75, 33), (40, 150, 20), (30, 70, 900)] {
      for (bias, hasResidual) in [(GEMMSetting.Bias.perColumn, true), (.perRow, false), (.perRow, true)] {
        let (setting, plan) = try route.plan(
          GEMMSetting(m, n, k) {
            ($0.inputType, $0.outputType) = (route.inputType, route.outputType)
            ($0.bias, $0.hasResidual, $0.scale) = (bias, hasResidual, -2)
            $0.activation = bias == .perColumn ? .relu : ReferenceActivation(clamp: -20...35)
            ($0.alpha, $0.beta) = (n == 75 ? 2 : 1, k == 600 || m == 30 ? -0.5 : 0)
          }, blocking: k > 500 ? Blocking(mc: 1024, nc: 1024, kc: 192) : nil)
        let trial = try GEMMTrial(setting)
        try plan.run(trial)
        #expect(trial.finding() == nil, "\(plan.selection)")
      }
    }
  }

  @Test("A bfloat16 C takes one rounding although K spans several blocks", arguments: cases)
  func oneRounding(epilogue: Case) throws {
    for c in RouteTests.written {
      let setting = GEMMSetting(13, 40, 5000) {
        ($0.inputType, $0.outputType, $0.c) = (.bfloat16, .bfloat16, c)
        ($0.alpha, $0.beta, $0.scale, $0.bias, $0.activation) = (0.5, 2, epilogue.scale, epilogue.bias, epilogue.activation)
        $0.hasResidual = true
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

  @Test("NaN and infinity in an operand reach their rows and columns, through every activation", arguments: Route.all)
  func specialValues(route: Route) throws {
    for activation in ReferenceActivation.kinds {
      let (setting, plan) = try route.plan(
        GEMMSetting(9, 41, 20) {
          ($0.inputType, $0.outputType, $0.data, $0.activation) = (route.inputType, route.outputType, .uniform, activation)
        })
      let trial = try GEMMTrial(setting)
      trial.a.view[2, 3] = .nan
      trial.b.view[7, 40] = .infinity
      trial.a.view[5, 19] = -.infinity
      try plan.run(trial)
      #expect(trial.reference.verify(trial.c.view.readOnly).isPassed, "\(plan.selection)")
      #expect(trial.c.view[2, 0].isNaN)
    }
  }

  @Test("Activations over the whole range of numbers, in every type and by every ISA", arguments: Route.all)
  func wholeRange(route: Route) throws {
    let inputs = [
      -1e30, -1e4, -700, -89, -88, -87, -30, -12, -6, -5.5, -4, -1, -0.01, -1e-20, 0, 1e-20, 0.03, 0.5, 2, 5.5, 9, 80, 90, 1e4,
      1e30,
    ]
    for function in ReferenceActivation.Function.allCases {
      let (setting, plan) = try route.plan(
        GEMMSetting(inputs.count, 33, 1) {
          ($0.inputType, $0.outputType, $0.data) = (route.inputType, route.outputType, .uniform)
          $0.activation = ReferenceActivation(function)
        })
      let trial = try GEMMTrial(setting)
      for (row, value) in inputs.enumerated() { trial.a.view[row, 0] = value }
      for column in 0..<33 { trial.b.view[0, column] = 1 + Double(column) / 64 }
      try plan.run(trial)
      #expect(trial.reference.verify(trial.c.view.readOnly).isPassed, "\(function), \(plan.selection)")
    }
  }

  @Test(
    "Activations keep their stated errors in fp32",
    arguments: Route.all.filter { $0.inputType == .float32 && $0.variant == "outer.packed" })
  func statedErrors(route: Route) throws {
    let inputs = (0..<6000).map { Float($0 - 3000) / 401 } + (0..<2000).map { Float($0) / 7001 }
    for (function, bound) in [(ReferenceActivation.Function.geluTanh, 3.0), (.geluErf, 6), (.silu, 3)] {
      let exact = ReferenceActivation(function)
      var descriptor = GEMMDescriptor(m: inputs.count, n: 1, k: 1)
      descriptor.epilogue.activation = Epilogue.Activation(function)
      descriptor.options = route.options
      var c = [Float](repeating: .nan, count: inputs.count)
      var span = c.mutableSpan
      try gemm(descriptor, a: inputs.span, b: [Float(1)].span, c: &span)
      let worst =
        zip(inputs, c).map { x, found in abs(Double(found) - exact(Double(x))) / max(abs(Double(x)), 0x1p-100) }.max() ?? 0
      #expect(worst <= bound * 0x1p-24 && worst > 0x1p-26, "\(function)")
    }
  }

  @Test("A call that lacks its residual is refused, and nothing is written")
  func missingResidual() throws {
    let trial = try GEMMTrial(GEMMSetting(3, 5, 4))
    var descriptor = trial.setting.descriptor()
    descriptor.epilogue.hasResidual = true
    let plan = try GEMMPlan(descriptor)
    let expected = HeadroomError.bufferTooShort(operand: "the residual", found: 0, expected: 15)
    #expect(throws: expected) { try plan.run(trial) }
    #expect(throws: expected) { try gemm(descriptor, a: trial.a.view.base, b: trial.b.view.base, c: trial.c.view.base) }
    var c = [Float](repeating: 7, count: 15)
    let (a, b, residual) = ([Float](repeating: 1, count: 12), [Float](repeating: 1, count: 20), [Float](repeating: 2, count: 14))
    #expect(throws: HeadroomError.bufferTooShort(operand: "the residual", found: 14, expected: 15)) {
      var span = c.mutableSpan
      try plan.execute(a: a.span, b: b.span, c: &span, residual: residual.span)
    }
    #expect(c == [Float](repeating: 7, count: 15))
    descriptor.inputType = .bfloat16
    let halves = [BFloat16](repeating: BFloat16(1), count: 20)
    #expect(throws: expected) {
      var span = c.mutableSpan
      try gemm(descriptor, a: halves.span, b: halves.span, c: &span)
    }
    descriptor.inputType = .float32
    c = [Float](repeating: 2, count: 15)
    let whole = c
    var span = c.mutableSpan
    try gemm(descriptor, a: a.span, b: b.span, c: &span, residual: whole.span)
    #expect(c == [Float](repeating: 6, count: 15))
  }
}
