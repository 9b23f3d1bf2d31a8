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
    var options = SelectionOptions(
      variant: levels == 1 ? "outer.strassen" : "outer.strassen2", microkernel: route.microkernel.name)
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
    let sizes = [
      (4, 4, 4), (5, 7, 6), (32, 64, 48), (33, 66, 51), (70, 41, 130), (2, 3, 2), (64, 64, 600), (5, 64, 16), (18, 64, 33),
    ]
    for (index, (m, n, k)) in sizes.enumerated() {
      for levels in 1...(min(m, n, k) < 4 ? 1 : 2) {
        for (place, arrangement) in [Arrangement.rowMajor, .columnMajor, .spread].enumerated() {
          let setting = GEMMSetting(m, n, k) {
            ($0.inputType, $0.outputType, $0.a) = (route.inputType, route.outputType, arrangement)
            $0.b = choice(index + place, [.rowMajor, .columnMajor, .paddedRowMajor, .spread])
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
          #expect(plan.selection.strassenLevels == levels)
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
      let bound = (levels == 1 ? 3 * (k + 25) : 9 * (k + 50)) * k * setting.accumulator.unitRoundoff
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

  @Test("Batches by strides and lists, and epilogues of wide rows, as one by one")
  func batches() throws {
    let (m, n, k, count) = (21, 530, 18, 3)
    for threads in [1, 2] {
      for (levels, name) in [(1, "outer.strassen"), (2, "outer.strassen2")] {
        var descriptor = GEMMDescriptor(m: m, n: n, k: k)
        descriptor.strassenLevels = levels
        descriptor.epilogue.activation = .silu
        descriptor.options = SelectionOptions(threads: threads, keepsThreads: true, variant: name)
        descriptor.batch = Batch(count: count, aStride: m * k, bStride: k * n, cStride: m * n)
        let a = (0..<count * m * k).map { Float($0 * 5 % 13 - 6) }
        let b = (0..<count * k * n).map { Float($0 * 7 % 11 - 5) / 64 }
        var strided = [Float](repeating: .nan, count: count * m * n)
        var expected: [Float] = []
        var span = strided.mutableSpan
        try GEMMPlan(descriptor).execute(a: a.span, b: b.span, c: &span)
        descriptor.batch = Batch()
        let single = try GEMMPlan(descriptor)
        for index in 0..<count {
          var product = [Float](repeating: .nan, count: m * n)
          var c = product.mutableSpan
          try single.execute(
            a: a.span.extracting(index * m * k..<(index + 1) * m * k), b: b.span.extracting(index * k * n..<(index + 1) * k * n),
            c: &c)
          expected += product
        }
        #expect(strided == expected && !strided.contains { $0.isNaN })
      }
    }
  }

  @Test("With a packed operand the classical product runs")
  func packed() throws {
    var descriptor = GEMMDescriptor(m: 64, n: 64, k: 64)
    descriptor.strassenLevels = 2
    let b = (0..<64 * 64).map { Float($0 % 7 - 3) }
    let packed = try PackedOperand(.b, of: descriptor, elements: b.span)
    #expect(try GEMMPlan(descriptor, b: packed).selection.strassenLevels == 0)
    descriptor.options.variant = "outer.strassen"
    #expect(throws: HeadroomError.self) { try GEMMPlan(descriptor, b: packed) }
  }

  @Test("Only where the caller allows it, and where it is faster")
  func optIn() throws {
    for levels in 0...2 {
      for n in [1, 3, 100, 2048, 16384] {
        var descriptor = GEMMDescriptor(m: n, n: n, k: n)
        descriptor.options.maxISA = .avx2
        descriptor.strassenLevels = levels
        let chosen = try GEMMPlan(descriptor).selection.strassenLevels
        #expect(chosen <= levels && (n < 1000 ? chosen == 0 : n < 10000 || chosen == levels), "\(n)")
        descriptor.inputType = .bfloat16
        #expect(try GEMMPlan(descriptor).selection.strassenLevels == 0)
      }
    }
    var descriptor = GEMMDescriptor(m: 4, n: 4, k: 4)
    descriptor.options.variant = "outer.strassen"
    #expect(throws: HeadroomError.self) { try GEMMPlan(descriptor) }
    descriptor.strassenLevels = 3
    #expect(throws: HeadroomError.invalidStrassenLevels(found: 3)) { try GEMMPlan(descriptor) }
  }
}
