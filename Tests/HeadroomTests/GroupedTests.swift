import Headroom
import Oracle
import TestSupport
import Testing

@Suite("Gradients of narrow groups")
struct GroupedTests {
  static let kernels = [
    Extent(3), Extent(1), Extent(height: 5, width: 3), Extent(height: 3, width: 2), Extent(height: 1, width: 3),
    Extent(height: 2, width: 4),
  ]

  @Test("Exact gradients of groups of 4 and 8 for every kernel, step, padding and layout", arguments: GradientTests.Format.all)
  func edges(format: GradientTests.Format) throws {
    var (index, seen) = (0, Set<String>())
    for group in [4, 8] {
      for kernel in Self.kernels {
        for width in Sanitizer.isActive ? [1, 15] : [1, 7, 14, 15, 37] {
          for stride in [Extent(1), Extent(2), Extent(height: 3, width: 1)] {
            index += 1
            let channels = choice(index, [16, 48, 24, 32, 8])
            var shape = ConvolutionShape(
              batch: choice(index, [1, 2]), inputChannels: channels, height: choice(index, [9, 2, 13]), width: width,
              outputChannels: channels, kernel: kernel, stride: stride,
              padding: choice(index, ConvolutionRouteTests.paddings),
              dilation: choice(index, [Extent(1), Extent(1), Extent(height: 2, width: 1)]), groups: channels / group)
            shape.padding.bottom += max(0, 2 * kernel.height - shape.height - shape.padding.top - shape.padding.bottom)
            shape.padding.right += max(0, kernel.width - width - shape.padding.left - shape.padding.right)
            let setting = ConvolutionSetting(shape) {
              $0.inputLayout = choice(index / 2, ConvolutionRouteTests.layouts)
              $0.outputLayout = choice(index / 5, [$0.inputLayout, $0.inputLayout, .nhwc])
              $0.weightLayout = choice(index, WeightLayout.allCases)
              ($0.hasBias, $0.placement) = (index % 2 == 0, choice(index / 3, GuardedBuffer.Placement.allCases))
            }
            let trial = try format.trial(setting, seed: UInt64(index))
            for variant in ["grouped", "grouped.turned", "weights.grouped", "weights.grouped.turned"] {
              let options = SelectionOptions(threads: choice(index, [1, 2, 3]), keepsThreads: true, variant: variant)
              guard let plan = try? ConvolutionPlan(format.descriptor(setting, options)) else { continue }
              seen.insert("\(variant) \(group)")
              let finding = try trial.finding(by: variant) { try plan.run(trial) }
              #expect(finding == nil, "\(plan.selection), \(shape)")
            }
          }
        }
      }
    }
    let prefix = format.pass == .backwardWeights ? "weights." : ""
    let hasEight = ConvolutionRoute.all.contains { $0.microkernel.contains("grouped8") }
    for group in hasEight ? [4, 8] : [4] {
      #expect(seen.contains("\(prefix)grouped \(group)") && seen.contains("\(prefix)grouped.turned \(group)"), "\(seen)")
    }
  }

  @Test("Exact gradients of groups of volumes, whatever lies between the weights of a slice", arguments: GradientTests.Format.all)
  func volumes(format: GradientTests.Format) throws {
    for depth in [1, 3] {
      for group in [4, 8] {
        for layout in ImageLayout.allCases {
          for weights in WeightLayout.allCases {
            let shape = ConvolutionShape(
              batch: 2, inputChannels: 32, depth: depth + 1, height: 5, width: 9, outputChannels: 32,
              kernel: Extent(depth: 2, height: 3, width: 3),
              padding: Padding(front: 0, back: 0, top: 1, bottom: 1, left: 1, right: 1),
              groups: 32 / group)
            let setting = ConvolutionSetting(shape) {
              ($0.inputLayout, $0.outputLayout, $0.weightLayout) = (layout, layout, weights)
            }
            let trial = try format.trial(setting)
            for variant in [nil, "grouped", "grouped.turned", "weights.grouped", "weights.grouped.turned"] {
              guard let plan = try? ConvolutionPlan(format.descriptor(setting, SelectionOptions(variant: variant))) else {
                #expect(variant != nil)
                continue
              }
              let finding = try trial.finding(by: plan.selection.variant) { try plan.run(trial) }
              #expect(finding == nil, "\(plan.selection), \(layout), \(weights)")
            }
          }
        }
      }
    }
  }
}
