import CKernels
import Tensors

/// A convolution's selection written down for the C library: what `ConvolutionPlan` wraps after it has checked the descriptor.
public struct ConvolutionKernelPlan: Sendable {
  public let selection: ConvolutionSelection
  private let memory: Memory

  private final class Memory: @unchecked Sendable {  // Written once, before anyone else sees it.
    let plan: UnsafeMutablePointer<ck_conv_plan>

    init(_ plan: ck_conv_plan) {
      self.plan = .allocate(capacity: 1)
      self.plan.initialize(to: plan)
    }

    deinit { plan.deallocate() }
  }

  /// Selects for `descriptor`, whose sizes and types the caller has checked, under this process's overrides.
  ///
  /// - Throws: `invalidOverride`, and what `Dispatch.select` throws.
  public init(_ descriptor: ConvolutionDescriptor) throws(HeadroomError) {
    let planned = try Dispatch.process.get().plan(descriptor)
    selection = planned.selection
    memory = Memory(planned.plan)
  }

  /// Bytes of workspace for `run`.
  public var workspaceByteCount: Int { withExtendedLifetime(memory) { Int(ck_conv_workspace_bytes(memory.plan)) } }

  /// Runs on unchecked memory: input, weights, output and bias as A, B, C and bias. `workspace`: `workspaceByteCount` bytes aligned to 64, or
  /// `nil` for the thread's arena.
  ///
  /// - Throws: `outOfMemory`; nothing was written.
  public func run(_ operands: OperandPointers, workspace: UnsafeMutableRawPointer?) throws(HeadroomError) {
    var pointers = ck_conv_operands(input: operands.a, weights: operands.b, output: operands.c, bias: operands.bias)
    let status = withExtendedLifetime(memory) { ck_conv_execute(memory.plan, &pointers, workspace) }
    if status != CK_OK { throw .outOfMemory(byteCount: workspaceByteCount) }
  }
}
