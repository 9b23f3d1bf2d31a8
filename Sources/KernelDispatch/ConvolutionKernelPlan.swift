import CKernels
import Tensors

/// A convolution's selection written down for the C library: what `ConvolutionPlan` wraps after it has checked the descriptor.
public struct ConvolutionKernelPlan: Sendable {
  public let selection: ConvolutionSelection
  private let memory: Memory

  private final class Memory: @unchecked Sendable {  // Written once, before anyone else sees it.
    let plans: UnsafeMutableBufferPointer<ck_conv_plan>

    init(_ plans: [ck_conv_plan]) {
      self.plans = .allocate(capacity: plans.count)
      _ = self.plans.initialize(from: plans)
    }

    deinit { plans.deallocate() }
  }

  /// Selects for `descriptor`, whose sizes and types the caller has checked, under this process's overrides.
  ///
  /// - Throws: `invalidOverride`, and what `Dispatch.select` throws.
  public init(_ descriptor: ConvolutionDescriptor) throws(HeadroomError) {
    let planned = try Dispatch.process.get().plans(descriptor)
    selection = planned.selection
    memory = Memory(planned.plans)
  }

  /// Bytes of workspace for `run`.
  public var workspaceByteCount: Int {
    withExtendedLifetime(memory) { Int(ck_conv_workspace_bytes(memory.plans.baseAddress, Int64(memory.plans.count))) }
  }

  /// Runs on unchecked memory: the tensors of the pass, in the order of `ConvolutionDescriptor.tensors`, as A, B and C, and the bias. `workspace`: `workspaceByteCount` bytes aligned to 64, or
  /// `nil` for the thread's arena.
  ///
  /// - Throws: `outOfMemory`; nothing was written.
  public func run(_ operands: OperandPointers, workspace: UnsafeMutableRawPointer?) throws(HeadroomError) {
    var pointers = ck_conv_operands(input: operands.a, weights: operands.b, output: operands.c, bias: operands.bias)
    let status = withExtendedLifetime(memory) {
      ck_conv_execute(memory.plans.baseAddress, Int64(memory.plans.count), &pointers, workspace)
    }
    if status != CK_OK { throw .outOfMemory(byteCount: workspaceByteCount) }
  }
}
