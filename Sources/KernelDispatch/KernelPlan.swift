import CKernels
import Tensors

/// Where a call's matrices lie: pointers to elements (0, 0), not checked.
public struct OperandPointers {
  public var a: UnsafeRawPointer?
  public var b: UnsafeRawPointer?
  public var c: UnsafeMutableRawPointer
  /// m or n entries where the epilogue has a bias.
  public var bias: UnsafeRawPointer?

  @inlinable
  public init(a: UnsafeRawPointer?, b: UnsafeRawPointer?, c: UnsafeMutableRawPointer, bias: UnsafeRawPointer? = nil) {
    self.a = a
    self.b = b
    self.c = c
    self.bias = bias
  }
}

/// A selection written down for the C library: what `GEMMPlan` wraps after it has checked the descriptor.
///
/// The C plan has an address of its own, so that a run hands C a pointer and copies nothing.
public struct KernelPlan: Sendable {
  public let selection: Selection
  private let memory: Memory

  private final class Memory: @unchecked Sendable {  // Written once, before anyone else sees it.
    let plan: UnsafeMutablePointer<ck_gemm_plan>

    init() {
      plan = .allocate(capacity: 1)
      plan.initialize(to: ck_gemm_plan())
    }

    deinit { plan.deallocate() }
  }

  /// Selects for `descriptor`, whose sizes and layouts the caller has checked, under this process's overrides.
  ///
  /// - Throws: `invalidOverride`, and what `Dispatch.select` throws.
  public init(_ descriptor: GEMMDescriptor) throws(HeadroomError) {
    memory = Memory()
    selection = try Dispatch.process.get().plan(descriptor, into: &memory.plan.pointee)
  }

  /// Bytes of workspace for `run`.
  public var workspaceByteCount: Int { Int(ck_gemm_workspace_bytes(memory.plan)) }

  /// Runs on unchecked memory. `workspace`: `workspaceByteCount` bytes aligned to 64, or `nil` for the thread's arena.
  ///
  /// - Throws: `outOfMemory`; nothing was written.
  public func run(_ operands: OperandPointers, workspace: UnsafeMutableRawPointer?) throws(HeadroomError) {
    try execute(memory.plan, operands, workspace)
  }

  /// Selects and runs at once, with the plan on the stack.
  ///
  /// - Throws: what `init` and `run` throw.
  public static func run(
    _ descriptor: GEMMDescriptor, _ operands: OperandPointers, workspace: UnsafeMutableRawPointer?
  ) throws(HeadroomError) {
    var plan = ck_gemm_plan()
    _ = try Dispatch.process.get().plan(descriptor, into: &plan)
    try execute(&plan, operands, workspace)
  }
}

@inline(__always)
private func execute(
  _ plan: UnsafePointer<ck_gemm_plan>, _ operands: OperandPointers, _ workspace: UnsafeMutableRawPointer?
) throws(HeadroomError) {
  var operands = ck_gemm_operands(a: operands.a, b: operands.b, c: operands.c, bias: operands.bias)
  if ck_gemm_execute(plan, &operands, workspace) != CK_OK {
    throw .outOfMemory(byteCount: Int(ck_gemm_workspace_bytes(plan)))
  }
}
