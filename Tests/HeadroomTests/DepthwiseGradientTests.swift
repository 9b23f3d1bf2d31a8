import Headroom
import Oracle
import TestSupport
import Testing

@Suite("Gradients of depthwise convolutions")
struct DepthwiseGradientTests {
  @Test("Exact gradients of depthwise convolutions of every kernel, step and padding", arguments: GradientTests.Format.all)
  func edges(format: GradientTests.Format) throws {
    var (index, variants) = (0, Set<String>())
    for kernel in [Extent(1), Extent(3), Extent(5), Extent(7), Extent(height: 2, width: 4), Extent(height: 7, width: 3)] {
      for stride in [Extent(1), Extent(2), Extent(3), Extent(height: 1, width: 2)] {
        for width in [1, 7, 14, 37] {
          index += 1
          var shape = ConvolutionShape(
            batch: choice(index, [1, 2]), inputChannels: choice(index, [16, 3, 35, 8, 48]), height: choice(index, [9, 2, 13]),
            width: width,
            outputChannels: 0, kernel: kernel, stride: stride, padding: choice(index, ConvolutionRouteTests.paddings),
            dilation: choice(index / 2, [Extent(1), Extent(1), Extent(2)]))
          (shape.outputChannels, shape.groups) = (shape.inputChannels, shape.inputChannels)
          shape.padding.bottom += max(0, (kernel.height - 1) * 2 + 1 - shape.height - shape.padding.top - shape.padding.bottom)
          shape.padding.right += max(0, (kernel.width - 1) * 2 + 1 - width - shape.padding.left - shape.padding.right)
          let setting = ConvolutionSetting(shape) {
            $0.inputLayout = choice(index / 2, ConvolutionRouteTests.layouts)
            ($0.outputLayout, $0.weightLayout) = ($0.inputLayout, choice(index, WeightLayout.allCases))
            ($0.hasBias, $0.placement) = (index % 2 == 0, choice(index / 3, GuardedBuffer.Placement.allCases))
          }
          let trial = try format.trial(setting, seed: UInt64(index))
          for plan in try format.plans(setting, index, threads: choice(index, [1, 2]))
          where plan.selection.variant.contains("depthwise") {
            variants.insert(plan.selection.variant)
            variants.insert(plan.selection.microkernel)
            let finding = try trial.finding(by: plan.selection.variant) { try plan.run(trial) }
            #expect(finding == nil, "\(plan.selection)")
          }
        }
      }
    }
    #expect(variants.contains { $0.contains("last") } && variants.contains { $0.contains("first") })
    #expect(variants.contains { $0.hasSuffix("turned") })
  }

  @Test(
    "Gradients of weights whose pixels share sets of L1: within the bound, the same bits on any number of threads",
    arguments: [1, 2])
  func sharingSets(stride: Int) throws {
    for format in GradientTests.Format.all where format.pass == .backwardWeights && format.input == .float32 {
      for (channels, width) in [(64, 14), (256, 9), (32, 120)] {
        let shape = ConvolutionShape(
          batch: 2, inputChannels: channels, height: 9, width: width, outputChannels: channels, kernel: Extent(3),
          stride: Extent(stride), padding: Padding(1), groups: channels)
        let setting = ConvolutionSetting(shape) {
          ($0.inputLayout, $0.outputLayout, $0.weightLayout, $0.data) = (.nhwc, .nhwc, .hwio, .uniform)
        }
        let trial = try format.trial(setting)
        var expected: [UInt8]?
        for threads in [1, 2, 3] {
          let options = SelectionOptions(threads: threads, keepsThreads: true, variant: "weights.depthwise")
          let plan = try ConvolutionPlan(format.descriptor(setting, options))
          #expect(try trial.finding { try plan.run(trial) } == nil, "\(plan.selection)")
          #expect(expected ?? trial.gradient.bytes == trial.gradient.bytes, "\(plan.selection)")
          expected = trial.gradient.bytes
        }
      }
    }
  }

  /// Strided, whose phases are joined or look as if they could be.
  static let strided =
    [
      (Extent(3), Extent(2), Extent(1), 35, 23), (Extent(height: 2, width: 3), Extent(2), Extent(height: 5, width: 1), 17, 40),
      (Extent(height: 2, width: 3), Extent(2), Extent(height: 9, width: 1), 3, 41),
      (Extent(height: 4, width: 2), Extent(2), Extent(height: 5, width: 3), 16, 44), (Extent(3), Extent(3), Extent(10), 20, 90),
      (Extent(5), Extent(height: 2, width: 1), Extent(1), 33, 30), (Extent(3), Extent(height: 1, width: 2), Extent(1), 33, 9),
      (Extent(3), Extent(2), Extent(1), 48, 2), (Extent(5), Extent(5), Extent(1), 17, 20),
    ].map { kernel, stride, dilation, channels, height in
      ConvolutionShape(
        batch: 2, inputChannels: channels, height: height, width: 31, outputChannels: channels, kernel: kernel, stride: stride,
        padding: Padding((kernel.height - 1) * dilation.height / 2 + 1), dilation: dilation, groups: channels)
    } + [
      ConvolutionShape(
        inputChannels: 16, depth: 4, height: 4, width: 4, outputChannels: 16, kernel: Extent(depth: 4, height: 4, width: 4),
        stride: Extent(depth: 2, height: 2, width: 2), groups: 16),
      ConvolutionShape(
        inputChannels: 16, depth: 4, height: 1, width: 14, outputChannels: 16, kernel: Extent(depth: 2, height: 1, width: 3),
        stride: Extent(depth: 2, height: 2, width: 2), padding: Padding(top: 0, bottom: 0, left: 1, right: 1), groups: 16),
    ]

  @Test("Phases of a depthwise gradient that run together leave what they should, on any number of threads, with weights ahead")
  func joined() throws {
    var runs = 0
    for (index, shape) in Self.strided.enumerated() {
      for (input, output, variant) in [
        (ImageLayout.nchw, ImageLayout.nchw, "depthwise.turned"), (.nhwc, .nchw, "depthwise.turned"), (.nhwc, .nhwc, "depthwise"),
      ] {
        // The sanitizer takes ten times as long.
        for format in GradientTests.Format.all
        where format.pass == .backwardData && (!Sanitizer.isActive || format.input == format.output) {
          let setting = ConvolutionSetting(shape) {
            ($0.inputLayout, $0.outputLayout, $0.weightLayout) = (input, output, choice(index, WeightLayout.allCases))
            ($0.hasBias, $0.hasResidual, $0.activation) = (index % 2 == 0, index % 3 == 0, choice(index, [.none, .relu]))
          }
          let trial = try format.trial(setting, seed: UInt64(index))
          let weights = BufferNeeds.Buffer(type: format.input, count: shape.weightCount, base: trial.other.base)
          for threads in Sanitizer.isActive ? [5] : [1, 2, 5] {
            let options = SelectionOptions(threads: threads, keepsThreads: true, variant: variant)
            guard let plan = try? ConvolutionPlan(format.descriptor(setting, options)) else { continue }
            runs += 1
            #expect(try trial.finding { try plan.run(trial) } == nil, "\(plan.selection)")
            let workspace = try GuardedBuffer(byteCount: plan.workspaceByteCount, placement: .flushWithEnd)
            Poison.fill(workspace.bytes)
            let ahead = try ConvolutionPlan(format.descriptor(setting, options), weights: weights)
            let finding = try withExtendedLifetime(workspace) {
              try trial.finding {
                try ahead.execute(
                  outputGradient: UnsafeRawPointer(trial.outputGradient.base), inputGradient: trial.gradient.base,
                  bias: trial.bias.map { UnsafePointer($0.base.assumingMemoryBound(to: Float.self)) },
                  residual: trial.residual.map { UnsafeRawPointer($0.base) }, workspace: workspace.start)
              }
            }
            #expect(finding == nil, "\(plan.selection)")
          }
          let chosen = try ConvolutionPlan(format.descriptor(setting))
          #expect(try trial.finding(by: chosen.selection.variant) { try chosen.run(trial) } == nil, "\(chosen.selection)")
        }
      }
    }
    #expect(runs >= (Sanitizer.isActive ? 30 : 100))
  }

  @Test("Phases whose weights are copied stay apart where the caller's limit has no room for all")
  func limit() throws {
    let format = try #require(GradientTests.Format.all.first { $0.pass == .backwardData && $0.output == .bfloat16 })
    let setting = ConvolutionSetting(Self.strided[0]) {
      ($0.inputLayout, $0.outputLayout, $0.weightLayout, $0.hasBias) = (.nhwc, .nhwc, .oihw, true)
    }
    let trial = try format.trial(setting)
    var options = SelectionOptions(threads: 2, keepsThreads: true, variant: "depthwise")
    let joined = try ConvolutionPlan(format.descriptor(setting, options))
    options.workspaceLimit = joined.workspaceByteCount - 1
    let apart = try ConvolutionPlan(format.descriptor(setting, options))
    #expect(apart.workspaceByteCount < joined.workspaceByteCount)
    for plan in [joined, apart] { #expect(try trial.finding { try plan.run(trial) } == nil, "\(plan.selection)") }
  }
}
