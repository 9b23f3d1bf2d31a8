import CKernels
import Tensors

/// A convolution's operands by their strides: what candidates are judged by and plans are made of.
struct ConvolutionProblem {
  /// Whether the gradient of the weights is computed, from input and output; else the output of a forward convolution.
  let isOfWeights: Bool
  /// Whether the weights are laid out ahead of time: then that costs no call anything.
  var weightsAhead = false
  /// Whether products may write the gradient of weights across (`Microarchitecture.packsAcross`).
  var packsAcross = false
  /// Nothing is summed: any kernel may fill what is written, whatever was asked for.
  var isUnmet = false
  /// Not `nil`: the output's channels are those of a patch of what is written, row by row of `patches`.
  var patches: ck_patches?
  /// Of images; a slice of a volume is one.
  let shape: ConvolutionShape
  /// Slices of volumes that a sum goes over.
  let kernelSlices: Int
  let outputHeight: Int
  let outputWidth: Int
  /// Output channels of a group.
  let channels: Int
  let inputType: ElementType
  let outputType: ElementType
  let epilogue: ConvolutionEpilogue
  let layout: ck_conv_layout
  let image: ck_image

  /// Where its operands begin, from those of the call.
  let offsets: ck_conv_offsets

  /// Multiplications, those with padding among them.
  var work: Double { Double(shape.batch) * Double(depth) * Double(outputHeight) * Double(outputWidth) * Double(channels) }

  /// The problems that `descriptor` asks for, to be solved in this order; at least one.
  static func all(of descriptor: ConvolutionDescriptor) -> [ConvolutionProblem] {
    let shape = descriptor.pass == .backwardWeights ? folded(normalized(descriptor.shape)) : normalized(descriptor.shape)
    if descriptor.pass == .backwardData { return backwardData(descriptor, shape) }
    let axis = DepthAxis(
      size: shape.depth, kernel: shape.kernel.depth, stride: shape.stride.depth, dilation: shape.dilation.depth,
      padding: shape.padding.front, outputs: shape.outputDepth)
    var whole = SlicedConvolution(
      shape: image(of: shape), outputs: Extent(height: shape.outputHeight, width: shape.outputWidth), axis: axis,
      input: .input(shape, descriptor.inputLayout), weights: WeightStrides(descriptor.weightLayout, shape),
      output: .output(shape, descriptor.outputLayout))
    whole.foldColumns()
    if descriptor.pass == .backwardWeights {
      whole.skipUnmet()
      return whole.gradientProblems(descriptor)
    }
    let problems = whole.problems(descriptor)
    let isMet = whole.axis.runs.reduce(0) { $0 + $1.count } == axis.outputs
    return isMet ? problems : [unmet(descriptor, whole.output, slices: axis.outputs, whole.outputs)] + problems
  }

  /// - Parameters:
  ///   - whole: a forward convolution; of its padding only that above and on the left is looked at. Its operands begin with those of `run`.
  ///   - descriptor: of what it is a part: its types, epilogue and options.
  init(_ whole: SlicedConvolution, _ run: DepthAxis.Run, _ descriptor: ConvolutionDescriptor) {
    var shape = whole.shape
    shape.batch *= run.count
    let (outputs, input, weights, output) = (whole.outputs, whole.input, whole.weights, whole.output)
    let images = whole.images(run)
    isOfWeights = descriptor.pass == .backwardWeights
    self.shape = shape
    kernelSlices = run.taps
    (outputHeight, outputWidth) = (outputs.height, outputs.width)
    channels = shape.outputChannels / shape.groups
    (inputType, outputType, epilogue) = (descriptor.inputType, descriptor.outputType, descriptor.epilogue)
    offsets = whole.offsets
    layout = ck_conv_layout(
      w_gs: weights.group, w_os: weights.output, w_cs: weights.input, w_ds: weights.slice, w_rs: weights.row,
      w_ss: weights.column, in_gs: Int64(shape.channelsPerGroup) * input.channel,
      out_ns: images.output.volume, out_ds: images.output.slice, out_gs: Int64(channels) * output.channel, out_ks: output.channel,
      out_ps: output.row,
      out_qs: output.column)
    image = ck_image(
      channels: Int64(shape.channelsPerGroup), height: Int64(shape.height), width: Int64(shape.width),
      ns: images.input.volume, cs: input.channel, hs: input.row, ws: input.column,
      slices: images.perVolume, ss: images.input.slice,
      kernel_slices: Int64(run.taps), kernel_ss: Int64(whole.axis.dilation) * input.slice,
      kernel_rows: Int64(shape.kernel.height), kernel_columns: Int64(shape.kernel.width),
      stride_h: Int64(shape.stride.height), stride_w: Int64(shape.stride.width),
      dilation_h: Int64(shape.dilation.height), dilation_w: Int64(shape.dilation.width),
      pad_top: Int64(shape.padding.top), pad_left: Int64(shape.padding.left),
      out_rows: Int64(outputs.height), out_columns: Int64(outputs.width),
      // In the order in which the weights' depths follow one another.
      channels_last: shape.kernel == Extent(1) && run.taps == 1
        || shape.channelsPerGroup > 1 && weights.input.magnitude <= weights.column.magnitude)
  }

  /// A step that is never taken is 1, whatever was said: so large a one as may be said would overflow. Of a 1x1x1 kernel, slices are more rows.
  static func normalized(_ shape: ConvolutionShape) -> ConvolutionShape {
    var shape = shape
    if shape.kernel == Extent(1) && shape.stride == Extent(1) && shape.padding == Padding(0) {
      (shape.depth, shape.height) = (1, shape.depth * shape.height)
    }
    if shape.kernel.depth == 1 { shape.dilation.depth = 1 }
    if shape.kernel.height == 1 { shape.dilation.height = 1 }
    if shape.kernel.width == 1 { shape.dilation.width = 1 }
    // Behind a single output there is no padding.
    if shape.outputDepth == 1 {
      shape.stride.depth = 1
      shape.padding.back = (shape.kernel.depth - 1) * shape.dilation.depth + 1 - shape.depth - shape.padding.front
    }
    if shape.outputHeight == 1 {
      shape.stride.height = 1
      shape.padding.bottom = (shape.kernel.height - 1) * shape.dilation.height + 1 - shape.height - shape.padding.top
    }
    if shape.outputWidth == 1 {
      shape.stride.width = 1
      shape.padding.right = (shape.kernel.width - 1) * shape.dilation.width + 1 - shape.width - shape.padding.left
    }
    return shape
  }

  /// A 1x1x1 kernel sees no rows: short ones are put together to one that is long enough for a sum along it, of an even number of pixels if may be, but
  /// not so long that bands, which are cut between rows, grow with it.
  private static func folded(_ shape: ConvolutionShape) -> ConvolutionShape {
    let (height, width) = (shape.height, shape.width)
    guard shape.depth == 1, shape.kernel == Extent(1), shape.stride == Extent(1), shape.padding == Padding(0), height > 0,
      width > 0
    else { return shape }
    let least = (fewestColumns - 1) / width + 1
    let most = max(least, mostColumns / width)
    let counts = (least...most).filter { height.isMultiple(of: $0) }
    let count =
      counts.first { ($0 * width).isMultiple(of: 2) } ?? counts.first ?? (1..<least).last { height.isMultiple(of: $0) } ?? 1
    var folded = shape
    (folded.height, folded.width) = (height / count, width * count)
    return folded
  }

  private static let fewestColumns = 32
  private static let mostColumns = 256

  /// The convolution of one slice with one slice of the kernel.
  static func image(of shape: ConvolutionShape) -> ConvolutionShape {
    var slice = shape
    slice.depth = 1
    (slice.kernel.depth, slice.stride.depth, slice.dilation.depth) = (1, 1, 1)
    (slice.padding.front, slice.padding.back) = (0, 0)
    return slice
  }

  var isEmpty: Bool { shape.outputChannels == 0 || (isOfWeights ? shape.inputChannels : shape.batch) == 0 }

  /// Elements along the sum of one output.
  var depth: Int { shape.channelsPerGroup * kernelSlices * shape.kernel.height * shape.kernel.width }

  /// How many columns of the input the outputs reach, padding included.
  var reachedColumns: Int { (outputWidth - 1) * shape.stride.width + (shape.kernel.width - 1) * shape.dilation.width + 1 }

  /// Whether some output reads a column of the padding.
  var padsColumns: Bool { shape.padding.left > 0 || reachedColumns - shape.padding.left > shape.width }

  /// Whether the kernel's places are single pixels that map one to one onto outputs, and that are equally far apart: rows of those that a step leaves
  /// over are not.
  var isPointwise: Bool {
    shape.kernel == Extent(1) && kernelSlices == 1 && shape.padding == Padding(0) && outputHeight == shape.height
      && outputWidth == shape.width && (outputHeight == 1 || image.hs == Int64(outputWidth) * image.ws)
  }

  /// Whether the gradient of the weights is a sum of nothing.
  var hasNoPixels: Bool { shape.batch == 0 || outputHeight == 0 || outputWidth == 0 }

  /// Whether the output's pixels are equally far apart, as rows or columns of a matrix are.
  var pixelsAreEven: Bool { outputHeight == 1 || layout.out_ps == Int64(outputWidth) * layout.out_qs }

  /// Whether the weights' depths are.
  var depthsAreEven: Bool {
    let places = image.kernel_slices * image.kernel_rows * image.kernel_columns
    let rows =
      (image.kernel_rows == 1 || layout.w_rs == image.kernel_columns * layout.w_ss)
      && (image.kernel_slices == 1 || layout.w_ds == image.kernel_rows * image.kernel_columns * layout.w_ss)
    let columns = places == 1 || image.channels == 1
    return rows
      && (columns || (image.channels_last ? layout.w_ss == image.channels * layout.w_cs : layout.w_cs == places * layout.w_ss))
  }

  /// Distance between depths of the weights seen as a matrix.
  var depthStride: Int64 { image.channels_last ? layout.w_cs : layout.w_ss }

  /// Whether pixels are the rows of the matrix product, so that the output's channels are adjacent.
  var pixelsAreRows: Bool { layout.out_ks == 1 }

  /// Whether the pixels of all images are the rows of one product.
  var isOneProduct: Bool {
    let pixels = Int64(outputHeight * outputWidth)
    return pixelsOfAllAreEven && (shape.batch == 1 || !isPointwise || image.ns == pixels * image.ws)
  }

  /// Whether the output's pixels of all images are, where those of one are.
  private var pixelsOfAllAreEven: Bool {
    shape.batch == 1
      || pixelsAreRows && image.slices == 1 && layout.out_ns == Int64(outputHeight * outputWidth) * layout.out_qs
  }

  /// Elements from one patch to the next where they are written out: an odd number of lines, so that patches share no sets of L1.
  var patchStride: Int {
    let line = Int(CK_LINE) / inputType.byteCount
    return ((depth - 1) / line + 1 | 1) * line
  }

  /// Whether the matrix of patches can be written out, and be an operand; of a 1x1 kernel the image is one.
  var hasPatches: Bool {
    let isAlongChannels = image.cs == 1 && (image.channels_last || image.channels == 1)
    let images = Double(shape.batch) * Double(shape.groups)
    let bytes = images * Double(outputHeight * outputWidth) * Double(patchStride) * Double(inputType.byteCount)
    return isAlongChannels && kernelSlices == 1 && image.slices == 1 && depthsAreEven && pixelsAreEven && pixelsOfAllAreEven
      && pixelsAreRows && !isPointwise && !hasNoPixels && depth > 0 && bytes <= Self.mostPatchBytes
  }

  /// Beyond what a thread keeps for the next call, each would be given memory by the system anew.
  private static let mostPatchBytes = Double(64 << 20)
}

// MARK: - As products

extension ConvolutionProblem {
  /// The product of one group and one image or, where they are one product, of all images. Where the image is an operand to be packed, its layout is
  /// a stand-in of the right size.
  func product(from algorithm: ConvolutionVariant.Algorithm) -> GEMMDescriptor {
    if algorithm.isOfWeights { return productOfPixels(patches: algorithm == .im2colWeights) }
    let pixels = outputHeight * outputWidth * (isOneProduct && pixelsAreRows ? shape.batch : 1)
    let weights = MatrixLayout(rows: channels, columns: depth, rowStride: Int(layout.w_os), columnStride: Int(depthStride))
    let input =
      algorithm == .pointwise
      ? MatrixLayout(rows: pixels, columns: depth, rowStride: Int(image.ws), columnStride: Int(image.cs))
      : MatrixLayout(rows: pixels, columns: depth, rowStride: algorithm == .im2col ? patchStride : depth, columnStride: 1)
    let output = MatrixLayout(rows: pixels, columns: channels, rowStride: Int(layout.out_qs), columnStride: Int(layout.out_ks))
    return pixelsAreRows
      ? described(a: input, b: weights.transposed, c: output, channels: .perColumn)
      : described(a: weights, b: input.transposed, c: output.transposed, channels: .perRow)
  }

  /// The gradient of one group's weights: of the input, a 1x1 kernel's channels as rows, or of its patches, and of the output's gradient, over the pixels
  /// of all images.
  private func productOfPixels(patches: Bool) -> GEMMDescriptor {
    let pixels = outputHeight * outputWidth * shape.batch
    let (row, column) = patches ? (1, patchStride) : (Int(image.cs), Int(image.ws))
    return GEMMDescriptor(
      a: MatrixLayout(rows: depth, columns: pixels, rowStride: row, columnStride: column),
      b: MatrixLayout(rows: pixels, columns: channels, rowStride: Int(layout.out_qs), columnStride: Int(layout.out_ks)),
      c: MatrixLayout(rows: depth, columns: channels, rowStride: Int(depthStride), columnStride: Int(layout.w_os)),
      inputType: inputType, outputType: outputType)
  }

  /// `product` as it is computed, of weights that `pair` finds packed where they are laid out ahead. Images are not.
  func orientedProduct(from algorithm: ConvolutionVariant.Algorithm, for pair: CandidatePair) -> OrientedProblem {
    let mayTurn = packsAcross && algorithm.isOfWeights && inputType != .bfloat16
    var oriented = OrientedProblem(product(from: algorithm), isa: mayTurn ? pair.set.isa : nil, packsAcross: mayTurn)
    if !weightsAhead || ![.pointwise, .im2col].contains(algorithm) { return oriented }
    let weightsAreLeft = pixelsAreRows == oriented.swapped
    oriented.readyA = weightsAreLeft && pair.packsA
    oriented.readyB = !weightsAreLeft && pair.packsB
    return oriented
  }

  /// The product of one output row and one group: rows are its pixels, or so many of joined rows, columns its channels.
  func rowProduct(pixels: Int? = nil) -> GEMMDescriptor {
    let pixels = pixels ?? outputWidth
    return described(
      a: .rowMajor(rows: pixels, columns: depth), b: .rowMajor(rows: depth, columns: channels),
      c: MatrixLayout(rows: pixels, columns: channels, rowStride: Int(layout.out_qs), columnStride: Int(layout.out_ks)),
      channels: .perColumn)
  }

  private func described(a: MatrixLayout, b: MatrixLayout, c: MatrixLayout, channels bias: Epilogue.Bias) -> GEMMDescriptor {
    var descriptor = GEMMDescriptor(a: a, b: b, c: c, inputType: inputType, outputType: outputType)
    descriptor.epilogue = epilogue.ofProduct(channels: bias)
    return descriptor
  }
}
