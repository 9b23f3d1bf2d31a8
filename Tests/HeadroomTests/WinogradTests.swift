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
    for change in [{ $0.kernel.height = 1 }, { $0.stride.width = 2 }, { $0.dilation = Extent(2) }]
      as [(inout ConvolutionShape) -> Void]
    {
      var other = descriptor
      change(&other.shape)
      #expect(throws: HeadroomError.self) { try ConvolutionPlan(other) }
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
