import Headroom
import Oracle
import TestSupport
import Testing

@Suite("Threads and workspaces of convolution")
struct ConvolutionThreadTests {
  /// Of several tiles and panels. Under the sanitizer, which takes ten times as long, of no more than that.
  static let shapes =
    [
      Sanitizer.isActive
        ? ConvolutionShape(inputChannels: 13, height: 11, width: 13, outputChannels: 37, kernel: Extent(3), padding: Padding(1))
        : ConvolutionShape(inputChannels: 37, height: 19, width: 23, outputChannels: 71, kernel: Extent(3), padding: Padding(1)),
      ConvolutionShape(batch: 5, inputChannels: 16, height: 9, width: 9, outputChannels: 40, kernel: Extent(1)),
      ConvolutionShape(
        batch: 2, inputChannels: 50, height: 21, width: 20, outputChannels: 50, kernel: Extent(3), stride: Extent(2),
        padding: Padding(1),
        groups: 50),
      ConvolutionShape(inputChannels: 8, height: 11, width: 11, outputChannels: 12, kernel: Extent(3), groups: 4),
      ConvolutionShape(
        batch: 2, inputChannels: Sanitizer.isActive ? 5 : 19, depth: 5, height: 7, width: 8, outputChannels: 21,
        kernel: Extent(depth: 3, height: 3, width: 3),
        padding: Padding(front: 1, back: 1, top: 1, bottom: 1, left: 1, right: 1)),
    ] + (Sanitizer.isActive ? [] : [large])

  private static let large = ConvolutionShape(
    inputChannels: 300, height: 7, width: 7, outputChannels: 130, kernel: Extent(3), padding: Padding(1))

  @Test("1, 2 and 16 threads leave the same bits", arguments: ConvolutionRoute.types)
  func sameBits(input: ElementType, output: ElementType) throws {
    for shape in Self.shapes {
      for layout in ImageLayout.allCases {
        let setting = ConvolutionSetting(shape) {
          ($0.inputType, $0.outputType, $0.inputLayout, $0.outputLayout, $0.data) = (input, output, layout, layout, .uniform)
          $0.hasBias = true
        }
        try expectSameBits(setting) { try ConvolutionPlan(setting.descriptor(SelectionOptions(threads: $0, keepsThreads: true))) }
      }
    }
  }

  @Test(
    "Every route leaves the same bits on 1, 2 and 16 threads, in a caller's workspace too, of which not a byte more is used",
    arguments: ConvolutionRoute.all)
  func sameBitsOfRoutes(route: ConvolutionRoute) throws {
    for shape in Self.shapes {
      let wanted = ConvolutionSetting(shape) {
        ($0.inputType, $0.outputType, $0.data) = (route.inputType, route.outputType, .uniform)
      }
      let setting = try route.plan(wanted).0
      try expectSameBits(setting, workspaces: 1...2) { try route.plan(setting, threads: $0).1 }
    }
  }

  /// `workspaces`: numbers of threads for which the caller gives the workspace, besides the arena.
  private func expectSameBits(
    _ setting: ConvolutionSetting, workspaces: ClosedRange<Int>? = nil, _ plan: (Int) throws -> ConvolutionPlan
  ) throws {
    let trial = try ConvolutionTrial(setting)
    var expected: [UInt8]?
    for threads in [1, 2, 16] {
      let plan = try plan(threads)
      trial.reset()
      try plan.run(trial)
      if let expected {
        #expect(expected == trial.output.bytes, "\(setting): \(plan.selection)")
      } else {
        #expect(trial.finding(by: plan.selection.variant) == nil)
        expected = trial.output.bytes
      }
      guard workspaces?.contains(threads) == true else { continue }
      #expect(plan.workspaceByteCount % 64 == 0)
      let workspace = try GuardedBuffer(byteCount: plan.workspaceByteCount, placement: .flushWithEnd)
      Poison.fill(workspace.bytes)
      trial.reset()
      try withExtendedLifetime(workspace) { try plan.run(trial, workspace: workspace.start) }
      #expect(expected == trial.output.bytes, "in a caller's workspace, \(setting): \(plan.selection)")
    }
  }

  @Test("One plan serves many callers at once", arguments: ImageLayout.allCases)
  func concurrentCallers(layout: ImageLayout) async throws {
    for threads in [1, 2] {
      let setting = ConvolutionSetting(Self.shapes[0]) {
        ($0.inputLayout, $0.outputLayout, $0.data) = (layout, layout, .uniform)
      }
      let plan = try ConvolutionPlan(setting.descriptor(SelectionOptions(threads: threads, keepsThreads: true)))
      let results = try await withThrowingTaskGroup(of: (String?, [UInt8]).self) { group in
        for _ in 0..<8 {
          group.addTask {
            let trial = try ConvolutionTrial(setting)
            for _ in 0..<10 {
              trial.reset()
              try plan.run(trial)
            }
            return (trial.finding(by: plan.selection.variant), trial.output.bytes)
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(results.allSatisfy { $0.0 == nil })
      #expect(Set(results.map(\.1)).count == 1)
    }
  }

  @Test(
    "No plan needs more workspace than granted; where nothing needs so little, the error says what each would need",
    arguments: ConvolutionPass.allCases)
  func workspaceLimit(pass: ConvolutionPass) throws {
    for shape in Self.shapes {
      for layout in ImageLayout.allCases {
        let setting = ConvolutionSetting(shape) {
          ($0.inputLayout, $0.outputLayout, $0.weightLayout) = (layout, layout, .hwio)
        }
        var descriptor = setting.descriptor(SelectionOptions(threads: 8, keepsThreads: true))
        descriptor.pass = pass
        let free = try ConvolutionPlan(descriptor)
        for limit in [free.workspaceByteCount, free.workspaceByteCount / 3, 4096, 0] {
          descriptor.options.workspaceLimit = limit
          do throws(HeadroomError) {
            let plan = try ConvolutionPlan(descriptor)
            #expect(plan.workspaceByteCount <= limit)
            if limit == free.workspaceByteCount { #expect(plan.selection == free.selection) }
          } catch .noCandidate(let reasons) {
            #expect(
              limit < free.workspaceByteCount && reasons.contains { $0.contains("bytes of workspace, limited to \(limit)") })
          } catch {
            throw error
          }
        }
      }
    }
  }
}
