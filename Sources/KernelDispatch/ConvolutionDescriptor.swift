public import Tensors

/// What happens to a finished tile of what is computed, output or gradient of the input: clamp(act(scale * convolution + bias + residual)), rounded
/// once to its type.
@frozen
public struct ConvolutionEpilogue: Sendable, Hashable {
  public var scale: Double
  /// One entry for each channel of what is computed, in `Float`; it comes with each call.
  public var hasBias: Bool
  public var activation: Epilogue.Activation
  /// Where values end up after the activation; ReLU6 is 0...6. NaN passes.
  public var clamp: ClosedRange<Double>?
  /// A tensor is added that comes with each call, of the type of what is computed and laid out as it is. They share no element.
  public var hasResidual: Bool

  @inlinable
  public init(
    scale: Double = 1, hasBias: Bool = false, activation: Epilogue.Activation = .none, clamp: ClosedRange<Double>? = nil,
    hasResidual: Bool = false
  ) {
    self.scale = scale
    self.hasBias = hasBias
    self.activation = activation
    self.clamp = clamp
    self.hasResidual = hasResidual
  }

  /// The same of a product whose output channels are its rows or its columns.
  func ofProduct(channels: Epilogue.Bias) -> Epilogue {
    Epilogue(scale: scale, bias: hasBias ? channels : .none, activation: activation, clamp: clamp, hasResidual: hasResidual)
  }
}

/// A convolution of images or volumes, or one of its two gradients. Forward: output = epilogue(input convolved with weights). Sums are kept in `Float`.
///
/// Takes f32 into f32, bf16 into f32 and bf16 into bf16; both tensors that are read are of one type.
@frozen
public struct ConvolutionDescriptor: Sendable, Hashable {
  public var shape: ConvolutionShape
  public var pass: ConvolutionPass
  /// Of the input and its gradient.
  public var inputLayout: ImageLayout
  /// Of the weights and their gradient.
  public var weightLayout: WeightLayout
  /// Of the output and its gradient.
  public var outputLayout: ImageLayout
  /// Of the two tensors that are read.
  public var inputType: ElementType
  /// Of the tensor that is written.
  public var outputType: ElementType
  /// Of the gradient of the weights the identity.
  public var epilogue: ConvolutionEpilogue
  public var options: SelectionOptions

  /// Input and output lie alike. Weights are `oihw` beside `nchw` and `hwio` beside `nhwc` unless given, `outputType` is `inputType` unless given.
  @inlinable
  public init(
    _ shape: ConvolutionShape, pass: ConvolutionPass = .forward, layout: ImageLayout = .nhwc, weightLayout: WeightLayout? = nil,
    inputType: ElementType = .float32, outputType: ElementType? = nil
  ) {
    self.shape = shape
    self.pass = pass
    inputLayout = layout
    self.weightLayout = weightLayout ?? (layout == .nchw ? .oihw : .hwio)
    outputLayout = layout
    self.inputType = inputType
    self.outputType = outputType ?? inputType
    epilogue = ConvolutionEpilogue()
    options = SelectionOptions()
  }
}

extension ConvolutionDescriptor {
  /// Channels of what is computed: entries of the epilogue's bias.
  public var biasCount: Int { pass == .backwardData ? shape.inputChannels : shape.outputChannels }

  /// A tensor of a pass: what it is called and how many elements it has.
  package typealias Tensor = (name: String, count: Int)

  /// The tensors of the pass, the two that are read and the one that is written.
  package var tensors: (Tensor, Tensor, result: Tensor) {
    let (input, weights, output) = (shape.inputCount, shape.weightCount, shape.outputCount)
    return switch pass {
    case .forward: (("the input", input), ("the weights", weights), ("the output", output))
    case .backwardData: (("the output gradient", output), ("the weights", weights), ("the input gradient", input))
    case .backwardWeights: (("the input", input), ("the output gradient", output), ("the weight gradient", weights))
    }
  }
}
