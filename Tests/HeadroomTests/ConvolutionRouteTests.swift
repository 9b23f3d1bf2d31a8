import Headroom
import Oracle
import TestSupport
import Testing

@Suite("Every variant of convolution with every micro-kernel")
struct ConvolutionRouteTests {
  static let kernels = [Extent(1), Extent(3), Extent(height: 2, width: 3), Extent(5), Extent(height: 1, width: 4), Extent(7)]
  static let paddings = [
    Padding(0), Padding(1), Padding(top: 0, bottom: 2, left: 1, right: 0), Padding(top: 3, bottom: 0, left: 0, right: 2),
    Padding(6),
  ]
  static let layouts = ImageLayout.allCases

  @Test("Every format has routes by every algorithm")
  func complete() {
    for (input, output) in ConvolutionRoute.types {
      let variants = Set(
        ConvolutionRoute.all.filter { $0.inputType == input && $0.outputType == output }.map {
          String($0.variant.prefix { $0 != "." })
        })
      #expect(variants == ["pointwise", "direct", "implicit-gemm", "im2col", "winograd", "depthwise", "grouped"])
    }
  }

  /// Sizes, steps, layouts, types and epilogue that change with the index at different paces, so that in the run of indices all meet.
  static func setting(_ index: Int, channels: Int, outputs: Int, width: Int) -> ConvolutionSetting {
    let kernel = choice(index, kernels)
    let dilation = choice(index / 2, [Extent(1), Extent(height: 1, width: 2), Extent(2)])
    var shape = ConvolutionShape(
      batch: choice(index / 3, [1, 2, 3]), inputChannels: channels, height: choice(index / 5, [1, 4, 7]), width: width,
      outputChannels: outputs, kernel: kernel,
      stride: choice(index / 4, [Extent(1), Extent(2), Extent(height: 1, width: 3), Extent(height: 2, width: 1)]),
      padding: choice(index, paddings), dilation: dilation, groups: 1)
    // Enough padding for the kernel, wherever the image is too small.
    shape.padding.bottom += max(
      0, (kernel.height - 1) * dilation.height + 1 - shape.height - shape.padding.top - shape.padding.bottom)
    shape.padding.right += max(0, (kernel.width - 1) * dilation.width + 1 - width - shape.padding.left - shape.padding.right)
    if index % 4 == 3 { (shape.groups, shape.inputChannels, shape.outputChannels) = (3, 3 * channels, 3 * outputs) }
    return ConvolutionSetting(shape) {
      $0.inputLayout = choice(index / 2, layouts)
      $0.outputLayout = choice(index / 3, index % 3 == 0 ? layouts : [$0.inputLayout])
      $0.weightLayout = choice(index, WeightLayout.allCases)
      $0.scale = choice(index / 3, [1, 1, 0.5])
      $0.hasBias = index / 2 % 2 == 1
      $0.hasResidual = index % 5 < 2
      $0.activation = choice(index / 5, ReferenceActivation.kinds)
      $0.placement = choice(index / 7, GuardedBuffer.Placement.allCases)
    }
  }

  @Test(
    "Exact at every edge of tiles, vectors and images, whatever the layouts, steps and epilogue", arguments: ConvolutionRoute.all)
  func edges(route: ConvolutionRoute) throws {
    var index = 0
    // Under the sanitizer, which takes ten times as long, those that leave a vector and a panel by one.
    for outputs in Sanitizer.isActive ? [1, 17, 33] : [1, 3, 8, 17, 31, 33, 65] {
      for width in Sanitizer.isActive ? [1, 15, 29] : [1, 2, 7, 14, 15, 29] {
        for channels in [choice(index, [1, 2, 3]), choice(index, [5, 8, 16, 17])] {
          index += 1
          try check(route, Self.setting(index, channels: channels, outputs: outputs, width: width), index)
        }
      }
    }
  }

  private func check(_ route: ConvolutionRoute, _ setting: ConvolutionSetting, _ index: Int) throws {
    let (setting, plan) = try route.plan(
      setting.with { ($0.inputType, $0.outputType) = (route.inputType, route.outputType) }, threads: choice(index, [1, 1, 2]))
    #expect(plan.selection.variant == route.variant && plan.selection.microkernel == route.microkernel)
    let trial = try ConvolutionTrial(
      setting.with { ($0.inputType, $0.outputType) = (route.inputType, route.outputType) }, seed: UInt64(index))
    let finding = try trial.finding(by: route.variant) { _ in try plan.run(trial) }
    #expect(finding == nil, "\(plan.selection)")
  }

  @Test("Random numbers at prime sizes, several bands, panels and blocks of K", arguments: ConvolutionRoute.all)
  func primes(route: ConvolutionRoute) throws {
    let shapes = [
      ConvolutionShape(
        batch: 1, inputChannels: 131, height: 13, width: 17, outputChannels: 67, kernel: Extent(3), padding: Padding(1)),
      ConvolutionShape(
        batch: 2, inputChannels: 3, height: 61, width: 53, outputChannels: 37, kernel: Extent(7), stride: Extent(2),
        padding: Padding(3)),
      ConvolutionShape(
        batch: 1, inputChannels: 7, height: 97, width: 101, outputChannels: 7, kernel: Extent(5), padding: Padding(2), groups: 7),
      ConvolutionShape(
        batch: 3, inputChannels: 37, height: 12, width: 9, outputChannels: 37, kernel: Extent(3), stride: Extent(2),
        padding: Padding(1), groups: 37),
      // Pixels a page apart, and an odd number of rows.
      ConvolutionShape(
        batch: 1, inputChannels: 1024, height: 7, width: 7, outputChannels: 1024, kernel: Extent(3), padding: Padding(1),
        groups: 1024),
    ]
    // The first two are most of the work, which the sanitizer makes ten times as long.
    for (index, shape) in shapes.enumerated() where index > 1 || !Sanitizer.isActive {
      let wanted = ConvolutionSetting(shape) {
        ($0.inputType, $0.outputType, $0.data) = (route.inputType, route.outputType, .uniform)
        $0.inputLayout = choice(index, Self.layouts)
        $0.outputLayout = $0.inputLayout
      }
      let (setting, plan) = try route.plan(wanted, threads: choice(index, [1, 1, 1, 2, 2]))
      let trial = try ConvolutionTrial(setting)
      try plan.run(trial)
      #expect(trial.finding(by: route.variant) == nil, "\(plan.selection)")
      if !route.variant.hasPrefix("winograd") { #expect(trial.finding(tolerance: .proven) == nil, "\(plan.selection)") }
    }
  }

  @Test(
    "What is not finite reaches the outputs whose window meets it, and no others",
    arguments: ConvolutionRoute.all.filter { !$0.variant.hasPrefix("winograd") })
  func specialValues(route: ConvolutionRoute) throws {
    // Odd numbers of channels: pairs reach beyond a pixel and, in the last, beyond the window.
    for (index, channels) in [1, 3, 4, 5].enumerated() {
      let shape = ConvolutionShape(
        batch: 1, inputChannels: channels, height: 6, width: 31, outputChannels: 5, kernel: Extent(3), padding: Padding(1))
      let (setting, plan) = try route.plan(
        ConvolutionSetting(shape) {
          ($0.inputType, $0.outputType, $0.data) = (route.inputType, route.outputType, .uniform)
          ($0.inputLayout, $0.outputLayout) = (choice(index, Self.layouts), choice(index, Self.layouts))
        })
      let trial = try ConvolutionTrial(setting)
      for (row, column, value) in [(2, 9, Double.infinity), (4, 0, -.infinity), (3, 20, .nan)] {
        trial.input.view[SIMD4(0, setting.shape.inputChannels / 2, row, column)] = value
      }
      try plan.run(trial)
      #expect(trial.reference.verify(trial.output.view.readOnly, tolerance: .proven).isPassed, "\(plan.selection)")
    }
  }

  @Test("The check of these convolutions catches every mutant", arguments: ConvolutionRoute.types)
  func mutants(input: ElementType, output: ElementType) throws {
    var silent = Set(ConvolutionMutant.all.map(\.name))
    for index in 0..<24 {
      let setting = Self.setting(index, channels: choice(index, [3, 4]), outputs: choice(index, [4, 3, 6]), width: 9).with {
        ($0.inputType, $0.outputType) = (input, output)
        $0.activation = choice(index / 5, [.none, .relu])
      }
      let trial = try ConvolutionTrial(setting)
      for mutant in ConvolutionMutant.all where mutant.shows(in: trial.reference, type: output) {
        trial.reset()
        mutant.write(trial.reference, to: trial.output.view)
        #expect(trial.finding() != nil, "\(mutant.name) passed")
        silent.remove(mutant.name)
      }
    }
    // Only what concerns bfloat16 can't show in other types.
    #expect(
      silent.allSatisfy { output != .bfloat16 && ["rounded towards zero", "sums kept in bfloat16"].contains($0) }, "\(silent)")
  }
}
