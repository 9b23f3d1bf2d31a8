import Headroom
import Oracle
import TestSupport
import Testing

@Suite("Convolutions of volumes")
struct VolumeTests {
  /// Sizes, steps, layouts, types and epilogue that change with the index at different paces, as those of images.
  static func setting(_ index: Int) -> ConvolutionSetting {
    let channels = choice(index, [3, 1, 16, 17])
    let width = choice(index / 2, [7, 14, 2])
    var setting = ConvolutionRouteTests.setting(index, channels: channels, outputs: choice(index, [5, 33, 16]), width: width)
    setting.shape.depth = choice(index, [5, 1, 4, 7])
    setting.shape.kernel.depth = choice(index, [3, 2, 1, 4, 3])
    setting.shape.stride.depth = choice(index / 2, [1, 1, 2, 3])
    setting.shape.dilation.depth = choice(index / 3, [1, 1, 2])
    (setting.shape.padding.front, setting.shape.padding.back) = choice(index, [(1, 1), (0, 0), (2, 0), (0, 3), (4, 5)])
    let reach = (setting.shape.kernel.depth - 1) * setting.shape.dilation.depth + 1
    setting.shape.padding.back += max(0, reach - setting.shape.depth - setting.shape.padding.front - setting.shape.padding.back)
    if index % 8 == 5 {
      (setting.shape.inputChannels, setting.shape.outputChannels, setting.shape.groups) = (
        3 * channels, 3 * channels, 3 * channels
      )
    }
    if index % 3 == 1 {
      // For Winograd's algorithm, whose errors show where an element has fewer products than its neighbours.
      (setting.shape.kernel.height, setting.shape.kernel.width) = (3, 3)
      (setting.shape.stride.height, setting.shape.stride.width) = (1, 1)
      (setting.shape.dilation.height, setting.shape.dilation.width) = (1, 1)
      (setting.shape.padding.top, setting.shape.padding.bottom) = (1, 1)
      (setting.shape.padding.left, setting.shape.padding.right) = (1, 1)
      setting.shape.height += 2
    }
    return setting
  }

  @Test("Exact by every variant and micro-kernel, whatever the layouts, steps and epilogue", arguments: ConvolutionRoute.types)
  func forward(input: ElementType, output: ElementType) throws {
    var variants = Set<String>()
    for index in 0..<(Sanitizer.isActive ? 9 : 48) {
      let setting = Self.setting(index).with { ($0.inputType, $0.outputType) = (input, output) }
      let trial = try ConvolutionTrial(setting, seed: UInt64(index))
      // Where Winograd's algorithm may run, every candidate does, however few an instruction set has.
      let candidates = try explain(setting.descriptor())
      for candidate in index % 6 == 1 ? candidates : ConvolutionRoute.share(of: candidates, index) {
        var options = SelectionOptions(variant: candidate.variant.name, microkernel: candidate.microkernel)
        (options.threads, options.keepsThreads) = (choice(index, [1, 1, 2]), true)
        guard let plan = try? ConvolutionPlan(setting.descriptor(options)) else { continue }
        variants.insert(String(plan.selection.variant.prefix { $0 != "." }))
        let finding = try trial.finding(by: plan.selection.variant) { _ in try plan.run(trial) }
        #expect(finding == nil, "\(plan.selection)")
      }
    }
    let expected: Set = Sanitizer.isActive ? ["direct", "winograd"] : ["direct", "implicit-gemm", "winograd", "depthwise"]
    #expect(variants.isSuperset(of: expected), "\(variants)")
  }

  @Test("Exact gradients by every variant and micro-kernel", arguments: GradientTests.Format.all)
  func gradients(format: GradientTests.Format) throws {
    var variants = Set<String>()
    for index in 0..<(Sanitizer.isActive ? 9 : 48) {
      let setting = Self.setting(index)
      let trial = try format.trial(setting, seed: UInt64(index))
      let shares = index % 6 == 1 ? [index, index + 1, index + 2] : [index]
      for plan in try shares.flatMap({ try format.plans(setting, $0, threads: choice(index, [1, 1, 2])) }) {
        variants.insert(plan.selection.variant)
        let finding = try trial.finding(by: plan.selection.variant) { try plan.run(trial) }
        #expect(finding == nil, "\(plan.selection)")
      }
    }
    let winograd = format.pass == .backwardData ? "winograd.2x2" : "weights.winograd.2x2"
    #expect(Sanitizer.isActive || variants.contains(winograd), "\(variants)")
  }

  @Test("With weights ahead and a caller's workspace the same bits as without, for all layouts")
  func ahead() throws {
    let shape = ConvolutionShape(
      batch: 2, inputChannels: 24, depth: 6, height: 9, width: 11, outputChannels: 40,
      kernel: Extent(depth: 3, height: 3, width: 3),
      padding: Padding(front: 1, back: 1, top: 1, bottom: 1, left: 1, right: 1))
    for (index, layout) in ImageLayout.allCases.enumerated() {
      // Depths of the weights of border slices are not evenly apart in OIHW, as products want them.
      for variant in ["direct.packed", "winograd.4x4"] + (layout == .nhwc ? ["implicit-gemm.packed"] : []) {
        let setting = ConvolutionSetting(shape) {
          ($0.inputLayout, $0.outputLayout, $0.data) = (layout, layout, .uniform)
          $0.weightLayout = choice(index, [.oihw, .hwio])
        }
        let trial = try ConvolutionTrial(setting)
        let descriptor = setting.descriptor(SelectionOptions(variant: variant))
        let plan = try ConvolutionPlan(descriptor)
        #expect(try trial.finding(by: variant) { _ in try plan.run(trial) } == nil)
        let expected = trial.output.bytes
        let weights = BufferNeeds.Buffer(type: .float32, count: shape.weightCount, base: trial.weights.base)
        let ready = try ConvolutionPlan(descriptor, weights: weights)
        trial.reset()
        let workspace = try GuardedBuffer(byteCount: ready.workspaceByteCount, placement: .flushWithEnd)
        try withExtendedLifetime(workspace) {
          try ready.execute(input: trial.pointers.input, output: trial.pointers.output, workspace: workspace.start)
        }
        #expect(trial.output.bytes == expected, "\(variant) \(layout)")
      }
    }
  }

  @Test("Outputs of which no slice meets the kernel get the epilogue alone, some or all", arguments: [9, 10])
  func unmet(front: Int) throws {
    let shape = ConvolutionShape(
      batch: 2, inputChannels: 4, depth: 2, height: 5, width: 6, outputChannels: 6, kernel: Extent(depth: 2, height: 3, width: 3),
      stride: Extent(depth: 4, height: 1, width: 1),
      padding: Padding(front: front, back: 7, top: 1, bottom: 1, left: 1, right: 1),
      dilation: Extent(depth: 5, height: 1, width: 1))
    for layout in ImageLayout.allCases {
      let setting = ConvolutionSetting(shape) {
        ($0.inputLayout, $0.outputLayout, $0.hasBias, $0.hasResidual) = (layout, layout, true, true)
      }
      let trial = try ConvolutionTrial(setting)
      let plan = try ConvolutionPlan(setting.descriptor())
      #expect(try trial.finding(by: plan.selection.variant) { _ in try plan.run(trial) } == nil)
      for format in GradientTests.Format.all {
        let trial = try format.trial(setting)
        var plan = try ConvolutionPlan(format.descriptor(setting))
        #expect(try trial.finding(by: plan.selection.variant) { try plan.run(trial) } == nil)
        if format.pass == .backwardData { continue }
        // Named by what serves the slices of the kernel that meet some.
        plan = try ConvolutionPlan(format.descriptor(setting, SelectionOptions(variant: "weights.winograd.2x2")))
        #expect(try trial.finding(by: "weights.winograd.2x2") { try plan.run(trial) } == nil)
      }
    }
  }

  @Test("The check of volumes catches what is wrong along the depth", arguments: ConvolutionRoute.types)
  func mutants(input: ElementType, output: ElementType) throws {
    var silent = Set(ConvolutionMutant.ofVolumes.map(\.name))
    for index in 0..<24 {
      let setting = Self.setting(index).with {
        ($0.inputType, $0.outputType, $0.activation) = (input, output, .none)
      }
      let trial = try ConvolutionTrial(setting)
      for mutant in ConvolutionMutant.ofVolumes where mutant.shows(in: trial.reference, type: output) {
        trial.reset()
        mutant.write(trial.reference, to: trial.output.view)
        #expect(trial.finding() != nil, "\(mutant.name) passed")
        silent.remove(mutant.name)
      }
    }
    #expect(silent.isEmpty)
  }
}
