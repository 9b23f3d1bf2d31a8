import CKernels
import Tensors

/// A convolution's selection written down for the C library: what `ConvolutionPlan` wraps after it has checked the descriptor.
public struct ConvolutionKernelPlan: Sendable {
  public let selection: ConvolutionSelection

  /// Selects for `descriptor`, whose sizes and types the caller has checked, under this process's overrides.
  ///
  /// - Throws: `invalidOverride`, and what `Dispatch.select` throws.
  public init(_ descriptor: ConvolutionDescriptor) throws(HeadroomError) {
    throw .noCandidate(reasons: [])
  }

  /// Bytes of workspace for `run`.
  public var workspaceByteCount: Int { 0 }

  /// Runs on unchecked memory: input, weights, output and bias as A, B, C and bias. `workspace`: `workspaceByteCount` bytes aligned to 64, or
  /// `nil` for the thread's arena.
  ///
  /// - Throws: `outOfMemory`; nothing was written.
  public func run(_ operands: OperandPointers, workspace: UnsafeMutableRawPointer?) throws(HeadroomError) {}
}

extension Dispatch {
  /// Every candidate for `descriptor` with what became of it.
  public func explain(_ descriptor: ConvolutionDescriptor) throws(HeadroomError) -> [ConvolutionCandidate] { [] }
}
