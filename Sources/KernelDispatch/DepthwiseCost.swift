import Tensors

/// Fitted to Zen 5: 3x3, 5x5 and 7x7 on images of 7 to 112 pixels a side, both types, all passes; of
/// groups 3x3 at 14, 28 and 56.
extension ConvolutionCost {
  /// Cycles of depthwise convolution, or of narrow groups, or of the gradient of their weights.
  func depthwise(_ kernels: ConvolutionKernels) -> Double {
    guard let kernel = kernels.depthwise else { return .infinity }
    if kernels.algorithm.turnsChannels { return turned(kernel) }
    return kernel.channelsLast ? alongChannels(kernel) : alongRows(kernel)
  }

  /// Of one input channel, or in its place the multiply-adds of a group's, which take about 0.65 cycles where a tap takes one.
  private var taps: Double {
    let (places, width) = (problem.shape.kernel.height * problem.shape.kernel.width, problem.shape.channelsPerGroup)
    return width == 1 ? Double(places) : Double(places * width) * 0.65
  }
  private var channels: Double { Double(problem.shape.outputChannels) }

  private func alongChannels(_ kernel: DepthwiseMicrokernel) -> Double {
    let outputs = images * channels * pixels
    // The sums with each slice of the kernel are written, and added to those with the others.
    let sums = (outputs * Double(problem.kernelSlices) * (taps + 2) + inputElements) / Double(kernel.lanes)
    if problem.shape.channelsPerGroup == 1 || problem.isOfWeights { return sums }
    let layout = problem.layout
    let isEven = layout.w_gs == Int64(problem.channels) * layout.w_os
    let copied = isEven && layout.w_os == 1 ? 0 : isEven ? 1 : Self.cyclesOfCopiedWeight
    return sums + copied * channels * Double(problem.depth)
  }

  /// Of groups, whose weights are copied one by one where groups are apart.
  private static let cyclesOfCopiedWeight = 2.0

  /// The last vector of a row is masked; kernels without a pattern load an input for each tap and output.
  private func alongRows(_ kernel: DepthwiseMicrokernel) -> Double {
    let (shape, width) = (problem.shape, problem.outputWidth)
    let vectors = Double((width - 1) / kernel.lanes + 1)
    let masked = width.isMultiple(of: kernel.lanes) ? 0 : 8 / vectors
    let rows = images * channels * Double(problem.outputHeight * problem.kernelSlices)
    let isSquare = shape.kernel.height == shape.kernel.width && shape.dilation == Extent(1)
    let isStrided = shape.stride.width > 1
    if problem.isOfWeights {
      let tap = problem.inputType == .float32 ? 3 : 2.4
      return rows * vectors * (taps * tap + 5 + masked + (isStrided ? 30 : 0))
    }
    let hasPattern = isSquare && [3, 5].contains(shape.kernel.width) && shape.stride.width <= 2
    let tap = !hasPattern || isStrided ? 2.6 : problem.inputType == .float32 ? 1 : 1.5
    let apart = problem.layout.out_qs == 1 ? 0 : 2.5 * Double(width)
    return rows * (vectors * (taps * tap + 4 + masked) + apart)
  }

  /// A task, such as a whole small image of one vector of channels, has weights of its own to turn; those of groups one by one.
  private func turned(_ kernel: DepthwiseMicrokernel) -> Double {
    let planes = images * (channels / Double(kernel.lanes)).rounded(.up)
    let inputs = Double(problem.shape.height * problem.shape.width)
    let turn = problem.inputType == .float32 ? 6.0 : 8
    let (places, width) = (problem.shape.kernel.height * problem.shape.kernel.width, problem.shape.channelsPerGroup)
    let weights = width == 1 ? 1200 : 1200 + Self.cyclesOfCopiedWeight * Double(places * width * kernel.lanes)
    return planes * ((inputs + pixels) * turn + pixels * (taps * (problem.isOfWeights ? 0.7 : 0.55) + 1) + weights)
  }
}
