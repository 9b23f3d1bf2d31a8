import Headroom
import Oracle
import TestSupport
import Testing

@Suite("Products of fp32 through bfloat16")
struct PrecisionTests {
  private static let reduced = ReferencePrecision.allCases.filter { $0 != .full }

  /// The micro-kernels that multiply pairs of bfloat16; none where the machine has no such instruction.
  private static let pairs = Route.all.filter {
    $0.variant == "pair.packed" && $0.outputType == .float32 && $0.microkernel.mr > 1
  }

  private func options(_ route: Route) -> SelectionOptions {
    SelectionOptions(variant: "pair.split", microkernel: route.microkernel.name)
  }

  @Test("Small integers stay exact, whatever the layouts, blocks, threads and epilogues", arguments: pairs)
  func exact(route: Route) throws {
    for (index, (m, n, k)) in [(1, 1, 1), (14, 32, 64), (15, 33, 65), (70, 41, 130), (3, 100, 7)].enumerated() {
      for precision in Self.reduced {
        for (place, a) in Arrangement.allCases.enumerated() {
          let setting = GEMMSetting(m, n, k) {
            ($0.a, $0.b, $0.precision) = (a, choice(index + place, Arrangement.allCases), precision)
            $0.c = choice(place, RouteTests.written)
            ($0.alpha, $0.beta) = choice(index, [(1, 0), (2, -1)])
            $0.activation = choice(place, [.none, .relu])
          }
          var options = options(route)
          options.blocking = place % 2 == 0 ? Blocking(mc: 28, nc: 64, kc: 16) : nil
          (options.threads, options.keepsThreads) = (1 + place % 2, true)
          #expect(try finding(setting, options) == nil)
        }
      }
    }
  }

  @Test("Each keeps its own bound, and is no better than the next", arguments: pairs)
  func bounds(route: Route) throws {
    var worst: [Double] = []
    for precision in Self.reduced {
      let setting = GEMMSetting(40, 50, 300) { ($0.data, $0.precision) = (.uniform, precision) }
      let trial = try GEMMTrial(setting)
      // The fill has few digits: these have all that fp32 has.
      for row in 0..<40 { for p in 0..<300 { trial.a.view[row, p] = Double(Float(trial.a.view[row, p] / 3)) } }
      for p in 0..<300 { for column in 0..<50 { trial.b.view[p, column] = Double(Float(trial.b.view[p, column] / 7)) } }
      try GEMMPlan(setting.descriptor(options(route))).run(trial)
      #expect(trial.reference.verify(trial.c.view.readOnly, tolerance: .proven).isPassed)
      #expect(trial.reference.verify(trial.c.view.readOnly, tolerance: .statistical).isPassed)
      let exact = trial.reference.values()
      worst.append((0..<exact.count).map { abs(trial.c.view[$0 / 50, $0 % 50] - exact[$0]) }.max() ?? 0)
    }
    #expect(worst[0] > 16 * worst[1] && worst[1] > 4 * worst[2])
  }

  @Test("One product of the worst operands keeps its bound", arguments: pairs)
  func worstProducts(route: Route) throws {
    let operands: [(ReferencePrecision, Double, bound: Double)] = [
      (.bfloat16x1, 1 + 0x1p-8, 0x1p-7 * (1 + 0x1p-9)), (.bfloat16x2, 0x1.00fe8p0, 1.01 * 0x1p-15),
      (.bfloat16x3, 0x1.00ff8p0, 1.01 * 0x1p-24),
    ]
    for (precision, value, bound) in operands {
      let setting = GEMMSetting(1, 1, 1) { $0.precision = precision }
      let trial = try GEMMTrial(setting)
      (trial.a.view[0, 0], trial.b.view[0, 0]) = (value, value)
      try GEMMPlan(setting.descriptor(options(route))).run(trial)
      let error = abs(trial.c.view[0, 0] / (value * value) - 1)
      // One rounding to fp32 for each product that is added.
      #expect(error <= bound + 6 * 0x1p-24 && error > bound / 8, "\(precision)")
    }
  }

  @Test("The largest and the smallest numbers, and what is not finite", arguments: pairs)
  func extremes(route: Route) throws {
    for precision in Self.reduced {
      let setting = GEMMSetting(4, 33, 3) { $0.precision = precision }
      let trial = try GEMMTrial(setting)
      for p in 0..<3 { for column in 0..<33 { trial.b.view[p, column] = p == 0 ? 1 : 0 } }
      let values = [0x1.FF8p+127, -0x1.FEp+127, .nan, .infinity]
      for (row, value) in values.enumerated() { trial.a.view[row, 0] = value }
      try GEMMPlan(setting.descriptor(options(route))).run(trial)
      let found = (0..<4).map { trial.c.view[$0, 32] }
      #expect(abs(found[0] / values[0] - 1) <= 0x1p-7 && found[1] == values[1] && found[2].isNaN && !found[3].isFinite)
    }
  }

  @Test("Where it is not allowed nothing less than fp32 runs, and fp32 alone is cut")
  func optIn() throws {
    for precision in Precision.allCases {
      var descriptor = GEMMDescriptor(m: 512, n: 512, k: 512)
      descriptor.precision = precision
      let plan = try GEMMPlan(descriptor)
      #expect(precision != .full || plan.selection.variant != "pair.split")
      descriptor.inputType = .bfloat16
      #expect(try GEMMPlan(descriptor).selection.variant != "pair.split")
    }
  }
}
