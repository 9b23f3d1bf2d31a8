import Oracle
import Tensors

/// The memory of one backward pass and the check of what an implementation leaves in it. A setting's epilogue is that of the gradient of the input;
/// its output type is that of the gradient.
public final class GradientTrial {
  public let setting: ConvolutionSetting
  public let pass: ConvolutionPass
  public let outputGradient: GuardedTensor
  /// The weights for the gradient of the input, the input for that of the weights.
  public let other: GuardedTensor
  public let gradient: GuardedTensor
  public let bias: GuardedTensor?
  public let residual: GuardedTensor?
  public let reference: GradientReference
  /// Made by the first check of a whole gradient; no run may change the operands.
  private lazy var entries = reference.entries()
  private let operands: [(name: String, tensor: GuardedTensor, bytes: [UInt8])]

  public init(_ setting: ConvolutionSetting, _ pass: ConvolutionPass, seed: UInt64 = 1) throws {
    self.setting = setting
    self.pass = pass
    let shape = setting.shape
    let (images, weights) = (
      TensorAxes.input(of: shape, setting.inputLayout), TensorAxes.weights(of: shape, setting.weightLayout)
    )
    let isData = pass == .backwardData
    outputGradient = try GuardedTensor(
      .output(of: shape, setting.outputLayout), type: setting.inputType, placement: setting.placement)
    other = try GuardedTensor(isData ? weights : images, type: setting.inputType, placement: setting.placement)
    gradient = try GuardedTensor(isData ? images : weights, type: setting.outputType, placement: setting.placement)
    bias =
      isData && setting.hasBias
      ? try GuardedTensor(.channels(shape.inputChannels), type: .float32, placement: setting.placement) : nil
    residual =
      isData && setting.hasResidual ? try GuardedTensor(images, type: setting.outputType, placement: setting.placement) : nil
    var reference = GradientReference(
      shape: shape, pass: pass, outputGradient: outputGradient.view.readOnly, other: other.view.readOnly)
    let fill = setting.data == .integers ? Fill.integers(depth: reference.depth) : .uniform
    for (index, tensor) in [outputGradient, other, bias, residual].enumerated() {
      tensor?.view.fill(fill, seed: seed + UInt64(index))
    }
    if isData {
      reference.epilogue = .init(
        scale: setting.scale, bias: bias?.view.readOnly.values(), residual: residual?.view.readOnly.values(),
        activation: setting.activation)
    }
    self.reference = reference
    operands = [
      ("output gradient", outputGradient), (isData ? "weights" : "input", other), ("bias", bias), ("residual", residual),
    ].compactMap {
      name, tensor in
      tensor.map { (name, $0, $0.bytes) }
    }
  }

  /// What is wrong after `implementation`, by a variant of convolution, ran on a fresh gradient, in words; `nil` if it is right and nothing else was written.
  public func finding(
    by variant: String = "", tolerance: Tolerance? = nil, running implementation: () throws -> Void
  ) rethrows -> String? {
    gradient.poison()
    try implementation()
    return finding(by: variant, tolerance: tolerance)
  }

  /// What is wrong after a run.
  public func finding(by variant: String = "", tolerance: Tolerance? = nil) -> String? {
    let isExact = setting.data == .integers && (pass == .backwardWeights || setting.activation.isExact)
    let chosen = tolerance ?? .winograd(variant) ?? (isExact ? .exact : .statistical)
    let verdict = reference.verify(gradient.view.readOnly, tolerance: chosen, entries: { self.entries })
    if case .failed(let mismatch) = verdict {
      return "\(pass.rawValue); \(setting): \(mismatch)"
    }
    if let byte = gradient.disturbance {
      return "\(pass.rawValue); \(setting): byte \(byte) of the gradient was written, which is none of its elements"
    }
    for (name, tensor, bytes) in operands where tensor.bytes != bytes || tensor.disturbance != nil {
      return "\(pass.rawValue); \(setting): \(name) written"
    }
    return nil
  }
}
