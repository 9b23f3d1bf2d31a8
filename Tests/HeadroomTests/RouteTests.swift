import Headroom
import Oracle
import TestSupport
import Testing

@Suite("Every variant with every micro-kernel")
struct RouteTests {
  static let factors = [(1.0, 0.0), (1.0, 1.0), (2.0, 0.0), (-0.5, 2.0), (3.0, -1.0)]
  static let written: [Arrangement] = [.rowMajor, .paddedRowMajor, .spread, .columnMajor, .paddedColumnMajor]

  @Test("Every format has routes from the tables")
  func complete() {
    for (input, output) in Route.types {
      #expect(Route.all.contains { $0.inputType == input && $0.outputType == output })
    }
    // Each micro-kernel group that may run here is reached.
    let reached = Set(Route.all.map { $0.microkernel })
    let cap = Route.all.map(\.microkernel.isa).max() ?? .scalar
    for kernel in KernelTable.shared.microkernels where kernel.isa <= cap {
      let served = reached.contains {
        $0.family == kernel.family && $0.isa == kernel.isa && $0.language == kernel.language && $0.types == kernel.types
          && ($0.nr == kernel.nr && $0.mr >= kernel.mr || $0.nr > kernel.nr && $0.mr < kernel.mr)  // of one vector, tall
      }
      #expect(served, "\(kernel.name)")
    }
  }

  @Test("Exact at every edge of tiles and blocks, whatever the layouts, factors and epilogue", arguments: Route.all)
  func edges(route: Route) throws {
    let (mr, nr) = (route.microkernel.mr, route.microkernel.nr)
    var index = 0
    // Tall tiles have up to 2 MR rows.
    for m in Set(0...(mr + 1)).union([2 * mr - 1, 2 * mr, 5 * mr + 2]).sorted() {
      for n in Set([0, 1, nr / 2, nr - 1, nr, nr + 1, 2 * nr + 1]).sorted() {
        // Some depths for each size of C, so that all meet every M and every N.
        for _ in 0..<4 {
          index += 1
          try check(route, setting(route, m, n, choice(index, [0, 1, 2, 15, 16, 17, 33]), index), index)
        }
      }
    }
  }

  private func setting(_ route: Route, _ m: Int, _ n: Int, _ k: Int, _ index: Int) -> GEMMSetting {
    GEMMSetting(m, n, k) {
      ($0.inputType, $0.outputType) = (route.inputType, route.outputType)
      $0.a = choice(index, Arrangement.allCases)
      $0.b = choice(index / 2, Arrangement.allCases)
      $0.c = choice(index, Self.written)
      ($0.alpha, $0.beta) = choice(index, Self.factors)
      $0.scale = choice(index / 3, [1, 1, 0.5])
      $0.bias = choice(index / 2, GEMMSetting.Bias.allCases)
      $0.activation = choice(index / 5, ReferenceActivation.kinds)
      $0.hasResidual = index % 3 == 1
      $0.placement = choice(index / 7, GuardedBuffer.Placement.allCases)
    }
  }

  /// With the machine's own blocks, with several blocks in each direction, and with several threads.
  private func check(_ route: Route, _ setting: GEMMSetting, _ index: Int) throws {
    let small = Blocking(mc: 2 * route.microkernel.mr, nc: 2 * route.microkernel.nr, kc: 16)
    let (setting, plan) = try route.plan(setting, blocking: choice(index, [nil, small]), threads: choice(index, [1, 1, 2]))
    #expect(plan.selection.variant == route.variant && plan.selection.microkernel == route.microkernel.name)
    let trial = try GEMMTrial(setting, seed: UInt64(index))
    try plan.run(trial)
    #expect(trial.finding() == nil, "\(plan.selection)")
  }

  @Test("At its own blocks and one more or less of K, and with prime sizes", arguments: Route.all)
  func ownBlocks(route: Route) throws {
    let probe = GEMMSetting(40, 70, 4000) { ($0.inputType, $0.outputType) = (route.inputType, route.outputType) }
    var blocking = try route.plan(probe).1.selection.blocking
    // `dot` takes K whole; whole depths of tile registers.
    blocking.kc = min(blocking.kc, 992)
    for (index, k) in [blocking.kc - 1, blocking.kc, blocking.kc + 1, 2 * blocking.kc + 1].enumerated() {
      // Forced, what is beyond KC is a block of its own; left to itself, a plan makes its blocks equal.
      let selection = try checkRandom(route, 19, 37, k, index, blocking: blocking)
      #expect(k <= blocking.kc || selection.blocking.kc == blocking.kc)
    }
    try checkRandom(route, 17, 33, 65, 4)
    try checkRandom(route, 5, 7, 1009, 5)
    try checkRandom(route, 127, 131, 29, 6)
  }

  @discardableResult
  private func checkRandom(
    _ route: Route, _ m: Int, _ n: Int, _ k: Int, _ index: Int, blocking: Blocking? = nil
  ) throws -> Selection {
    let (setting, plan) = try route.plan(setting(route, m, n, k, index).with { $0.data = .uniform }, blocking: blocking)
    let trial = try GEMMTrial(setting)
    try plan.run(trial)
    #expect(trial.finding() == nil, "\(plan.selection)")
    #expect(trial.finding(tolerance: .proven) == nil, "\(plan.selection)")
    return plan.selection
  }

  @Test("The check of these products catches every mutant", arguments: Route.types)
  func mutants(input: ElementType, output: ElementType) throws {
    var silent = Set(Mutant.all.map(\.name))
    for (index, c) in Self.written.enumerated() {
      let setting = GEMMSetting(15, 17, choice(index, [15, 17])) {
        ($0.inputType, $0.outputType, $0.c) = (input, output, c)
        ($0.alpha, $0.beta, $0.scale) = choice(index, [(1, 0, 1), (2, 3, 0.5)])
        $0.bias = choice(index, [.perRow, .perColumn])
        $0.activation = choice(index, [.none, .relu, ReferenceActivation(.geluErf, clamp: 0.25...6)])
        $0.hasResidual = index % 2 == 0
        $0.data = choice(index, [.integers, .uniform, .integers])
      }
      let trial = try GEMMTrial(setting)
      for mutant in Mutant.all where mutant.shows(trial.reference, trial.c.view.readOnly) {
        trial.reset()
        mutant.write(trial.reference, trial.c.view)
        #expect(trial.finding() != nil, "\(mutant.name) passed")
        silent.remove(mutant.name)
      }
    }
    // Only what concerns bfloat16 can't show in other types, and what its rounding hides can't in it.
    let hidden = output == .bfloat16 ? ["the other GELU"] : ["rounded towards zero", "sums kept in bfloat16"]
    #expect(silent.allSatisfy(hidden.contains), "\(silent)")
  }

  @Test(
    "Numbers below the normal range survive in float32 and float64", arguments: Route.all.filter { $0.inputType != .bfloat16 })
  func denormals(route: Route) throws {
    let (setting, plan) = try route.plan(
      GEMMSetting(3, 5, 4) { ($0.inputType, $0.outputType) = (route.inputType, route.outputType) })
    let trial = try GEMMTrial(setting)
    let small = setting.inputType == .float32 ? 0x1p-100 : 0x1p-1000
    let tiny = setting.inputType == .float32 ? 0x1p-40 : 0x1p-60
    for p in 0..<setting.k {
      for row in 0..<setting.m { trial.a.view[row, p] *= small }
      for column in 0..<setting.n { trial.b.view[p, column] *= tiny }
    }
    try plan.run(trial)
    #expect(trial.reference.verify(trial.c.view.readOnly, tolerance: .exact).isPassed)
  }
}
