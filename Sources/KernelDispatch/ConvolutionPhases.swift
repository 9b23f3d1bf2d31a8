import CKernels
import Tensors

/// A phase of one axis of backward data: inputs a stride apart, and the places of the kernel with which they meet outputs.
///
/// Input y meets output p with place r where p * stride + r * dilation - padding = y. The inputs of a phase meet places that are equally far apart, so
/// that they are a forward convolution of stride 1 with those, last to first (Dumoulin and Visin, "A guide to convolution arithmetic for deep learning",
/// arXiv:1603.07285, section 4).
private struct AxisPhase {
  /// The phase's first input, and how many there are.
  let first: Int
  let count: Int
  /// The first place of the kernel that they meet, how far apart these are, and how many.
  let place: Int
  let placeStep: Int
  let places: Int
  /// Of the convolution: may be negative.
  let padding: Int
  let dilation: Int

  /// Those that meet an output.
  static func all(size: Int, kernel: Int, stride: Int, dilation: Int, padding: Int) -> [AxisPhase] {
    let common = greatestCommonDivisor(stride, dilation)
    let step = stride / common
    return (0..<min(kernel, step)).compactMap { place in
      let offset = place * dilation - padding
      let first = (offset % stride + stride) % stride
      if first >= size { return nil }
      let places = (kernel - 1 - place) / step + 1
      // A step that is never taken is 1: so large a one as may be said would overflow.
      let (placeStep, dilation) = places == 1 ? (1, 1) : (step, dilation / common)
      return AxisPhase(
        first: first, count: (size - 1 - first) / stride + 1, place: place, placeStep: placeStep, places: places,
        padding: (places - 1) * dilation - (first - offset) / stride, dilation: dilation)
    }
  }
}

extension ConvolutionProblem {
  /// The gradient of the input as forward convolutions of the output's gradient. Where some input meets no output, one of no channels comes first,
  /// which leaves zeros and the epilogue everywhere.
  static func backwardData(_ descriptor: ConvolutionDescriptor) -> [ConvolutionProblem] {
    let shape = normalized(descriptor.shape)
    let rows = AxisPhase.all(
      size: shape.height, kernel: shape.kernel.height, stride: shape.stride.height, dilation: shape.dilation.height,
      padding: shape.padding.top)
    let columns = AxisPhase.all(
      size: shape.width, kernel: shape.kernel.width, stride: shape.stride.width, dilation: shape.dilation.width,
      padding: shape.padding.left)
    let areMet = rows.count == min(shape.stride.height, shape.height) && columns.count == min(shape.stride.width, shape.width)
    let phases = rows.flatMap { row in columns.map { phase(descriptor, shape, row, $0) } }
    return areMet && !phases.isEmpty ? phases : [unmet(descriptor, shape)] + phases
  }

  private static func phase(
    _ descriptor: ConvolutionDescriptor, _ shape: ConvolutionShape, _ rows: AxisPhase, _ columns: AxisPhase
  ) -> ConvolutionProblem {
    let sizes = ConvolutionShape(
      batch: shape.batch, inputChannels: shape.outputChannels, height: descriptor.shape.outputHeight,
      width: descriptor.shape.outputWidth, outputChannels: shape.inputChannels,
      kernel: Extent(height: rows.places, width: columns.places),
      padding: Padding(top: rows.padding, bottom: 0, left: columns.padding, right: 0),
      dilation: Extent(height: rows.dilation, width: columns.dilation), groups: shape.groups)
    var gradient = ImageStrides.input(descriptor.shape, descriptor.inputLayout)
    var weights = WeightStrides(descriptor.weightLayout, descriptor.shape)
    let lastPlace = (rows.place + (rows.places - 1) * rows.placeStep, columns.place + (columns.places - 1) * columns.placeStep)
    let offsets = ck_conv_offsets(
      input: 0, weights: Int64(lastPlace.0) * weights.row + Int64(lastPlace.1) * weights.column,
      output: Int64(rows.first) * gradient.row + Int64(columns.first) * gradient.column)
    (weights.output, weights.input) = (weights.input, weights.output)
    weights.row *= -Int64(rows.placeStep)
    weights.column *= -Int64(columns.placeStep)
    gradient.row *= Int64(shape.stride.height)
    gradient.column *= Int64(shape.stride.width)
    return ConvolutionProblem(
      sizes, outputs: Extent(height: rows.count, width: columns.count), descriptor,
      input: .output(descriptor.shape, descriptor.outputLayout), weights: weights, output: gradient, offsets: offsets)
  }

  /// All inputs, as if none met an output.
  private static func unmet(_ descriptor: ConvolutionDescriptor, _ shape: ConvolutionShape) -> ConvolutionProblem {
    // An image without pixels has no gradient.
    let batch = shape.height == 0 || shape.width == 0 ? 0 : shape.batch
    let sizes = ConvolutionShape(
      batch: batch, inputChannels: 0, height: shape.height, width: shape.width, outputChannels: shape.inputChannels,
      kernel: Extent(1))
    let gradient = ImageStrides.input(descriptor.shape, descriptor.inputLayout)
    var problem = ConvolutionProblem(
      sizes, outputs: Extent(height: shape.height, width: shape.width), descriptor, input: gradient,
      weights: WeightStrides(descriptor.weightLayout, descriptor.shape), output: gradient, offsets: ck_conv_offsets())
    problem.isUnmet = true
    return problem
  }
}

func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }
