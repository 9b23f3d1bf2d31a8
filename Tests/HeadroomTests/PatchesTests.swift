import Headroom
import Oracle
import TestSupport
import Testing

@Suite("Kernels as large as their strides")
struct PatchesTests {
  /// A kernel of patches, how many there are, and rows and columns of the image beyond them.
  struct Cut: Sendable, CustomTestStringConvertible {
    let kernel: Extent
    let patches: Extent
    let beyond: Extent
    var testDescription: String { "\(kernel), \(patches) patches and \(beyond)" }

    init(_ kernel: Extent, _ patches: Extent, beyond: Extent = Extent(height: 0, width: 0)) {
      (self.kernel, self.patches, self.beyond) = (kernel, patches, beyond)
    }

    func shape(_ index: Int) -> ConvolutionShape {
      ConvolutionShape(
        batch: choice(index, [1, 3, 2]), inputChannels: choice(index, [3, 1, 5, 18, 2]),
        height: patches.height * kernel.height + beyond.height, width: patches.width * kernel.width + beyond.width,
        outputChannels: choice(index / 5, [33, 4, 8, 16, 1]), kernel: kernel, stride: kernel)
    }
  }

  static let cuts = [
    Cut(Extent(2), Extent(height: 7, width: 9)), Cut(Extent(4), Extent(height: 3, width: 5)),
    Cut(Extent(height: 16, width: 16), Extent(height: 5, width: 3)),
    Cut(Extent(height: 3, width: 2), Extent(height: 2, width: 17)),
    Cut(Extent(height: 1, width: 6), Extent(height: 4, width: 8)), Cut(Extent(height: 5, width: 1), Extent(height: 3, width: 8)),
    Cut(Extent(height: 1, width: 4), Extent(height: 1, width: 40)), Cut(Extent(3), Extent(1)),
    // Bands of two tiles and of one; one patch along an axis.
    Cut(Extent(2), Extent(height: 3, width: 2)), Cut(Extent(height: 4, width: 8), Extent(height: 1, width: 9)),
    Cut(Extent(height: 4, width: 8), Extent(height: 9, width: 1)),
    Cut(Extent(4), Extent(height: 3, width: 5), beyond: Extent(height: 0, width: 1)),
    Cut(Extent(4), Extent(height: 3, width: 5), beyond: Extent(height: 3, width: 0)),
    Cut(Extent(height: 1, width: 4), Extent(height: 3, width: 5), beyond: Extent(height: 0, width: 2)),
  ]

  static func setting(_ shape: ConvolutionShape, _ index: Int) -> ConvolutionSetting {
    ConvolutionSetting(shape) {
      $0.inputLayout = choice(index, ImageLayout.allCases)
      $0.outputLayout = choice(index / 3, [$0.inputLayout, .nchw, .nhwc])
      $0.weightLayout = choice(index / 2, WeightLayout.allCases)
      ($0.hasBias, $0.hasResidual) = (index % 2 == 0, index % 5 == 0)
      $0.placement = choice(index / 3, GuardedBuffer.Placement.allCases)
    }
  }

  @Test(
    "Exact gradients by every variant, whatever the layouts, with weights in the call and ahead",
    arguments: GradientTests.Format.all)
  func gradients(format: GradientTests.Format) throws {
    var (index, patches) = (0, 0)
    for cut in Self.cuts {
      for _ in 0..<(Sanitizer.isActive ? 1 : 6) {
        index += 1
        let setting = Self.setting(cut.shape(index), index)
        let trial = try format.trial(setting, seed: UInt64(index))
        for var plan in try format.plans(setting, index, threads: choice(index, [1, 2, 3])) {
          if plan.selection.variant == "patches" { patches += 1 }
          let finding = try trial.finding(by: plan.selection.variant) { try plan.run(trial) }
          #expect(finding == nil, "\(plan.selection), \(cut.testDescription), \(index)")
          guard format.pass == .backwardData else { continue }
          let buffer = BufferNeeds.Buffer(type: format.input, count: setting.shape.weightCount, base: trial.other.base)
          plan = try ConvolutionPlan(plan.descriptor, weights: buffer)
          let ahead = try trial.finding(by: plan.selection.variant) {
            try plan.execute(
              outputGradient: UnsafeRawPointer(trial.outputGradient.base), inputGradient: trial.gradient.base,
              bias: trial.bias.map { UnsafePointer($0.base.assumingMemoryBound(to: Float.self)) },
              residual: trial.residual.map { UnsafeRawPointer($0.base) })
          }
          #expect(ahead == nil, "weights ahead: \(plan.selection), \(cut.testDescription), \(index)")
        }
      }
    }
    #expect((patches > 0) == (format.pass == .backwardData))
  }

  @Test("Exact outputs by every variant, whatever the layouts", arguments: ConvolutionRoute.types)
  func outputs(input: ElementType, output: ElementType) throws {
    var index = 0
    for cut in Self.cuts {
      for _ in 0..<(Sanitizer.isActive ? 1 : 6) {
        index += 1
        let setting = Self.setting(cut.shape(index), index).with { ($0.inputType, $0.outputType) = (input, output) }
        let trial = try ConvolutionTrial(setting)
        for candidate in try ConvolutionRoute.share(of: explain(setting.descriptor()), index) {
          var options = SelectionOptions(variant: candidate.variant.name, microkernel: candidate.microkernel)
          (options.threads, options.keepsThreads) = (choice(index, [1, 2]), true)
          guard let plan = try? ConvolutionPlan(setting.descriptor(input, output, options)) else { continue }
          let finding = try trial.finding(by: plan.selection.variant) { _ in try plan.run(trial) }
          #expect(finding == nil, "\(plan.selection), \(cut.testDescription), \(index)")
        }
      }
    }
  }

  @Test("Patches are one product, and with too little workspace or another variant asked for several")
  func route() throws {
    var descriptor = ConvolutionDescriptor(
      ConvolutionShape(inputChannels: 3, height: 64, width: 64, outputChannels: 64, kernel: Extent(16), stride: Extent(16)))
    descriptor.pass = .backwardData
    for layout in ImageLayout.allCases {
      (descriptor.inputLayout, descriptor.outputLayout) = (layout, layout)
      descriptor.weightLayout = layout == .nchw ? .oihw : .hwio
      descriptor.options = SelectionOptions()
      let plan = try ConvolutionPlan(descriptor)
      #expect(plan.selection.variant == "patches")
      descriptor.options.workspaceLimit = plan.workspaceByteCount
      #expect(try ConvolutionPlan(descriptor).selection.variant == "patches")
      descriptor.options = SelectionOptions(variant: "direct.packed")
      let parts = try ConvolutionPlan(descriptor)
      #expect(parts.selection.variant == "direct.packed" && parts.workspaceByteCount < plan.workspaceByteCount)
      descriptor.options = SelectionOptions(workspaceLimit: parts.workspaceByteCount)
      #expect(try ConvolutionPlan(descriptor).selection.variant != "patches")
    }
    descriptor.pass = .forward
    descriptor.options = SelectionOptions(variant: "patches")
    #expect(throws: HeadroomError.self) { try ConvolutionPlan(descriptor) }
    // As wide as a narrow group, though none.
    descriptor.shape = ConvolutionShape(
      inputChannels: 1, height: 8, width: 8, outputChannels: 4, kernel: Extent(2), stride: Extent(2))
    (descriptor.pass, descriptor.options) = (.backwardData, SelectionOptions(variant: "grouped"))
    #expect(throws: HeadroomError.self) { try ConvolutionPlan(descriptor) }
  }

  @Test("The same bits on any number of threads, which are bands of other sizes", arguments: ConvolutionRoute.types)
  func bits(input: ElementType, output: ElementType) throws {
    for (index, layout) in ImageLayout.allCases.enumerated() {
      let shape = ConvolutionShape(
        batch: 1, inputChannels: 20, height: 28, width: 28, outputChannels: 700, kernel: Extent(2), stride: Extent(2))
      let setting = ConvolutionSetting(shape) {
        ($0.inputLayout, $0.outputLayout, $0.data) = (layout, layout, .uniform)
        ($0.weightLayout, $0.hasBias) = (layout == .nchw ? .oihw : .hwio, true)
      }
      let format = GradientTests.Format(pass: .backwardData, input: input, output: output)
      let trial = try format.trial(setting, seed: UInt64(index))
      var expected: [UInt8]?
      for threads in [1, 2, 3, 7] {
        var options = SelectionOptions(variant: "patches")
        (options.threads, options.keepsThreads) = (threads, true)
        trial.gradient.poison()
        try ConvolutionPlan(format.descriptor(setting, options)).run(trial)
        #expect(trial.finding(tolerance: .proven) == nil, "\(threads) threads")
        #expect(expected.map { $0 == trial.gradient.bytes } ?? true, "\(threads) threads")
        expected = trial.gradient.bytes
      }
    }
  }
}
