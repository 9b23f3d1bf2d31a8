import CKernels
import Tensors

/// A convolution's operands by their strides: what candidates are judged by and plans are made of.
struct ConvolutionProblem {
  let shape: ConvolutionShape
  let outputHeight: Int
  let outputWidth: Int
  /// Output channels of a group.
  let channels: Int
  let inputType: ElementType
  let outputType: ElementType
  let epilogue: ConvolutionEpilogue
  let layout: ck_conv_layout
  let image: ck_image

  init(_ descriptor: ConvolutionDescriptor) {
    var shape = descriptor.shape
    (outputHeight, outputWidth) = (shape.outputHeight, shape.outputWidth)
    // A step that is never taken is 1, whatever was said: so large a one as may be said would overflow.
    if outputHeight == 1 { shape.stride.height = 1 }
    if outputWidth == 1 { shape.stride.width = 1 }
    if shape.kernel.height == 1 { shape.dilation.height = 1 }
    if shape.kernel.width == 1 { shape.dilation.width = 1 }
    self.shape = shape
    channels = shape.outputChannels / shape.groups
    (inputType, outputType, epilogue) = (descriptor.inputType, descriptor.outputType, descriptor.epilogue)
    let input = ImageStrides(
      descriptor.inputLayout, channels: shape.inputChannels, height: shape.height, width: shape.width)
    let output = ImageStrides(
      descriptor.outputLayout, channels: shape.outputChannels, height: outputHeight, width: outputWidth)
    let weights = WeightStrides(descriptor.weightLayout, shape)
    layout = ck_conv_layout(
      w_gs: Int64(channels) * weights.output, w_os: weights.output, w_cs: weights.input, w_rs: weights.row, w_ss: weights.column,
      in_gs: Int64(shape.channelsPerGroup) * input.channel,
      out_ns: output.image, out_gs: Int64(channels) * output.channel, out_ks: output.channel, out_ps: output.row,
      out_qs: output.column)
    image = ck_image(
      channels: Int64(shape.channelsPerGroup), height: Int64(shape.height), width: Int64(shape.width),
      ns: input.image, cs: input.channel, hs: input.row, ws: input.column,
      kernel_rows: Int64(shape.kernel.height), kernel_columns: Int64(shape.kernel.width),
      stride_h: Int64(shape.stride.height), stride_w: Int64(shape.stride.width),
      dilation_h: Int64(shape.dilation.height), dilation_w: Int64(shape.dilation.width),
      pad_top: Int64(shape.padding.top), pad_left: Int64(shape.padding.left),
      out_rows: Int64(outputHeight), out_columns: Int64(outputWidth),
      // In the order in which the weights' depths follow one another.
      channels_last: descriptor.weightLayout != .oihw)
  }

  var isEmpty: Bool { shape.batch == 0 || shape.outputChannels == 0 }

  /// Elements along the sum of one output.
  var depth: Int { shape.channelsPerGroup * shape.kernel.height * shape.kernel.width }

  /// The columns of the input that the outputs reach, padding included.
  var reachedColumns: Int { (outputWidth - 1) * shape.stride.width + (shape.kernel.width - 1) * shape.dilation.width + 1 }

  /// Whether some output reads a column of the padding.
  var padsColumns: Bool { shape.padding.left > 0 || reachedColumns > shape.width }

  /// Whether the kernel's places are single pixels that map one to one onto outputs.
  var isPointwise: Bool {
    shape.kernel == Extent(1) && shape.padding == Padding(0) && outputHeight == shape.height && outputWidth == shape.width
  }

  /// Distance between depths of the weights seen as a matrix.
  var depthStride: Int64 { image.channels_last ? layout.w_cs : layout.w_ss }

  /// Whether pixels are the rows of the matrix product, so that the output's channels are adjacent.
  var pixelsAreRows: Bool { layout.out_ks == 1 }

  /// Whether the pixels of all images are the rows of one product.
  var isOneProduct: Bool {
    let pixels = Int64(outputHeight * outputWidth)
    guard pixelsAreRows, layout.out_ns == pixels * layout.out_qs else { return shape.batch == 1 }
    return !isPointwise || image.ns == pixels * image.ws
  }
}

/// Strides of an image's axes, in elements.
private struct ImageStrides {
  let image: Int64
  let channel: Int64
  let row: Int64
  let column: Int64

  init(_ layout: ImageLayout, channels: Int, height: Int, width: Int) {
    let (c, h, w) = (Int64(channels), Int64(height), Int64(width))
    image = c * h * w
    switch layout {
    case .nchw: (channel, row, column) = (h * w, w, 1)
    case .nhwc: (channel, row, column) = (1, w * c, c)
    }
  }
}

/// Strides of the weights' axes, in elements.
private struct WeightStrides {
  let output: Int64
  let input: Int64
  let row: Int64
  let column: Int64

  init(_ layout: WeightLayout, _ shape: ConvolutionShape) {
    let (o, i) = (Int64(shape.outputChannels), Int64(shape.channelsPerGroup))
    let (r, s) = (Int64(shape.kernel.height), Int64(shape.kernel.width))
    switch layout {
    case .oihw: (output, input, row, column) = (i * r * s, r * s, s, 1)
    case .ohwi: (output, input, row, column) = (r * s * i, 1, s * i, i)
    case .hwio: (output, input, row, column) = (1, o, s * i * o, i * o)
    }
  }
}

// MARK: - As products

extension ConvolutionProblem {
  /// The product of one group and one image or, where they are one product, of all images. Where the image is an operand to be packed, its layout is
  /// a stand-in of the right size.
  func product(from algorithm: ConvolutionVariant.Algorithm) -> GEMMDescriptor {
    let pixels = outputHeight * outputWidth * (isOneProduct && pixelsAreRows ? shape.batch : 1)
    let weights = MatrixLayout(rows: channels, columns: depth, rowStride: Int(layout.w_os), columnStride: Int(depthStride))
    let input =
      algorithm == .pointwise
      ? MatrixLayout(rows: pixels, columns: depth, rowStride: Int(image.ws), columnStride: Int(image.cs))
      : .rowMajor(rows: pixels, columns: depth)
    let output = MatrixLayout(rows: pixels, columns: channels, rowStride: Int(layout.out_qs), columnStride: Int(layout.out_ks))
    return pixelsAreRows
      ? described(a: input, b: weights.transposed, c: output, channels: .perColumn)
      : described(a: weights, b: input.transposed, c: output.transposed, channels: .perRow)
  }

  /// The product of one output row and one group: rows are its pixels, columns its channels.
  var rowProduct: GEMMDescriptor {
    described(
      a: .rowMajor(rows: outputWidth, columns: depth), b: .rowMajor(rows: depth, columns: channels),
      c: MatrixLayout(rows: outputWidth, columns: channels, rowStride: Int(layout.out_qs), columnStride: Int(layout.out_ks)),
      channels: .perColumn)
  }

  private func described(a: MatrixLayout, b: MatrixLayout, c: MatrixLayout, channels bias: Epilogue.Bias) -> GEMMDescriptor {
    var descriptor = GEMMDescriptor(a: a, b: b, c: c, inputType: inputType, outputType: outputType)
    descriptor.epilogue = epilogue.ofProduct(channels: bias)
    return descriptor
  }
}
