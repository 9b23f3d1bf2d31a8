import Oracle
import Tensors

/// One convolution as a test sees it: sizes, layouts, types, epilogue and how the operands are filled.
public struct ConvolutionSetting: Sendable, Hashable, CustomStringConvertible {
  public var shape: ConvolutionShape
  public var inputLayout = ImageLayout.nchw
  public var weightLayout = WeightLayout.oihw
  public var outputLayout = ImageLayout.nchw
  /// Of input and weights.
  public var inputType = ElementType.float32
  public var outputType = ElementType.float32
  public var scale = 1.0
  public var hasBias = false
  public var hasResidual = false
  public var activation = ReferenceActivation.none
  public var data = GEMMSetting.Data.integers
  public var placement = GuardedBuffer.Placement.flushWithEnd

  public init(_ shape: ConvolutionShape, with change: (inout ConvolutionSetting) -> Void = { _ in }) {
    self.shape = shape
    change(&self)
  }

  public func with(_ change: (inout ConvolutionSetting) -> Void) -> ConvolutionSetting {
    var copy = self
    change(&copy)
    return copy
  }

  /// How near the result must be to the exact value.
  public var tolerance: Tolerance { data == .integers && activation.isExact ? .exact : .statistical }

  public var description: String {
    let (kernel, stride, dilation, padding) = (shape.kernel, shape.stride, shape.dilation, shape.padding)
    var words = [
      "n\(shape.batch) c\(shape.inputChannels) h\(shape.height) w\(shape.width) k\(shape.outputChannels) r\(kernel.height) s\(kernel.width)"
    ]
    if shape.depth != 1 || kernel.depth != 1 {
      words.append(
        "depth \(shape.depth), kernel \(kernel.depth), stride \(stride.depth), dilation \(dilation.depth), "
          + "padding \(padding.front), \(padding.back)")
    }
    if stride != Extent(1) { words.append("stride \(stride.height), \(stride.width)") }
    if padding != Padding(0) { words.append("padding \(padding.top), \(padding.bottom), \(padding.left), \(padding.right)") }
    if dilation != Extent(1) { words.append("dilation \(dilation.height), \(dilation.width)") }
    if shape.groups != 1 { words.append("groups \(shape.groups)") }
    words.append("\(inputLayout) * \(weightLayout) -> \(outputLayout)")
    words.append("\(inputType.rawValue)->\(outputType.rawValue)")
    if scale != 1 { words.append("scale \(scale)") }
    if hasBias { words.append("bias") }
    if hasResidual { words.append("residual") }
    if activation != .none { words.append("\(activation)") }
    words.append("\(data), \(placement)")
    return words.joined(separator: "; ")
  }
}

extension Tolerance {
  /// That of a variant of convolution by Winograd's algorithm, of which no sum is exact; `nil` of any other.
  static func winograd(_ variant: String) -> Tolerance? {
    guard variant.contains("winograd."), let outputs = variant.last?.wholeNumberValue else { return nil }
    return .winograd(outputs: outputs)
  }
}
