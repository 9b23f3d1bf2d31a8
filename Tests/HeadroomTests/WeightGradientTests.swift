import Headroom
import Oracle
import TestSupport
import Testing

/// How tiles of the weights' gradient read the input: where it lies, copied channel by channel, in pairs of pixels, or with whole rows of places.
@Suite("What the gradient of the weights reads")
struct WeightGradientTests {
  static let formats = GradientTests.Format.all.filter { $0.pass == .backwardWeights }

  static let shapes: [ConvolutionShape] = [
    // One place: short rows are put together, to an even or an odd number of pixels, and as many as there are.
    shape(17, Extent(height: 7, width: 7), 33, Extent(1)),
    shape(16, Extent(height: 14, width: 14), 40, Extent(1), groups: 2),
    shape(15, Extent(height: 3, width: 5), 32, Extent(1)),
    shape(15, Extent(height: 11, width: 3), 8, Extent(1)),
    // One place of so many pixels that a product over them had better be computed the other way round.
    shape(96, Extent(height: 20, width: 20), 40, Extent(1)),
    // One place, and pixels that are not equally far apart, but of rows that begin as if they were.
    shape(18, Extent(height: 6, width: 5), 20, Extent(1), batch: 1, stride: Extent(height: 2, width: 1)),
    shape(18, Extent(height: 3, width: 4), 20, Extent(1), stride: Extent(height: 2, width: 3)),
    shape(18, Extent(height: 9, width: 1), 20, Extent(1), batch: 1, stride: Extent(2)),
    shape(18, Extent(height: 8, width: 8), 20, Extent(1), batch: 1, stride: Extent(2)),
    // Planes that share sets of L1, in bf16 and in fp32.
    shape(16, Extent(height: 32, width: 32), 8, Extent(1), batch: 1),
    shape(15, Extent(height: 16, width: 32), 8, Extent(1), batch: 1),
    // Without padding: an even and an odd number of columns, and more of the input than outputs meet.
    shape(18, Extent(height: 6, width: 10), 20, Extent(3)),
    shape(18, Extent(height: 6, width: 9), 20, Extent(3)),
    shape(18, Extent(height: 8, width: 12), 20, Extent(3), stride: Extent(2)),
    shape(18, Extent(height: 9, width: 12), 20, Extent(1), stride: Extent(2)),
    shape(18, Extent(height: 9, width: 13), 20, Extent(1), stride: Extent(3)),
    shape(17, Extent(height: 9, width: 21), 20, Extent(3), stride: Extent(2), padding: 2, dilation: Extent(2)),
    shape(17, Extent(height: 9, width: 22), 20, Extent(3), stride: Extent(3), padding: 3, dilation: Extent(2)),
    // Rows of copies that would share sets as well.
    shape(15, Extent(height: 2, width: 512), 8, Extent(1), batch: 1),
    shape(15, Extent(height: 3, width: 1022), 8, Extent(3), batch: 1, padding: 1),
    // A long column, of a prime number of pixels.
    shape(15, Extent(height: 1009, width: 1), 8, Extent(1), batch: 1),
    // With padding, wide steps, and few channels, whose places are rows of one product.
    shape(19, Extent(height: 7, width: 11), 33, Extent(3), padding: 1, dilation: Extent(2)),
    shape(3, Extent(height: 9, width: 10), 33, Extent(3), padding: 1),
    shape(3, Extent(height: 17, width: 19), 20, Extent(7), stride: Extent(2), padding: 3),
    shape(1, Extent(height: 13, width: 22), 9, Extent(height: 2, width: 5), stride: Extent(4)),
    shape(8, Extent(height: 6, width: 7), 6, Extent(3), padding: 1, dilation: Extent(height: 2, width: 1), groups: 2),
  ]

  private static func shape(
    _ channels: Int, _ image: Extent, _ outputs: Int, _ kernel: Extent, batch: Int = 2, stride: Extent = Extent(1),
    padding: Int = 0, dilation: Extent = Extent(1), groups: Int = 1
  ) -> ConvolutionShape {
    ConvolutionShape(
      batch: batch, inputChannels: channels, height: image.height, width: image.width, outputChannels: outputs, kernel: kernel,
      stride: stride, padding: Padding(padding), dilation: dilation, groups: groups)
  }

  @Test("Exact by every variant and micro-kernel, in guarded memory", arguments: formats)
  func reads(format: GradientTests.Format) throws {
    var (runs, variants) = (0, Set<String>())
    for (index, shape) in Self.shapes.enumerated() {
      for (place, layout) in ImageLayout.allCases.enumerated() {
        // Of one place the output's gradient may lie otherwise.
        let other = shape.kernel == Extent(1) ? choice(index / 2 + place, ImageLayout.allCases) : layout
        let setting = ConvolutionSetting(shape) {
          ($0.inputLayout, $0.outputLayout, $0.weightLayout) = (layout, other, choice(index, WeightLayout.allCases))
          $0.placement = choice(index, GuardedBuffer.Placement.allCases)
        }
        let trial = try format.trial(setting, seed: UInt64(index))
        for candidate in try explain(format.descriptor(setting)) {
          var options = SelectionOptions(variant: candidate.variant.name, microkernel: candidate.microkernel)
          (options.threads, options.keepsThreads) = (choice(index, [1, 2]), true)
          guard let plan = try? ConvolutionPlan(format.descriptor(setting, options)) else { continue }
          runs += 1
          variants.insert(plan.selection.variant)
          let finding = try trial.finding(by: plan.selection.variant) { try plan.run(trial) }
          #expect(finding == nil, "\(shape) \(layout): \(plan.selection)")
        }
      }
    }
    #expect(runs > 2 * Self.shapes.count)
    #expect(variants.isSuperset(of: ["weights.pointwise", "weights.im2col"]))
  }
}
