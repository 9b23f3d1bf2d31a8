import Headroom
import Oracle
import TestSupport
import Testing

@Suite("Strassen's algorithm")
struct StrassenTests {
  /// One for each micro-kernel of `outer.packed` in fp32 and fp64.
  static let routes = Route.all.filter { $0.variant == "outer.packed" && $0.inputType != .bfloat16 && $0.microkernel.mr > 1 }

  private func descriptor(_ setting: GEMMSetting, _ route: Route, levels: Int, blocking: Blocking? = nil, threads: Int = 1)
    -> GEMMDescriptor
  {
    var options = SelectionOptions(variant: "outer.strassen", microkernel: route.microkernel.name)
    options.blocking = blocking
    (options.threads, options.keepsThreads) = (threads, true)
    var descriptor = setting.descriptor(options)
    descriptor.strassenLevels = levels
    return descriptor
  }

  @Test(
    "Exact on integers at sizes that are whole parts and at those that are not, by blocks, layouts and epilogues",
    arguments: routes)
  func exact(route: Route) throws {
    let sizes = [(4, 4, 4), (5, 7, 6), (32, 64, 48), (33, 66, 51), (70, 41, 130), (2, 3, 2)]
    for (index, (m, n, k)) in sizes.enumerated() {
      for levels in 1...2 {
        for (place, arrangement) in [Arrangement.rowMajor, .columnMajor, .paddedRowMajor].enumerated() {
          let setting = GEMMSetting(m, n, k) {
            ($0.inputType, $0.outputType, $0.a) = (route.inputType, route.outputType, arrangement)
            $0.b = choice(index + place, [.rowMajor, .columnMajor, .paddedRowMajor])
            $0.c = choice(index + levels, [.rowMajor, .columnMajor, .paddedRowMajor])
            ($0.alpha, $0.beta) = choice(index + place, [(1, 0), (2, -1), (-1, 1)])
            $0.bias = choice(place, GEMMSetting.Bias.allCases)
            $0.activation = choice(index, [.none, .relu])
            $0.hasResidual = place == 1
          }
          let blocking = place == 2 ? Blocking(mc: 16, nc: 32, kc: 8) : nil
          let plan = try GEMMPlan(descriptor(setting, route, levels: levels, blocking: blocking))
          let trial = try GEMMTrial(setting)
          try plan.run(trial)
          #expect(trial.finding() == nil, "\(plan.selection)")
          #expect(plan.selection.strassenLevels == (min(m, n, k) < 4 ? 1 : plan.selection.strassenLevels))
        }
      }
    }
  }

  @Test("Random matrices keep the stated bound", arguments: routes)
  func bound(route: Route) throws {
    for levels in 1...2 {
      let setting = GEMMSetting(200, 200, 200) {
        ($0.inputType, $0.outputType, $0.data) = (route.inputType, route.outputType, .uniform)
      }
      let trial = try GEMMTrial(setting)
      let plan = try GEMMPlan(descriptor(setting, route, levels: levels))
      try plan.run(trial)
      let exact = trial.reference.values()
      let k = 200.0
      // Operands lie within (-1, 1).
      let bound = (levels == 1 ? 3 : 9) * (k + 25) * k * setting.accumulator.unitRoundoff
      let worst = (0..<exact.count).map { abs(trial.c.view[$0 / 200, $0 % 200] - exact[$0]) }.max() ?? .infinity
      // The sums of such numbers are exact in fp64.
      #expect(worst <= bound && (worst > 0) == (route.inputType == .float32), "\(plan.selection)")
    }
  }

  @Test("The same bits on any number of threads")
  func threads() throws {
    let setting = GEMMSetting(150, 170, 130) { $0.data = .uniform }
    let route = try #require(Self.routes.last { $0.inputType == .float32 })
    let results = try [1, 2, 3].map { threads in
      let trial = try GEMMTrial(setting)
      try GEMMPlan(descriptor(setting, route, levels: 2, threads: threads)).run(trial)
      return trial.c.bytes
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  @Test("Only where the caller allows it, and where it is faster")
  func optIn() throws {
    var descriptor = GEMMDescriptor(m: 8192, n: 8192, k: 8192)
    #expect(try GEMMPlan(descriptor).selection.strassenLevels == 0)
    descriptor.strassenLevels = 2
    #expect(try GEMMPlan(descriptor).selection.strassenLevels == 2)
    descriptor.strassenLevels = 1
    #expect(try GEMMPlan(descriptor).selection.strassenLevels == 1)
    var small = GEMMDescriptor(m: 100, n: 100, k: 100)
    small.strassenLevels = 2
    #expect(try GEMMPlan(small).selection.strassenLevels == 0)
    small.strassenLevels = 3
    #expect(throws: HeadroomError.invalidStrassenLevels(found: 3)) { try GEMMPlan(small) }
    descriptor.inputType = .bfloat16
    #expect(try GEMMPlan(descriptor).selection.strassenLevels == 0)
  }
}
