import Headroom
import Oracle
import TestSupport
import Testing

@Suite("Gradients of convolutions")
struct GradientTests {
  struct Format: Sendable, CustomTestStringConvertible {
    let pass: ConvolutionPass
    let input: ElementType
    let output: ElementType
    var testDescription: String { "\(pass.rawValue) \(input.rawValue)->\(output.rawValue)" }

    static let all = [ConvolutionPass.backwardData, .backwardWeights].flatMap { pass in
      ConvolutionRoute.types.map { Format(pass: pass, input: $0.input, output: $0.output) }
    }

    func descriptor(_ setting: ConvolutionSetting, _ options: SelectionOptions = SelectionOptions()) -> ConvolutionDescriptor {
      var descriptor = setting.descriptor(input, output, options)
      descriptor.pass = pass
      if pass == .backwardWeights { descriptor.epilogue = ConvolutionEpilogue() }
      return descriptor
    }

    func trial(_ setting: ConvolutionSetting, seed: UInt64 = 1) throws -> GradientTrial {
      try GradientTrial(setting.with { ($0.inputType, $0.outputType) = (input, output) }, pass, seed: seed)
    }

    /// A share of the plans for the setting that this machine and HEADROOM_MAX_ISA allow, from the tables alone; those of neighbouring indices are
    /// all.
    func plans(_ setting: ConvolutionSetting, _ index: Int, threads: Int) throws -> [ConvolutionPlan] {
      try ConvolutionRoute.share(of: explain(descriptor(setting)), index).compactMap { candidate in
        var options = SelectionOptions(variant: candidate.variant.name, microkernel: candidate.microkernel)
        (options.threads, options.keepsThreads) = (threads, true)
        return try? ConvolutionPlan(descriptor(setting, options))
      }
    }
  }

  @Test("Exact by every variant and micro-kernel at every edge, whatever the layouts, steps and epilogue", arguments: Format.all)
  func edges(format: Format) throws {
    var (index, variants) = (0, Set<String>())
    for outputs in [1, 8, 17, 33, 65] {
      for width in [1, 7, 14, 29] {
        index += 1
        let setting = ConvolutionRouteTests.setting(
          index, channels: choice(index, [3, 1, 16, 2, 17]), outputs: outputs, width: width)
        let trial = try format.trial(setting, seed: UInt64(index))
        for plan in try format.plans(setting, index, threads: choice(index, [1, 1, 2])) {
          variants.insert(String(plan.selection.variant.prefix { $0 != "." }))
          let finding = try trial.finding(by: plan.selection.variant) { try plan.run(trial) }
          #expect(finding == nil, "\(plan.selection)")
        }
      }
    }
    // The sanitizer's share need not have products, which few settings allow.
    let products: Set = Sanitizer.isActive ? ["direct"] : ["direct", "implicit-gemm"]
    #expect(variants.isSuperset(of: format.pass == .backwardData ? products : ["weights"]))
  }

  static let shapes = [
    ConvolutionShape(inputChannels: 67, height: 13, width: 17, outputChannels: 131, kernel: Extent(3), padding: Padding(1)),
    ConvolutionShape(
      batch: 2, inputChannels: 3, height: 61, width: 53, outputChannels: 37, kernel: Extent(7), stride: Extent(2),
      padding: Padding(3)),
    ConvolutionShape(batch: 5, inputChannels: 40, height: 9, width: 9, outputChannels: 70, kernel: Extent(1)),
    // Channels of the image share sets of L1, and its columns are written a step apart.
    ConvolutionShape(
      batch: 2, inputChannels: 35, height: 16, width: 32, outputChannels: 20, kernel: Extent(3), stride: Extent(2),
      padding: Padding(1)),
    ConvolutionShape(batch: 3, inputChannels: 34, height: 10, width: 8, outputChannels: 33, kernel: Extent(1), stride: Extent(2)),
    ConvolutionShape(
      batch: 2, inputChannels: 37, height: 12, width: 9, outputChannels: 37, kernel: Extent(3), stride: Extent(2),
      padding: Padding(1),
      groups: 37),
    ConvolutionShape(
      batch: 3, inputChannels: 24, height: 11, width: 12, outputChannels: 36, kernel: Extent(height: 3, width: 5),
      stride: Extent(3),
      padding: Padding(4), dilation: Extent(2), groups: 3),
    // More groups than threads, and fewer.
    ConvolutionShape(
      batch: 2, inputChannels: 48, height: 11, width: 17, outputChannels: 48, kernel: Extent(3), padding: Padding(1), groups: 6),
    ConvolutionShape(
      batch: 2, inputChannels: 72, height: 11, width: 13, outputChannels: 51, kernel: Extent(3), padding: Padding(1), groups: 3),
    ConvolutionShape(
      batch: 19, inputChannels: 20, height: 5, width: 7, outputChannels: 34, kernel: Extent(3), padding: Padding(1)),
    ConvolutionShape(
      batch: 2, inputChannels: 20, depth: 5, height: 9, width: 7, outputChannels: 34,
      kernel: Extent(depth: 3, height: 3, width: 3),
      stride: Extent(depth: 2, height: 1, width: 1),
      padding: Padding(front: 1, back: 1, top: 1, bottom: 1, left: 1, right: 1)),
  ]

  @Test(
    "Random numbers, several bands, images and panels: within the bounds, with the same bits on any number of threads",
    arguments: Format.all)
  func threads(format: Format) throws {
    // The first two are most of the work, which the sanitizer makes ten times as long.
    for (index, shape) in Self.shapes.enumerated() where index > 1 || !Sanitizer.isActive {
      for layout in ImageLayout.allCases {
        let setting = ConvolutionSetting(shape) {
          ($0.inputLayout, $0.outputLayout, $0.data) = (layout, layout, .uniform)
          $0.weightLayout = choice(index, WeightLayout.allCases)
          $0.hasBias = true
        }
        let trial = try format.trial(setting)
        var expected: [String: [UInt8]] = [:]
        for threads in [1, 5] {
          for plan in try format.plans(setting, index, threads: threads) {
            let key = "\(plan.selection.variant) \(plan.selection.product ?? "") \(plan.selection.microkernel)"
            if let right = expected[key] {
              trial.gradient.poison()
              try plan.run(trial)
              #expect(right == trial.gradient.bytes, "\(key), \(threads) threads")
              continue
            }
            let finding = try trial.finding(by: plan.selection.variant) { try plan.run(trial) }
            #expect(finding == nil, "\(plan.selection)")
            if !plan.selection.variant.contains("winograd") {
              #expect(trial.finding(tolerance: .proven) == nil, "\(plan.selection)")
            }
            expected[key] = trial.gradient.bytes
          }
        }
      }
    }
  }

  @Test("A caller's workspace does as well as the arena, and not a byte more is used", arguments: Format.all)
  func workspace(format: Format) throws {
    for (index, shape) in Self.shapes.enumerated() {
      let setting = ConvolutionSetting(shape) { $0.weightLayout = .hwio }
      let trial = try format.trial(setting)
      for plan in try format.plans(setting, index, threads: 2) {
        let workspace = try GuardedBuffer(byteCount: plan.workspaceByteCount, placement: .flushWithEnd)
        Poison.fill(workspace.bytes)
        let finding = try withExtendedLifetime(workspace) {
          try trial.finding(by: plan.selection.variant) { try plan.run(trial, workspace: workspace.start) }
        }
        #expect(finding == nil, "\(plan.selection)")
      }
    }
  }

  @Test("The check of these gradients catches every mutant", arguments: Format.all)
  func mutants(format: Format) throws {
    var silent = Set(GradientMutant.all.map(\.name))
    for index in 0..<24 {
      let setting = ConvolutionRouteTests.setting(
        index, channels: choice(index, [3, 4]), outputs: choice(index, [4, 3, 6]), width: 9
      )
      .with { $0.activation = .none }
      let trial = try format.trial(setting)
      for mutant in GradientMutant.all where mutant.shows(in: trial.reference, type: format.output) {
        let finding = trial.finding { mutant.write(trial.reference, to: trial.gradient.view) }
        #expect(finding != nil, "\(mutant.name) passed")
        silent.remove(mutant.name)
      }
    }
    // The gradient of the weights has no epilogue.
    #expect(
      silent.allSatisfy { format.pass == .backwardWeights && ["epilogue skipped", "bias of the next channel"].contains($0) },
      "\(silent)")
  }

  @Test("No images, or images of padding alone: no gradient of the input, and one of zeros of the weights")
  func noImages() throws {
    var shape = ConvolutionShape(
      batch: 0, inputChannels: 5, height: 7, width: 7, outputChannels: 40, kernel: Extent(3), padding: Padding(2))
    for (batch, height, groups, kernel) in [(0, 7, 1, 3), (2, 0, 1, 3), (0, 7, 5, 3), (2, 0, 5, 3), (0, 7, 1, 1), (0, 7, 5, 1)] {
      (shape.batch, shape.height, shape.groups, shape.outputChannels) = (batch, height, groups, groups == 5 ? 5 : 40)
      (shape.kernel, shape.padding) = (Extent(kernel), Padding(kernel - 1))
      for layout in ImageLayout.allCases {
        for weights in WeightLayout.allCases {
          let setting = ConvolutionSetting(shape) {
            ($0.inputLayout, $0.outputLayout, $0.weightLayout) = (layout, layout, weights)
          }
          for (index, format) in Format.all.enumerated() {
            let trial = try format.trial(setting)
            for plan in try format.plans(setting, index, threads: 1) {
              let finding = try trial.finding(by: plan.selection.variant) { try plan.run(trial) }
              #expect(finding == nil, "\(plan.selection)")
            }
          }
        }
      }
    }
  }

  @Test("Inputs that no output meets have the gradient of the epilogue alone")
  func unmetInputs() throws {
    let shapes = [
      ConvolutionShape(inputChannels: 6, height: 9, width: 8, outputChannels: 5, kernel: Extent(1), stride: Extent(3)),
      ConvolutionShape(inputChannels: 6, height: 9, width: 8, outputChannels: 4, kernel: Extent(2), stride: Extent(3), groups: 2),
      ConvolutionShape(inputChannels: 3, height: 9, width: 8, outputChannels: 0, kernel: Extent(2)),
      ConvolutionShape(inputChannels: 3, height: 9, width: 8, outputChannels: 3, kernel: Extent(2), stride: Extent(.max)),
      ConvolutionShape(
        inputChannels: 3, height: 9, width: 8, outputChannels: 3, kernel: Extent(2), stride: Extent(2), dilation: Extent(2)),
      ConvolutionShape(
        batch: 2, inputChannels: 4, height: 200, width: 190, outputChannels: 4, kernel: Extent(1), stride: Extent(100), groups: 4),
      ConvolutionShape(inputChannels: 3, height: 0, width: 8, outputChannels: 3, kernel: Extent(2), padding: Padding(2)),
      ConvolutionShape(
        inputChannels: 3, height: 4, width: 0, outputChannels: 3, kernel: Extent(1), stride: Extent(2), padding: Padding(1)),
    ]
    let format = Format(pass: .backwardData, input: .float32, output: .float32)
    for shape in shapes {
      for layout in ImageLayout.allCases {
        let setting = ConvolutionSetting(shape) {
          ($0.inputLayout, $0.outputLayout, $0.hasBias, $0.hasResidual) = (layout, layout, true, true)
        }
        let trial = try format.trial(setting)
        for variant in [nil, "direct.packed", "depthwise"] {
          guard let plan = try? ConvolutionPlan(format.descriptor(setting, SelectionOptions(variant: variant))) else {
            #expect(variant == "depthwise" && shape.groups != shape.inputChannels)
            continue
          }
          let finding = try trial.finding(by: plan.selection.variant) { try plan.run(trial) }
          #expect(finding == nil, "\(plan.selection)")
        }
      }
    }
  }
}

extension ConvolutionPlan {
  func run(_ trial: GradientTrial, workspace: UnsafeMutableRawPointer? = nil) throws {
    let (gradient, other) = (UnsafeRawPointer(trial.outputGradient.base), UnsafeRawPointer(trial.other.base))
    if trial.pass == .backwardData {
      try execute(
        outputGradient: gradient, weights: other, inputGradient: trial.gradient.base,
        bias: trial.bias.map { UnsafePointer($0.base.assumingMemoryBound(to: Float.self)) },
        residual: trial.residual.map { UnsafeRawPointer($0.base) }, workspace: workspace)
    } else {
      try execute(input: other, outputGradient: gradient, weightGradient: trial.gradient.base, workspace: workspace)
    }
  }
}
