import Headroom
import Oracle
import TestSupport
import Testing

@Suite("Winograd's algorithm")
struct WinogradTests {
  static let tiles = [2, 4, 6]
  /// The fewest channels for which each runs unasked.
  static let fewestChannels = [2: 1, 4: 8, 6: 32]

  private func descriptor(_ setting: ConvolutionSetting, _ outputs: Int, threads: Int = 1) -> ConvolutionDescriptor {
    setting.descriptor(SelectionOptions(threads: threads, keepsThreads: true, variant: "winograd.\(outputs)x\(outputs)"))
  }

  @Test(
    "From the channels on for which it runs unasked, it keeps the bound of direct sums, by the largest magnitude of a tile",
    arguments: tiles, ConvolutionRoute.types.map(\.input))
  func bound(outputs: Int, type: ElementType) throws {
    let least = try #require(Self.fewestChannels[outputs])
    for channels in [least, 4 * least] {
      for data in [GEMMSetting.Data.uniform, .integers] {
        let shape = ConvolutionShape(
          inputChannels: channels, height: 30, width: 41, outputChannels: 48, kernel: Extent(3), padding: Padding(1))
        let setting = ConvolutionSetting(shape) { ($0.data, $0.inputType) = (data, type) }
        let trial = try ConvolutionTrial(setting, seed: UInt64(channels))
        try ConvolutionPlan(descriptor(setting, outputs)).run(trial)
        #expect(trial.finding(tolerance: .direct(tileSize: outputs)) == nil)
      }
    }
  }

  @Test(
    "Blocks of several images, rows and panels: right by tiles of every size, at every edge, with weights ahead too",
    arguments: tiles)
  func blocks(outputs: Int) throws {
    for (index, width) in [3, 13, 58, 101].prefix(Sanitizer.isActive ? 2 : 4).enumerated() {
      let shape = ConvolutionShape(
        batch: choice(index, [9, 3, 1]), inputChannels: choice(index, [130, 64, 17]), height: choice(index, [11, 57, 8]),
        width: width,
        outputChannels: choice(index, [70, 33, 129]), kernel: Extent(3),
        padding: Padding(top: index % 3, bottom: 1, left: index % 2, right: 2))
      for layout in ImageLayout.allCases {
        let setting = ConvolutionSetting(shape) {
          ($0.inputLayout, $0.outputLayout, $0.weightLayout) = (layout, layout, choice(index, WeightLayout.allCases))
          ($0.data, $0.hasBias) = (.uniform, index % 2 == 0)
        }
        let trial = try ConvolutionTrial(setting)
        let plan = try ConvolutionPlan(descriptor(setting, outputs, threads: 1 + index % 2))
        let finding = try trial.finding(by: plan.selection.variant) { _ in try plan.run(trial) }
        #expect(finding == nil)
        let bytes = trial.output.bytes
        let ahead = try ConvolutionPlan(
          descriptor(setting, outputs),
          weights: .init(type: setting.inputType, count: shape.weightCount, base: trial.weights.base))
        trial.reset()
        try ahead.execute(input: trial.pointers.input, output: trial.pointers.output, bias: trial.pointers.bias)
        #expect(trial.output.bytes == bytes)
      }
    }
  }

  @Test(
    "Dilated: by tiles of every phase, whatever the remainder, as the output, as both gradients, on any number of threads",
    arguments: tiles, ImageLayout.allCases)
  func dilated(outputs: Int, layout: ImageLayout) throws {
    // The last one is more than the image is wide: some phases of the outputs meet no column.
    let dilations = [
      Extent(2), Extent(height: 1, width: 3), Extent(height: 4, width: 2), Extent(height: 5, width: 9),
      Extent(height: 2, width: 6),
    ]
    for (index, dilation) in dilations.enumerated() {
      let shape = ConvolutionShape(
        batch: choice(index, [2, 1, 3]), inputChannels: choice(index, [17, 32, 5]), height: choice(index, [13, 8, 9, 5, 6]),
        width: choice(index, [15, 29, 7, 9, 4]), outputChannels: choice(index, [33, 16]), kernel: Extent(3),
        padding: Padding(
          top: choice(index, [dilation.height, 0, 1, 7]), bottom: 2 * dilation.height,
          left: choice(index, [5, 2, 0, dilation.width, 12]), right: 2 * dilation.width),
        dilation: dilation)
      // A gradient of so few columns has none a dilation apart.
      for pass in ConvolutionPass.allCases where pass != .backwardData || shape.width >= dilation.width {
        let setting = ConvolutionSetting(shape) {
          ($0.inputLayout, $0.outputLayout, $0.weightLayout) = (layout, layout, choice(index, WeightLayout.allCases))
          ($0.data, $0.hasBias, $0.hasResidual) = (
            .uniform, pass != .backwardWeights && index % 2 == 0, pass != .backwardWeights && index > 1
          )
          $0.placement = choice(index, GuardedBuffer.Placement.allCases)
        }
        try check(setting, pass, outputs)
      }
    }
  }

  private func check(_ setting: ConvolutionSetting, _ pass: ConvolutionPass, _ outputs: Int) throws {
    var descriptor = descriptor(setting, outputs)
    descriptor.pass = pass
    if pass == .backwardWeights { descriptor.options.variant = "weights.winograd.\(outputs)x\(outputs)" }
    var bytes: [[UInt8]] = []
    for threads in [1, 2, 5] {
      descriptor.options.threads = threads
      let plan = try ConvolutionPlan(descriptor)
      let workspace = try GuardedBuffer(byteCount: plan.workspaceByteCount, placement: .flushWithEnd)
      Poison.fill(workspace.bytes)
      defer { withExtendedLifetime(workspace) {} }
      if pass == .forward {
        let trial = try ConvolutionTrial(setting)
        let finding = try trial.finding(by: plan.selection.variant) { _ in try plan.run(trial, workspace: workspace.start) }
        #expect(finding == nil)
        bytes.append(trial.output.bytes)
      } else {
        let trial = try GradientTrial(setting, pass)
        let finding = try trial.finding(by: plan.selection.variant) { try plan.run(trial, workspace: workspace.start) }
        #expect(finding == nil)
        bytes.append(trial.gradient.bytes)
      }
    }
    #expect(Set(bytes).count == 1)
  }

  @Test("Forbidden it runs only when asked for by name, and never what it doesn't compute")
  func forbidden() throws {
    let shape = ConvolutionShape(
      inputChannels: 64, height: 56, width: 56, outputChannels: 64, kernel: Extent(3), padding: Padding(1))
    var descriptor = ConvolutionDescriptor(shape)
    #expect(try ConvolutionPlan(descriptor).selection.variant.hasPrefix("winograd"))
    descriptor.options.allowsWinograd = false
    #expect(try !ConvolutionPlan(descriptor).selection.variant.hasPrefix("winograd"))
    descriptor.options.variant = "winograd.2x2"
    #expect(try ConvolutionPlan(descriptor).selection.variant == "winograd.2x2")
    for change in [{ $0.kernel.height = 1 }, { $0.stride.width = 2 }, { $0.dilation.height = 20 }]
      as [(inout ConvolutionShape) -> Void]
    {
      var other = descriptor
      change(&other.shape)
      let error = #expect(throws: HeadroomError.self) { try ConvolutionPlan(other) }
      if case .noCandidate = error { continue }
      Issue.record("found \(String(describing: error))")
    }
  }

  @Test("The bound catches what is wrong with a convolution", arguments: tiles)
  func mutants(outputs: Int) throws {
    let shape = ConvolutionShape(
      inputChannels: 5, height: 9, width: 11, outputChannels: 4, kernel: Extent(3), padding: Padding(1))
    let setting = ConvolutionSetting(shape) { $0.hasBias = true }
    let trial = try ConvolutionTrial(setting)
    var shown = 0
    for mutant in ConvolutionMutant.all where mutant.shows(in: trial.reference, type: .float32) {
      trial.reset()
      mutant.write(trial.reference, to: trial.output.view)
      #expect(trial.finding(tolerance: .winograd(outputs: outputs)) != nil, "\(mutant.name) passed")
      shown += 1
    }
    #expect(shown > 5)
  }
}
