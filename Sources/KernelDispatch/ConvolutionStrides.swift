import Tensors

/// Strides of an image's axes, in elements.
struct ImageStrides {
  var image: Int64
  var channel: Int64
  var row: Int64
  var column: Int64

  private init(_ layout: ImageLayout, channels: Int, height: Int, width: Int) {
    let (c, h, w) = (Int64(channels), Int64(height), Int64(width))
    image = c * h * w
    switch layout {
    case .nchw: (channel, row, column) = (h * w, w, 1)
    case .nhwc: (channel, row, column) = (1, w * c, c)
    }
  }

  static func input(_ shape: ConvolutionShape, _ layout: ImageLayout) -> ImageStrides {
    ImageStrides(layout, channels: shape.inputChannels, height: shape.height, width: shape.width)
  }

  static func output(_ shape: ConvolutionShape, _ layout: ImageLayout) -> ImageStrides {
    ImageStrides(layout, channels: shape.outputChannels, height: shape.outputHeight, width: shape.outputWidth)
  }
}

/// Strides of the weights' axes, in elements.
struct WeightStrides {
  /// From one group's first output channel to the next one's.
  var group: Int64
  var output: Int64
  var input: Int64
  var row: Int64
  var column: Int64

  init(_ layout: WeightLayout, _ shape: ConvolutionShape) {
    let (o, i) = (Int64(shape.outputChannels), Int64(shape.channelsPerGroup))
    let (r, s) = (Int64(shape.kernel.height), Int64(shape.kernel.width))
    switch layout {
    case .oihw: (output, input, row, column) = (i * r * s, r * s, s, 1)
    case .ohwi: (output, input, row, column) = (r * s * i, 1, s * i, i)
    case .hwio: (output, input, row, column) = (1, o, s * i * o, i * o)
    }
    group = Int64(shape.outputChannels / shape.groups) * output
  }
}
