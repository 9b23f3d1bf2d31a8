import CKernels
import Tensors

/// One axis of backward data: which outputs each input meets, and with which places of the kernel.
///
/// Input y meets output p with place r where p * stride + r * dilation - padding = y. Inputs whose places in a step of the stride are equal (a phase)
/// meet places that are equally far apart, so that they are a forward convolution of stride 1 with those, last to first (Dumoulin and Visin, "A guide
/// to convolution arithmetic for deep learning", arXiv:1603.07285, section 4).
private struct AxisPhase {
  /// The phase's first input; the others are a stride apart.
  let first: Int
  let count: Int
  /// The first place of the kernel that it meets, how far apart they are, and how many.
  let place: Int
  let placeStep: Int
  let places: Int
  /// Of the convolution: may be negative.
  let padding: Int
  let dilation: Int

  /// `nil` where there is no input in this phase.
  init?(_ first: Int, size: Int, kernel: Int, stride: Int, dilation: Int, padding: Int) {
    if first >= size { return nil }
    self.first = first
    count = (size - 1 - first) / stride + 1
    let common = greatestCommonDivisor(stride, dilation)
    let step = stride / common
    let met = (0..<min(kernel, step)).first { (first + padding - $0 * dilation).isMultiple(of: stride) }
    placeStep = step
    self.dilation = dilation / common
    place = met ?? 0
    places = met.map { (kernel - 1 - $0) / step + 1 } ?? 0
    self.padding = (places - 1) * self.dilation - (first + padding - place * dilation) / stride
  }
}

extension ConvolutionProblem {
  /// The gradient of the input as forward convolutions of the output's gradient, the largest first. Inputs that meet no output make one of no
  /// channels, which leaves zeros and the epilogue.
  static func backwardData(_ descriptor: ConvolutionDescriptor) -> [ConvolutionProblem] {
    let shape = normalized(descriptor.shape)
    let rows = (0..<min(shape.stride.height, shape.height)).compactMap {
      AxisPhase(
        $0, size: shape.height, kernel: shape.kernel.height, stride: shape.stride.height, dilation: shape.dilation.height,
        padding: shape.padding.top)
    }
    let columns = (0..<min(shape.stride.width, shape.width)).compactMap {
      AxisPhase(
        $0, size: shape.width, kernel: shape.kernel.width, stride: shape.stride.width, dilation: shape.dilation.width,
        padding: shape.padding.left)
    }
    let phases = rows.flatMap { row in columns.map { phase(descriptor, shape, row, $0) } }
    return phases.sorted { $0.depth * $0.outputHeight * $0.outputWidth > $1.depth * $1.outputHeight * $1.outputWidth }
  }

  private static func phase(
    _ descriptor: ConvolutionDescriptor, _ shape: ConvolutionShape, _ rows: AxisPhase, _ columns: AxisPhase
  ) -> ConvolutionProblem {
    let isEmpty = rows.places == 0 || columns.places == 0
    var sizes = ConvolutionShape(
      batch: shape.batch, inputChannels: isEmpty ? 0 : shape.outputChannels, height: descriptor.shape.outputHeight,
      width: descriptor.shape.outputWidth, outputChannels: shape.inputChannels,
      kernel: isEmpty ? Extent(1) : Extent(height: rows.places, width: columns.places), groups: isEmpty ? 1 : shape.groups)
    if !isEmpty {
      sizes.dilation = Extent(height: rows.dilation, width: columns.dilation)
      (sizes.padding.top, sizes.padding.left) = (rows.padding, columns.padding)
    }
    let input = ImageStrides.output(descriptor.shape, descriptor.outputLayout)
    var gradient = ImageStrides.input(descriptor.shape, descriptor.inputLayout)
    var weights = WeightStrides(descriptor.weightLayout, descriptor.shape)
    let places = (
      rows.place + (max(rows.places, 1) - 1) * rows.placeStep, columns.place + (max(columns.places, 1) - 1) * columns.placeStep
    )
    let offsets = ck_conv_offsets(
      input: 0, weights: Int64(places.0) * weights.row + Int64(places.1) * weights.column,
      output: Int64(rows.first) * gradient.row + Int64(columns.first) * gradient.column)
    (weights.output, weights.input) = (weights.input, weights.output)
    weights.row *= -Int64(rows.placeStep)
    weights.column *= -Int64(columns.placeStep)
    gradient.row *= Int64(shape.stride.height)
    gradient.column *= Int64(shape.stride.width)
    return ConvolutionProblem(
      sizes, outputs: Extent(height: rows.count, width: columns.count), descriptor, input: input, weights: weights,
      output: gradient, offsets: offsets)
  }
}

func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }
