/// What runs for a convolution: a plain value, equal for equal problems, options and machines.
public struct ConvolutionSelection: Sendable, Hashable {
  /// The variant's name, such as `direct.packed`.
  public var variant: String
  /// The variant of matrix multiply that does its products, such as `outer.packed`; `nil` where there are none.
  public var product: String?
  /// The name of the largest tile, such as `outer_f32_14x32_avx512`, or of the depthwise micro-kernel.
  public var microkernel: String
  public var isa: ISA
  public var threads: Int
}

extension ConvolutionSelection: CustomStringConvertible {
  public var description: String {
    [variant, product, microkernel, "threads=\(threads)"].compactMap(\.self).joined(separator: " ")
  }
}

/// One variant with one micro-kernel, and what became of it.
public struct ConvolutionCandidate: Sendable {
  public typealias Outcome = CandidateOutcome<ConvolutionSelection>

  public let variant: ConvolutionVariant
  /// The variant of matrix multiply that would do its products.
  public let product: String?
  public let microkernel: String
  public let isa: ISA
  public let outcome: Outcome
}
