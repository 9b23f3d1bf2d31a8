public import Tensors

/// What happens to a finished tile of the output: output = clamp(act(scale * convolution + bias)), rounded once to the output's
/// type.
@frozen
public struct ConvolutionEpilogue: Sendable, Hashable {
  public var scale: Double
  /// One entry for each output channel, in `Float`; it comes with each call.
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

/// A 2-D convolution, forward: output = epilogue(input convolved with weights). Sums are kept in `Float`.
///
/// Takes f32 into f32, bf16 into f32 and bf16 into bf16; input and weights are of one type.
@frozen
public struct ConvolutionDescriptor: Sendable, Hashable {
  public var shape: ConvolutionShape
  public var inputLayout: ImageLayout
  public var weightLayout: WeightLayout
  public var outputLayout: ImageLayout
  /// Of input and weights.
  public var inputType: ElementType
  public var outputType: ElementType
  public var epilogue: ConvolutionEpilogue
  public var options: SelectionOptions

  /// Input and output lie alike. Weights are `oihw` beside `nchw` and `hwio` beside `nhwc` unless given, `outputType` is `inputType` unless given.
  @inlinable
  public init(
    _ shape: ConvolutionShape, layout: ImageLayout = .nhwc, weightLayout: WeightLayout? = nil, inputType: ElementType = .float32,
    outputType: ElementType? = nil
  ) {
    self.shape = shape
    inputLayout = layout
    self.weightLayout = weightLayout ?? (layout == .nchw ? .oihw : .hwio)
    outputLayout = layout
    self.inputType = inputType
    self.outputType = outputType ?? inputType
    epilogue = ConvolutionEpilogue()
    options = SelectionOptions()
  }
}
