/// A size along the height and one along the width of an image; along the depth of a volume, too.
@frozen
public struct Extent: Sendable, Hashable {
  /// Of an image 1.
  public var depth: Int
  public var height: Int
  public var width: Int

  @inlinable
  public init(depth: Int = 1, height: Int, width: Int) {
    self.depth = depth
    self.height = height
    self.width = width
  }

  /// The same along height and width.
  @inlinable
  public init(_ both: Int) { self.init(height: both, width: both) }
}

/// Rows and columns of zeros that are thought to lie round an image; before and behind a volume, slices of them.
@frozen
public struct Padding: Sendable, Hashable {
  /// Of an image 0.
  public var front: Int
  public var back: Int
  public var top: Int
  public var bottom: Int
  public var left: Int
  public var right: Int

  @inlinable
  public init(front: Int = 0, back: Int = 0, top: Int, bottom: Int, left: Int, right: Int) {
    self.front = front
    self.back = back
    self.top = top
    self.bottom = bottom
    self.left = left
    self.right = right
  }

  /// The same on all sides of an image.
  @inlinable
  public init(_ all: Int) { self.init(top: all, bottom: all, left: all, right: all) }
}

/// The sizes of a convolution in two dimensions (a cross-correlation, as in every network library): output channel k at (p, q) is the sum over its group's
/// input channels c and the kernel's places (r, s) of weight(k, c, r, s) times
/// input(c, p * stride.height + r * dilation.height - padding.top, q * stride.width + s * dilation.width - padding.left), zero outside the image.
///
/// In three, images are the slices of volumes: a sum goes over the slices of the kernel as well, and slice d of the output meets
/// slice d * stride.depth + t * dilation.depth - padding.front with slice t of the kernel. In one, images are of height 1.
///
/// Zeros of the padding are multiplied or left out, as the chosen kernel finds it better: where a weight is infinite or NaN, outputs that touch the
/// padding are not specified. So are, of the gradient of the weights, places whose pixels lie next to an infinite or NaN pixel of the input: bf16 is summed
/// in pairs, the last of which may have zero for its gradient.
@frozen
public struct ConvolutionShape: Sendable, Hashable {
  /// Images, or volumes.
  public var batch: Int
  public var inputChannels: Int
  /// Slices of a volume of the input; of images 1.
  public var depth: Int
  /// Of the input.
  public var height: Int
  public var width: Int
  public var outputChannels: Int
  public var kernel: Extent
  public var stride: Extent
  public var padding: Padding
  /// 1: the kernel's places are neighbours.
  public var dilation: Extent
  /// Input and output channels are cut into so many groups, each convolved by itself.
  public var groups: Int

  @inlinable
  public init(
    batch: Int = 1, inputChannels: Int, depth: Int = 1, height: Int, width: Int, outputChannels: Int, kernel: Extent,
    stride: Extent = Extent(1),
    padding: Padding = Padding(0), dilation: Extent = Extent(1), groups: Int = 1
  ) {
    self.batch = batch
    self.inputChannels = inputChannels
    self.depth = depth
    self.height = height
    self.width = width
    self.outputChannels = outputChannels
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
  }

  /// A 1-D convolution of `length` elements: images of height 1, so that `nchw` is channels by length, and `nhwc` length by channels.
  ///
  /// - Parameter padding: zeros before the first element and after the last one.
  @inlinable
  public init(
    batch: Int = 1, inputChannels: Int, length: Int, outputChannels: Int, kernel: Int, stride: Int = 1,
    padding: (before: Int, after: Int) = (0, 0), dilation: Int = 1, groups: Int = 1
  ) {
    self.init(
      batch: batch, inputChannels: inputChannels, height: 1, width: length, outputChannels: outputChannels,
      kernel: Extent(height: 1, width: kernel), stride: Extent(height: 1, width: stride),
      padding: Padding(top: 0, bottom: 0, left: padding.before, right: padding.after),
      dilation: Extent(height: 1, width: dilation), groups: groups)
  }

  /// Input channels that an output channel sums over.
  @inlinable public var channelsPerGroup: Int { groups == 0 ? 0 : inputChannels / groups }

  /// Slices of a volume of the output, as `outputHeight`.
  @inlinable public var outputDepth: Int {
    Self.outputs(depth &+ padding.front &+ padding.back, kernel.depth, stride.depth, dilation.depth)
  }

  /// Rows of the output; 0 or less where the kernel is larger than the padded image. Meaningless where a size is out of range.
  @inlinable public var outputHeight: Int {
    Self.outputs(height &+ padding.top &+ padding.bottom, kernel.height, stride.height, dilation.height)
  }

  /// Columns of the output, as `outputHeight`.
  @inlinable public var outputWidth: Int {
    Self.outputs(width &+ padding.left &+ padding.right, kernel.width, stride.width, dilation.width)
  }

  @inlinable
  static func outputs(_ padded: Int, _ kernel: Int, _ stride: Int, _ dilation: Int) -> Int {
    let reach = padded &- (kernel &- 1) &* dilation &- 1
    return reach < 0 || stride < 1 ? 0 : reach / stride &+ 1
  }

  /// Every input channel has an output channel of its own: nothing is summed over channels.
  @inlinable public var isDepthwise: Bool { groups == inputChannels && groups == outputChannels }
}

extension ConvolutionShape {
  @inlinable public var inputCount: Int { batch * inputChannels * depth * height * width }
  @inlinable public var weightCount: Int { outputChannels * channelsPerGroup * kernel.depth * kernel.height * kernel.width }
  @inlinable public var outputCount: Int { batch * outputChannels * outputDepth * outputHeight * outputWidth }

  /// Multiplications of the textbook algorithm, those with padding not counted.
  public var multiplications: Double {
    let slices = Self.touches(outputDepth, kernel.depth, stride.depth, dilation.depth, padding.front, depth)
    let rows = Self.touches(outputHeight, kernel.height, stride.height, dilation.height, padding.top, height)
    let columns = Self.touches(outputWidth, kernel.width, stride.width, dilation.width, padding.left, width)
    return Double(batch) * Double(outputChannels) * Double(channelsPerGroup) * Double(slices) * Double(rows) * Double(columns)
  }

  /// Pairs of an output and a place of the kernel along one axis that meet the image.
  private static func touches(_ outputs: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ before: Int, _ size: Int) -> Int {
    (0..<max(kernel, 0)).reduce(0) { sum, tap in
      // Outputs o with 0 <= o * stride + offset < size.
      let offset = tap * dilation - before
      let first = offset < 0 ? (-offset - 1) / stride + 1 : 0
      let end = size - offset <= 0 ? 0 : (size - offset - 1) / stride + 1
      return sum + max(0, min(end, outputs) - first)
    }
  }
}

/// How images lie in memory, without gaps; the last letter's axis has unit stride. Of volumes, rows follow one another through all slices.
public enum ImageLayout: String, Sendable, Hashable, CaseIterable {
  /// Channels first.
  case nchw
  /// Channels last.
  case nhwc
}

/// How weights lie in memory, without gaps; the last letter's axis has unit stride, and rows follow one another through all slices. `o`: output channels, all groups one after another; `i`: input
/// channels of one group.
public enum WeightLayout: String, Sendable, Hashable, CaseIterable {
  /// As PyTorch and ONNX keep them, beside NCHW.
  case oihw
  case ohwi
  /// As TensorFlow keeps them, beside NHWC.
  case hwio
}
