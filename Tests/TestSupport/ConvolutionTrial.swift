import Oracle
import Tensors

/// The memory of one convolution and the check of what an implementation leaves in it.
public final class ConvolutionTrial {
  /// The operands' memory, as an implementation gets it.
  public struct Pointers {
    public let input: UnsafeRawPointer
    public let weights: UnsafeRawPointer
    public let output: UnsafeMutableRawPointer
    /// One `Float` for each output channel; `nil` if there is no bias.
    public let bias: UnsafePointer<Float>?
    /// Lies as the output does; `nil` if there is none.
    public let residual: UnsafeRawPointer?
  }

  public let setting: ConvolutionSetting
  public let input: GuardedTensor
  public let weights: GuardedTensor
  public let output: GuardedTensor
  public let bias: GuardedTensor?
  public let residual: GuardedTensor?
  public let reference: ConvolutionReference
  private let operands: [(name: String, tensor: GuardedTensor, bytes: [UInt8])]

  public init(_ setting: ConvolutionSetting, seed: UInt64 = 1) throws {
    self.setting = setting
    let shape = setting.shape
    let fill = setting.data == .integers ? Fill.integers(depth: shape.reductionDepth) : .uniform
    func tensor(_ axes: TensorAxes, _ type: ElementType, _ seed: UInt64) throws -> GuardedTensor {
      let tensor = try GuardedTensor(axes, type: type, placement: setting.placement)
      tensor.view.fill(fill, seed: seed)
      return tensor
    }
    input = try tensor(.input(of: shape, setting.inputLayout), setting.inputType, seed)
    weights = try tensor(.weights(of: shape, setting.weightLayout), setting.inputType, seed + 1)
    output = try GuardedTensor(.output(of: shape, setting.outputLayout), type: setting.outputType, placement: setting.placement)
    bias = setting.hasBias ? try tensor(.channels(shape.outputChannels), .float32, seed + 2) : nil
    residual =
      setting.hasResidual ? try tensor(.output(of: shape, setting.outputLayout), setting.outputType, seed + 3) : nil
    reference = ConvolutionReference(
      shape: shape, input: input.view.readOnly, weights: weights.view.readOnly,
      epilogue: .init(
        scale: setting.scale, bias: bias?.view.readOnly.values(), residual: residual?.view.readOnly.values(),
        activation: setting.activation))
    operands = [("input", input), ("weights", weights), ("bias", bias), ("residual", residual)].compactMap { name, tensor in
      tensor.map { (name, $0, $0.bytes) }
    }
  }

  public var pointers: Pointers {
    Pointers(
      input: input.base, weights: weights.base, output: output.base,
      bias: bias.map { UnsafePointer($0.base.assumingMemoryBound(to: Float.self)) },
      residual: residual.map { UnsafeRawPointer($0.base) })
  }

  /// Puts the output back to NaN throughout.
  public func reset() { output.poison() }

  /// What is wrong after `implementation`, by a variant of convolution, ran on a fresh output, in words, as `finding`.
  public func finding(
    by variant: String = "", tolerance: Tolerance? = nil, coverage: Coverage = .automatic,
    running implementation: (Pointers) throws -> Void
  ) rethrows -> String? {
    reset()
    try implementation(pointers)
    return finding(by: variant, tolerance: tolerance, coverage: coverage)
  }

  /// What is wrong after a run, in words; `nil` if the output is right and nothing else was written.
  public func finding(by variant: String = "", tolerance: Tolerance? = nil, coverage: Coverage = .automatic) -> String? {
    let chosen = tolerance ?? .winograd(variant) ?? setting.tolerance
    if case .failed(let mismatch) = reference.verify(output.view.readOnly, tolerance: chosen, coverage: coverage) {
      return "\(setting): \(mismatch)"
    }
    if let byte = output.disturbance {
      return "\(setting): byte \(byte) of the output was written, which is none of its elements"
    }
    for (name, tensor, bytes) in operands where tensor.bytes != bytes || tensor.disturbance != nil {
      return "\(setting): \(name) written"
    }
    return nil
  }
}
