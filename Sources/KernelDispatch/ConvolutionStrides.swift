import Tensors

/// Strides of the axes of images, or of volumes, in elements.
struct ImageStrides {
  /// From one volume to the next.
  var volume: Int64
  var channel: Int64
  var slice: Int64
  var row: Int64
  var column: Int64

  private init(_ layout: ImageLayout, channels: Int, depth: Int, height: Int, width: Int) {
    let (c, d, h, w) = (Int64(channels), Int64(depth), Int64(height), Int64(width))
    switch layout {
    case .nchw: (channel, row, column) = (d * h * w, w, 1)
    case .nhwc: (channel, row, column) = (1, w * c, c)
    }
    volume = c * d * h * w
    slice = h * row
  }

  static func input(_ shape: ConvolutionShape, _ layout: ImageLayout) -> ImageStrides {
    ImageStrides(layout, channels: shape.inputChannels, depth: shape.depth, height: shape.height, width: shape.width)
  }

  static func output(_ shape: ConvolutionShape, _ layout: ImageLayout) -> ImageStrides {
    ImageStrides(
      layout, channels: shape.outputChannels, depth: shape.outputDepth, height: shape.outputHeight, width: shape.outputWidth)
  }
}

/// Strides of the weights' axes, in elements.
struct WeightStrides {
  /// From one group's first output channel to the next one's.
  var group: Int64
  var output: Int64
  var input: Int64
  var slice: Int64
  var row: Int64
  var column: Int64

  init(_ layout: WeightLayout, _ shape: ConvolutionShape) {
    let (o, i) = (Int64(shape.outputChannels), Int64(shape.channelsPerGroup))
    let (d, r, s) = (Int64(shape.kernel.depth), Int64(shape.kernel.height), Int64(shape.kernel.width))
    switch layout {
    case .oihw: (output, input, row, column) = (i * d * r * s, d * r * s, s, 1)
    case .ohwi: (output, input, row, column) = (d * r * s * i, 1, s * i, i)
    case .hwio: (output, input, row, column) = (1, o, s * i * o, i * o)
    }
    slice = r * row
    group = Int64(shape.outputChannels / shape.groups) * output
  }
}
