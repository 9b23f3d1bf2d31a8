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

  var lastPlace: Int { place + (places - 1) * placeStep }

  /// As the depth of a convolution of so many slices.
  func axis(of outputs: Int) -> DepthAxis {
    DepthAxis(size: outputs, kernel: places, stride: 1, dilation: dilation, padding: padding, outputs: count)
  }

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
  static func backwardData(_ descriptor: ConvolutionDescriptor, _ shape: ConvolutionShape) -> [ConvolutionProblem] {
    let slices = AxisPhase.all(
      size: shape.depth, kernel: shape.kernel.depth, stride: shape.stride.depth, dilation: shape.dilation.depth,
      padding: shape.padding.front)
    let rows = AxisPhase.all(
      size: shape.height, kernel: shape.kernel.height, stride: shape.stride.height, dilation: shape.dilation.height,
      padding: shape.padding.top)
    let columns = AxisPhase.all(
      size: shape.width, kernel: shape.kernel.width, stride: shape.stride.width, dilation: shape.dilation.width,
      padding: shape.padding.left)
    let phases = slices.flatMap { slice in
      rows.flatMap { row in columns.map { phase(descriptor, shape, slice, row, $0) } }
    }
    // A row that meets padding alone is summed all the same; a slice that does is in no run.
    let metSlices = slices.reduce(0) { $0 + $1.axis(of: shape.outputDepth).runs.reduce(0) { $0 + $1.count } }
    let areMet =
      metSlices == shape.depth && rows.count == min(shape.stride.height, shape.height)
      && columns.count == min(shape.stride.width, shape.width)
    let problems = phases.flatMap { $0.problems(descriptor) }
    if areMet && !problems.isEmpty { return problems }
    let gradient = ImageStrides.input(shape, descriptor.inputLayout)
    return [unmet(descriptor, gradient, slices: shape.depth, Extent(height: shape.height, width: shape.width))] + problems
  }

  private static func phase(
    _ descriptor: ConvolutionDescriptor, _ shape: ConvolutionShape, _ slices: AxisPhase, _ rows: AxisPhase, _ columns: AxisPhase
  ) -> SlicedConvolution {
    let sizes = ConvolutionShape(
      batch: shape.batch, inputChannels: shape.outputChannels, height: shape.outputHeight,
      width: shape.outputWidth, outputChannels: shape.inputChannels,
      kernel: Extent(height: rows.places, width: columns.places),
      padding: Padding(top: rows.padding, bottom: 0, left: columns.padding, right: 0),
      dilation: Extent(height: rows.dilation, width: columns.dilation), groups: shape.groups)
    var gradient = ImageStrides.input(shape, descriptor.inputLayout)
    var weights = WeightStrides(descriptor.weightLayout, shape)
    let offsets = ck_conv_offsets(
      input: 0,
      weights: Int64(slices.lastPlace) * weights.slice + Int64(rows.lastPlace) * weights.row
        + Int64(columns.lastPlace) * weights.column,
      output: Int64(slices.first) * gradient.slice + Int64(rows.first) * gradient.row + Int64(columns.first) * gradient.column)
    (weights.output, weights.input) = (weights.input, weights.output)
    weights.slice *= -Int64(slices.placeStep)
    weights.row *= -Int64(rows.placeStep)
    weights.column *= -Int64(columns.placeStep)
    gradient.slice *= Int64(shape.stride.depth)
    gradient.row *= Int64(shape.stride.height)
    gradient.column *= Int64(shape.stride.width)
    return SlicedConvolution(
      shape: sizes, outputs: Extent(height: rows.count, width: columns.count), axis: slices.axis(of: shape.outputDepth),
      input: .output(shape, descriptor.outputLayout), weights: weights, output: gradient, offsets: offsets)
  }

  /// Everything that is written, as if nothing were summed.
  ///
  /// - Parameters:
  ///   - result: how it lies.
  ///   - slices: of a volume of it.
  ///   - size: rows and columns of a slice.
  static func unmet(
    _ descriptor: ConvolutionDescriptor, _ result: ImageStrides, slices: Int, _ size: Extent
  ) -> ConvolutionProblem {
    // Without pixels there is nothing to write.
    let isEmpty = slices == 0 || size.height == 0 || size.width == 0
    let shape = ConvolutionShape(
      batch: isEmpty ? 0 : descriptor.shape.batch, inputChannels: 0, height: size.height, width: size.width,
      outputChannels: descriptor.biasCount, kernel: Extent(1))
    let axis = DepthAxis(size: slices, kernel: 1, stride: 1, dilation: 1, padding: 0, outputs: slices)
    let whole = SlicedConvolution(
      shape: shape, outputs: size, axis: axis, input: result, weights: WeightStrides(descriptor.weightLayout, descriptor.shape),
      output: result)
    var problem = ConvolutionProblem(whole, axis.run(tap: 0), descriptor)
    problem.isUnmet = true
    return problem
  }
}

func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }
