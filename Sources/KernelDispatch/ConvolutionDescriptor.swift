public import Tensors

/// What happens to a finished tile of what is computed, output or gradient of the input: clamp(act(scale * convolution + bias)), rounded once to its
/// type.
@frozen
public struct ConvolutionEpilogue: Sendable, Hashable {
  public var scale: Double
  /// One entry for each channel of what is computed, in `Float`; it comes with each call.
  public var hasBias: Bool
  public var activation: Epilogue.Activation
  /// Where values end up after the activation; ReLU6 is 0...6. NaN passes.
  public var clamp: ClosedRange<Double>?

  @inlinable
  public init(
    scale: Double = 1, hasBias: Bool = false, activation: Epilogue.Activation = .none, clamp: ClosedRange<Double>? = nil
  ) {
    self.scale = scale
    self.hasBias = hasBias
    self.activation = activation
    self.clamp = clamp
  }

  /// The same of a product whose output channels are its rows or its columns.
  func ofProduct(channels: Epilogue.Bias) -> Epilogue {
    Epilogue(scale: scale, bias: hasBias ? channels : .none, activation: activation, clamp: clamp)
  }
}

/// A 2-D convolution or one of its two gradients. Forward: output = epilogue(input convolved with weights). Sums are kept in `Float`.
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
  /// Whether Winograd's algorithm may run, unasked, where it is faster and its error bound is that of direct sums: (k + 10) u times the largest sum of
  /// |products| among the outputs of a tile (2 x 2, 4 x 4 or 6 x 6), not of the output itself. A variant that `options` names runs anyway.
  ///
  /// An infinity or a NaN in the input then shows in all outputs of the tiles that read it.
  public var allowsWinograd: Bool
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
    allowsWinograd = true
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
