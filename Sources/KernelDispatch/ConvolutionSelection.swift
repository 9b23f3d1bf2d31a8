/// What runs for a convolution: a plain value, equal for equal problems, options and machines.
public struct ConvolutionSelection: Sendable, Hashable {
  /// The variant's name, such as `direct.packed`.
  public var variant: String
  /// The name of the largest tile, such as `outer_f32_14x32_avx512`, or of the depthwise micro-kernel.
  public var microkernel: String
  public var isa: ISA
  public var threads: Int
}

extension ConvolutionSelection: CustomStringConvertible {
  public var description: String { "\(variant) \(microkernel) threads=\(threads)" }
}

/// A way to run a convolution.
public struct ConvolutionVariant: Sendable, Hashable {
  public let name: String
  public let summary: String
  /// The techniques it can use. SIMD depends on the micro-kernel.
  public let techniques: TechniqueSet
}

/// One variant with one micro-kernel, and what became of it.
public struct ConvolutionCandidate: Sendable {
  public enum Outcome: Sendable {
    /// Predicted to take `seconds` on a nominal 4 GHz core of its instruction set: a rank, not a promise.
    case chosen(ConvolutionSelection, seconds: Double)
    case slower(seconds: Double)
    case rejected(Rejection)
  }

  public let variant: ConvolutionVariant
  public let microkernel: String
  public let isa: ISA
  public let outcome: Outcome
}
