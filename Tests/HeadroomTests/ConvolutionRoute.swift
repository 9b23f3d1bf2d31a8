import Headroom
import TestSupport
import Testing

/// One way through the library, forced: a variant of convolution with a micro-kernel, for one pair of element types.
struct ConvolutionRoute: Sendable, CustomTestStringConvertible {
  let variant: String
  let microkernel: String
  let inputType: ElementType
  let outputType: ElementType

  var testDescription: String { "\(variant) with \(microkernel), \(inputType.rawValue) to \(outputType.rawValue)" }

  static let types: [(input: ElementType, output: ElementType)] = [
    (.float32, .float32), (.bfloat16, .float32), (.bfloat16, .bfloat16),
  ]

  /// Every route that this machine and HEADROOM_MAX_ISA allow, from the tables alone: a new row or variant turns up by itself.
  static let all: [ConvolutionRoute] = types.flatMap { input, output in
    var seen = Set<String>()
    let probes =
      [probe(.nhwc, groups: 1), probe(.nhwc, groups: 4), probe(.nchw, groups: 4), probe(.nhwc, kernel: 3)]
      + ImageLayout.allCases.flatMap { [probe($0, channels: 16, groups: 4), probe($0, channels: 16, groups: 2)] }
    let candidates = probes.flatMap { (try? explain($0.descriptor(input, output))) ?? [] }
    let routes = candidates.map {
      ConvolutionRoute(variant: $0.variant.name, microkernel: $0.microkernel, inputType: input, outputType: output)
    }
    return routes.filter { route in
      seen.insert(route.testDescription).inserted
        && probes.contains { (try? ConvolutionPlan($0.descriptor(input, output, route.options))) != nil }
    }
  }

  /// Every third candidate, by name: three neighbouring indices have all. Under the sanitizer, which takes ten times as long, every ninth.
  static func share(of candidates: [ConvolutionCandidate], _ index: Int) -> [ConvolutionCandidate] {
    let step = Sanitizer.isActive ? 9 : 3
    let sorted = candidates.sorted {
      ($0.variant.name, $0.product ?? "", $0.microkernel) < ($1.variant.name, $1.product ?? "", $1.microkernel)
    }
    return sorted.enumerated().filter { $0.offset % step == index % step }.map(\.element)
  }

  private static func probe(
    _ layout: ImageLayout, channels: Int = 4, groups: Int = 1, kernel: Int = 1
  ) -> ConvolutionSetting {
    let shape = ConvolutionShape(
      inputChannels: channels, height: 4, width: 4, outputChannels: channels, kernel: Extent(kernel), groups: groups)
    return ConvolutionSetting(shape) {
      ($0.inputLayout, $0.outputLayout) = (layout, layout)
      $0.weightLayout = .hwio
    }
  }

  var options: SelectionOptions {
    var options = SelectionOptions(variant: variant, microkernel: microkernel)
    // Rows of one vector run only where a register tile is not wanted.
    if let tile = KernelTable.shared.microkernels.first(where: { $0.name == microkernel }), tile.family == .outer, tile.mr == 1 {
      options.without = .registerTile
    }
    return options
  }

  /// Whole vectors of narrow groups, with columns that their kernels know.
  private static func narrow(_ shape: inout ConvolutionShape, group: Int) {
    let channels = shape.inputChannels.isMultiple(of: 2) ? 32 : 16
    (shape.inputChannels, shape.outputChannels, shape.groups) = (channels, channels, channels / group)
    (shape.depth, shape.kernel.depth, shape.padding.front, shape.padding.back) = (1, 1, 0, 0)
    (shape.kernel.width, shape.dilation.width) = (min(shape.kernel.width, 3), 1)
    shape.stride.width = shape.kernel.width == 3 ? min(shape.stride.width, 2) : 1
  }

  /// A kernel of 3x3 at stride 1, with enough padding for it.
  private static func meetWinograd(_ shape: inout ConvolutionShape, dilation: Extent) {
    (shape.kernel, shape.stride, shape.dilation) = (Extent(3), Extent(1), dilation)
    shape.padding.bottom += max(0, 2 * dilation.height + 1 - shape.height - shape.padding.top - shape.padding.bottom)
    shape.padding.right += max(0, 2 * dilation.width + 1 - shape.width - shape.padding.left - shape.padding.right)
  }

  /// A plan for the setting by this route; if it can't serve it, for one that is changed as little as needed.
  func plan(_ setting: ConvolutionSetting, threads: Int = 1) throws -> (ConvolutionSetting, ConvolutionPlan) {
    var options = options
    (options.threads, options.keepsThreads) = (threads, true)
    let layouts: [(ImageLayout, WeightLayout)?] = [nil, (.nhwc, .hwio), (.nchw, .hwio), (.nhwc, .ohwi)]
    let changes: [(inout ConvolutionShape) -> Void] = [
      { _ in },
      { ($0.kernel, $0.stride, $0.padding, $0.dilation) = (Extent(1), Extent(1), Padding(0), Extent(1)) },
      { ($0.outputChannels, $0.groups) = ($0.inputChannels, $0.inputChannels) },
      {
        ($0.outputChannels, $0.groups) = ($0.inputChannels, $0.inputChannels)
        ($0.depth, $0.kernel.depth, $0.padding.front, $0.padding.back) = (1, 1, 0, 0)
      },
      { Self.meetWinograd(&$0, dilation: Extent(height: min($0.dilation.height, 2), width: min($0.dilation.width, 2))) },
      { Self.meetWinograd(&$0, dilation: Extent(1)) },
      { Self.narrow(&$0, group: 4) }, { Self.narrow(&$0, group: 8) },
    ]
    for change in changes {
      for layout in layouts {
        var setting = setting.with { change(&$0.shape) }
        if let (images, weights) = layout {
          (setting.inputLayout, setting.outputLayout, setting.weightLayout) = (images, images, weights)
        }
        do throws(HeadroomError) {
          return (setting, try ConvolutionPlan(setting.descriptor(inputType, outputType, options)))
        } catch .noCandidate {
          continue
        } catch {
          throw error
        }
      }
    }
    throw HeadroomError.noCandidate(reasons: ["no setting suits \(testDescription)"])
  }
}

extension ConvolutionSetting {
  func descriptor(_ options: SelectionOptions = SelectionOptions()) -> ConvolutionDescriptor {
    var descriptor = ConvolutionDescriptor(
      shape, layout: inputLayout, weightLayout: weightLayout, inputType: inputType, outputType: outputType)
    descriptor.outputLayout = outputLayout
    descriptor.epilogue = ConvolutionEpilogue(
      scale: scale, hasBias: hasBias, activation: .init(activation.function), clamp: activation.clamp,
      hasResidual: hasResidual)
    descriptor.options = options
    return descriptor
  }

  func descriptor(
    _ input: ElementType, _ output: ElementType, _ options: SelectionOptions = SelectionOptions()
  ) -> ConvolutionDescriptor {
    with { ($0.inputType, $0.outputType) = (input, output) }.descriptor(options)
  }
}

extension ConvolutionPlan {
  func run(_ trial: ConvolutionTrial, workspace: UnsafeMutableRawPointer? = nil) throws {
    let pointers = trial.pointers
    try execute(
      input: pointers.input, weights: pointers.weights, output: pointers.output, bias: pointers.bias, residual: pointers.residual,
      workspace: workspace)
  }
}
