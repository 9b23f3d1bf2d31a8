import Headroom
import Oracle
import TestSupport
import Testing

@Suite("Direct convolution, row by row")
struct DirectTests {
  static let routes = ConvolutionRoute.all.filter { $0.variant.hasPrefix("direct") }

  private func setting(_ shape: ConvolutionShape, _ route: ConvolutionRoute, _ layout: ImageLayout) -> ConvolutionSetting {
    ConvolutionSetting(shape) {
      ($0.inputType, $0.outputType, $0.data) = (route.inputType, route.outputType, .uniform)
      ($0.inputLayout, $0.outputLayout) = (layout, layout)
    }
  }

  @Test("Rows of more tiles than are finished together, with all that may be added, in both layouts", arguments: routes)
  func wideRows(route: ConvolutionRoute) throws {
    // 16 tiles of 31 rows and some more; a panel that is not full.
    let shape = ConvolutionShape(
      batch: 1, inputChannels: 3, height: 2, width: 521, outputChannels: 35, kernel: Extent(height: 1, width: 3),
      padding: Padding(top: 0, bottom: 0, left: 1, right: 1))
    for (index, layout) in ImageLayout.allCases.enumerated() {
      for isPlain in [true, false] {
        let wanted = setting(shape, route, layout).with {
          if isPlain { return }
          ($0.hasBias, $0.hasResidual, $0.scale) = (true, index == 0, 0.5)
          $0.activation = .relu
        }
        let (setting, plan) = try route.plan(wanted, threads: 1 + index)
        let trial = try ConvolutionTrial(setting)
        try plan.run(trial)
        #expect(trial.finding(tolerance: .proven) == nil, "\(plan.selection), \(layout)")
      }
    }
  }

  static let narrowShapes: [ConvolutionShape] = [
    // Rows that meet the same rows of the kernel two by two, an odd number of them, and none.
    shape(5, Extent(height: 9, width: 7), 35, padding: 1), shape(3, Extent(height: 8, width: 16), 20, padding: 1),
    shape(4, Extent(height: 14, width: 14), 33), shape(7, Extent(height: 2, width: 5), 3, padding: 1),
    shape(1, Extent(height: 11, width: 9), 40, stride: 2, padding: 1),
    shape(6, Extent(height: 12, width: 11), 17, padding: 2, dilation: 2),
    shape(6, Extent(height: 7, width: 8), 10, padding: 1, groups: 2),
  ]

  private static func shape(
    _ channels: Int, _ image: Extent, _ outputs: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1
  ) -> ConvolutionShape {
    ConvolutionShape(
      batch: 2, inputChannels: channels, height: image.height, width: image.width, outputChannels: outputs, kernel: Extent(3),
      stride: Extent(stride), padding: Padding(padding), dilation: Extent(dilation), groups: groups)
  }

  @Test("Rows so short that a tile takes two, with all that may be added, in both layouts", arguments: routes)
  func narrowRows(route: ConvolutionRoute) throws { try check(Self.narrowShapes, route) }

  private func check(_ shapes: [ConvolutionShape], _ route: ConvolutionRoute) throws {
    for (index, shape) in shapes.enumerated() {
      for layout in ImageLayout.allCases {
        for isPlain in [true, false] {
          let wanted = setting(shape, route, layout).with {
            $0.placement = choice(index, GuardedBuffer.Placement.allCases)
            if isPlain { return }
            ($0.hasBias, $0.hasResidual, $0.scale) = (true, true, 0.5)
            $0.activation = .relu
          }
          let (setting, plan) = try route.plan(wanted, threads: 1 + index % 2)
          let trial = try ConvolutionTrial(setting)
          try plan.run(trial)
          #expect(trial.finding(tolerance: .proven) == nil, "\(plan.selection), shape \(index), \(layout), plain: \(isPlain)")
        }
      }
    }
  }

  @Test(
    "Rows that tiles reach across, through the padding, with all that may be added, in both layouts",
    arguments: routes.filter { $0.microkernel.contains("amx") })
  func joinedRows(route: ConvolutionRoute) throws { try check(ConvolutionShape.joined, route) }

  @Test("Images of one column, whose channels are two elements apart, are written and nothing beside them", arguments: routes)
  func oneColumn(route: ConvolutionRoute) throws {
    for placement in GuardedBuffer.Placement.allCases {
      let shape = ConvolutionShape(batch: 2, inputChannels: 3, height: 2, width: 1, outputChannels: 5, kernel: Extent(1))
      let (setting, plan) = try route.plan(setting(shape, route, .nchw).with { $0.placement = placement }, threads: 2)
      let trial = try ConvolutionTrial(setting)
      try plan.run(trial)
      #expect(trial.finding(tolerance: .proven) == nil, "\(plan.selection)")
    }
  }

  @Test("What is not finite reaches the outputs whose window meets it, and no others, where the input is not copied either")
  func specialValues() throws {
    let shapes = [
      ConvolutionShape(inputChannels: 3, height: 5, width: 31, outputChannels: 5, kernel: Extent(3)),
      ConvolutionShape(inputChannels: 1, height: 5, width: 31, outputChannels: 5, kernel: Extent(1)),
      ConvolutionShape(inputChannels: 5, height: 5, width: 31, outputChannels: 33, kernel: Extent(3), dilation: Extent(2)),
      ConvolutionShape(inputChannels: 9, height: 5, width: 31, outputChannels: 6, kernel: Extent(3), groups: 3),
      ConvolutionShape(inputChannels: 3, height: 5, width: 31, outputChannels: 5, kernel: Extent(3), stride: Extent(2)),
      // Copied, of an odd number of channels; two rows to a tile.
      ConvolutionShape(
        inputChannels: 3, height: 5, width: 31, outputChannels: 5, kernel: Extent(3), padding: Padding(1)),
      ConvolutionShape(
        inputChannels: 3, height: 6, width: 31, outputChannels: 5, kernel: Extent(3), stride: Extent(2), padding: Padding(1)),
      // Rows of A a pair apart.
      ConvolutionShape(inputChannels: 1, height: 5, width: 31, outputChannels: 5, kernel: Extent(3), stride: Extent(2)),
    ]
    for route in Self.routes {
      for (index, shape) in shapes.enumerated() {
        let wanted = setting(shape, route, .nhwc).with { $0.placement = choice(index, GuardedBuffer.Placement.allCases) }
        let (setting, plan) = try route.plan(wanted)
        let trial = try ConvolutionTrial(setting)
        let channels = setting.shape.inputChannels
        // Of the last pixel too, beyond which nothing may be read.
        for (row, column, value) in [(1, 9, Double.infinity), (3, 20, .nan), (4, 30, .nan), (0, 0, -.infinity)] {
          trial.input.view[SIMD4(0, (channels - 1) * (column % 2), row, column)] = value
        }
        try plan.run(trial)
        let isRight = trial.reference.verify(trial.output.view.readOnly, tolerance: .proven).isPassed
        #expect(isRight, "\(plan.selection), shape \(index)")
      }
    }
  }

  @Test(
    "bf16 has the same bits turned round as in place, of subnormal sums too",
    arguments: routes.filter { $0.outputType == .bfloat16 && $0.variant != "direct" })
  func turned(route: ConvolutionRoute) throws {
    let shape = ConvolutionShape(
      batch: 2, inputChannels: 5, height: 4, width: 37, outputChannels: 35, kernel: Extent(3), padding: Padding(1))
    // Of normal numbers times 2 to the -124th some sums are subnormal.
    for factor in [1, 0x1p-62] {
      func result(_ layout: ImageLayout) throws -> [Double] {
        let setting = setting(shape, route, .nhwc).with { $0.outputLayout = layout }
        let plan = try ConvolutionPlan(setting.descriptor(route.inputType, route.outputType, route.options))
        let trial = try ConvolutionTrial(setting)
        for tensor in [trial.input, trial.weights] { scale(tensor, by: factor) }
        try plan.run(trial)
        return trial.output.view.readOnly.values()
      }
      let inPlace = try result(.nhwc)
      #expect(try result(.nchw) == inPlace, "times \(factor)")
      // Not all are flushed, so that there is something to compare.
      #expect(inPlace.contains { $0 != 0 && (factor == 1 || abs($0) < 0x1p-110) })
    }
  }

  private func scale(_ tensor: GuardedTensor, by factor: Double) {
    let sizes = tensor.view.axes.sizes
    for o in 0..<sizes[0] {
      for c in 0..<sizes[1] {
        for y in 0..<sizes[2] {
          for x in 0..<sizes[3] { tensor.view[SIMD4(o, c, y, x)] *= factor }
        }
      }
    }
  }
}
