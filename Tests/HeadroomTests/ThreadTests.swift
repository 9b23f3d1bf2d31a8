import Glibc
import Headroom
import Oracle
import TestSupport
import Testing

@Suite("Threads and workspaces")
struct ThreadTests {
  static let shapes = [
    (64, 64, 64), (1, 1000, 300), (300, 1, 700), (200, 300, 2500), (37, 2048, 129), (1000, 40, 17), (700, 70, 20),
  ]

  @Test("1, 2 and 16 threads leave the same bits", arguments: Route.types)
  func sameBits(input: ElementType, output: ElementType) throws {
    for (index, (m, n, k)) in Self.shapes.enumerated() {
      for c in [Arrangement.rowMajor, .columnMajor, .spread] {
        let setting = GEMMSetting(m, n, k) {
          ($0.inputType, $0.outputType, $0.c, $0.beta, $0.data) = (input, output, c, choice(index, [0, 0.5]), .uniform)
        }
        let trial = try GEMMTrial(setting)
        var expected: [UInt8]?
        for threads in [1, 2, 16] {
          trial.reset()
          let plan = try GEMMPlan(setting.descriptor(SelectionOptions(threads: threads, keepsThreads: true)))
          try plan.run(trial)
          #expect(trial.finding() == nil)
          #expect(expected ?? trial.c.bytes == trial.c.bytes, "\(setting) differs with \(threads) threads: \(plan.selection)")
          expected = trial.c.bytes
        }
      }
    }
  }

  @Test("Every route leaves the same bits on 1, 2 and 16 threads, over many small blocks", arguments: Route.all)
  func sameBitsOfRoutes(route: Route) throws {
    let blocking = Blocking(mc: 3 * route.microkernel.mr, nc: 3 * route.microkernel.nr, kc: 32)
    // More rows than the loops by slices take.
    let wanted = GEMMSetting(max(7 * route.microkernel.mr + 1, 131), 8 * route.microkernel.nr + 3, 107) {
      ($0.inputType, $0.outputType, $0.data, $0.bias) = (route.inputType, route.outputType, .uniform, .perColumn)
    }
    let setting = try route.plan(wanted).0
    let trial = try GEMMTrial(setting)
    var expected: [UInt8]?
    for threads in [1, 2, 16] {
      trial.reset()
      let plan = try route.plan(setting, blocking: blocking, threads: threads).1
      try plan.run(trial)
      #expect(trial.finding() == nil)
      #expect(expected ?? trial.c.bytes == trial.c.bytes, "\(plan.selection)")
      expected = trial.c.bytes
    }
  }

  @Test("MC and NC leave the bits alone", arguments: Route.all)
  func blocksAcross(route: Route) throws {
    let wanted = GEMMSetting(50, 150, 100) {
      ($0.inputType, $0.outputType, $0.data) = (route.inputType, route.outputType, .uniform)
    }
    let setting = try route.plan(wanted).0
    let trial = try GEMMTrial(setting)
    var expected: [UInt8]?
    for (mc, nc) in [(1, 1), (20, 64), (1000, 1000)] {
      trial.reset()
      let plan = try route.plan(setting, blocking: Blocking(mc: mc, nc: nc, kc: 48)).1
      try plan.run(trial)
      #expect(trial.finding() == nil)
      #expect(expected ?? trial.c.bytes == trial.c.bytes, "\(plan.selection)")
      expected = trial.c.bytes
    }
  }

  @Test("One plan serves many callers at once", arguments: Route.types)
  func concurrentCallers(input: ElementType, output: ElementType) async throws {
    for threads in [1, 2] {
      let setting = GEMMSetting(90, 110, 130) {
        ($0.inputType, $0.outputType, $0.data, $0.b) = (input, output, .uniform, .columnMajor)
      }
      let plan = try GEMMPlan(setting.descriptor(SelectionOptions(threads: threads, keepsThreads: true)))
      let results = try await withThrowingTaskGroup(of: (String?, [UInt8]).self) { group in
        for _ in 0..<8 {
          group.addTask {
            let trial = try GEMMTrial(setting)
            for _ in 0..<10 {
              trial.reset()
              try plan.run(trial)
            }
            return (trial.finding(), trial.c.bytes)
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(results.allSatisfy { $0.0 == nil })
      #expect(Set(results.map(\.1)).count == 1)
    }
  }

  @Test("A caller's workspace does as well as the arena, and not a byte more is used", arguments: Route.all)
  func workspace(route: Route) throws {
    // From 129 rows on by the blocked loops. The sanitizer takes ten times as long.
    for (m, n, k) in [(3, 3, 4), (37, 70, 90), Sanitizer.isActive ? (131, 40, 300) : (150, 260, 600)] {
      for threads in [1, 2] {
        let wanted = GEMMSetting(m, n, k) {
          ($0.inputType, $0.outputType, $0.data, $0.c) = (route.inputType, route.outputType, .uniform, .spread)
        }
        let (setting, plan) = try route.plan(wanted, threads: threads)
        let trial = try GEMMTrial(setting)
        try plan.run(trial)
        let byArena = trial.c.bytes
        #expect(plan.workspaceByteCount % 64 == 0)
        let workspace = try GuardedBuffer(byteCount: plan.workspaceByteCount, placement: .flushWithEnd)
        Poison.fill(workspace.bytes)
        trial.reset()
        try withExtendedLifetime(workspace) { try plan.run(trial, workspace: workspace.start) }
        #expect(trial.c.bytes == byArena, "\(plan.selection)")
        #expect(trial.finding() == nil)
      }
    }
  }

  @Test("A workspace that can't be had is a typed error, and C stays as it was", .enabled(if: !Sanitizer.isActive))
  func outOfMemory() throws {
    let (deep, columns) = (1 << 44, 64)
    let a = MatrixLayout(rows: 2, columns: deep, rowStride: 0, columnStride: 0)
    let b = MatrixLayout(rows: deep, columns: columns, rowStride: 0, columnStride: 0)
    var descriptor = GEMMDescriptor(a: a, b: b, c: .rowMajor(rows: 2, columns: columns))
    descriptor.options = SelectionOptions(threads: 1, variant: "outer.packed", without: .cacheBlocking)
    let plan = try GEMMPlan(descriptor)
    #expect(plan.workspaceByteCount > 1 << 47, "more than the addresses of a process, whatever the panels' width")
    let one: [Float] = [1]
    let untouched = (0..<2 * columns).map(Float.init)
    var c = untouched
    var span = c.mutableSpan
    #expect(throws: HeadroomError.outOfMemory(byteCount: plan.workspaceByteCount)) {
      try plan.execute(a: one.span, b: one.span, c: &span)
    }
    #expect(c == untouched)
  }
}
