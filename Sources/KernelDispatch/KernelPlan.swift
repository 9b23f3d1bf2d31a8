import CKernels
import Tensors

/// A selection written down for the C library: what `GEMMPlan` wraps after it has checked the descriptor.
public struct KernelPlan: Sendable {
  public let selection: Selection
  private let plan: ck_gemm_plan

  /// Selects for `descriptor`, whose sizes and layouts the caller has checked, under this process's overrides.
  ///
  /// - Throws: `invalidOverride`, and what `Dispatch.select` throws.
  public init(_ descriptor: GEMMDescriptor) throws(HeadroomError) {
    var plan = ck_gemm_plan()
    selection = try Dispatch.process.get().plan(descriptor, into: &plan)
    self.plan = plan
  }

  /// Bytes of workspace for `run`.
  public var workspaceByteCount: Int {
    withUnsafePointer(to: plan) { Int(ck_gemm_workspace_bytes($0)) }
  }

  /// Runs on unchecked memory; pointers to elements (0, 0). `workspace`: `workspaceByteCount` bytes aligned to 64, or `nil` for the thread's arena.
  public func run(
    a: UnsafeRawPointer?, b: UnsafeRawPointer?, c: UnsafeMutableRawPointer, bias: UnsafeRawPointer?,
    workspace: UnsafeMutableRawPointer?
  ) -> Result<Void, HeadroomError> {
    let operands = ck_gemm_operands(a: a, b: b, c: c, bias: bias)
    let status = withUnsafePointer(to: plan) { plan in
      withUnsafePointer(to: operands) { ck_gemm_execute(plan, $0, workspace) }
    }
    return status == CK_OK ? .success(()) : .failure(.outOfMemory(byteCount: workspaceByteCount))
  }
}

extension ck_gemm_plan: @retroactive @unchecked Sendable {}  // Plain data; its pointers lead into tables that never change.
