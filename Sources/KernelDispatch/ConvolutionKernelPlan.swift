import CKernels
import Tensors

/// A convolution's selection written down for the C library: what `ConvolutionPlan` wraps after it has checked the descriptor.
public struct ConvolutionKernelPlan: Sendable {
  public let selection: ConvolutionSelection
  private let memory: Memory

  private final class Memory: @unchecked Sendable {  // Written once, before anyone else sees it.
    let plans: UnsafeMutableBufferPointer<ck_conv_plan>
    /// The weights, laid out ahead for each plan that wants that, and as they are for the others; `nil`: they come with each call.
    let weights: UnsafeMutableRawPointer?
    /// Where those begin that are as they are.
    let plainOffset: Int

    init(_ plans: [ck_conv_plan]) {
      self.plans = .allocate(capacity: plans.count)
      _ = self.plans.initialize(from: plans)
      (weights, plainOffset) = (nil, 0)
    }

    init(_ plans: [ck_conv_plan], _ plain: UnsafeRawBufferPointer) throws(HeadroomError) {
      let sizes = plans.map { plan in withUnsafePointer(to: plan) { Int(ck_conv_ready_bytes($0)) } }
      let offset = sizes.reduce(0, +)
      // What fills inputs that no output meets reads no weights.
      let readsPlain = zip(sizes, plans).contains { $0 == 0 && $1.driver != CK_CONV_EMPTY && $1.image.channels > 0 }
      let byteCount = offset + (readsPlain ? plain.count : 0)
      guard let memory = ck_gemm_packed_take(Int64(max(byteCount, 1))) else { throw .outOfMemory(byteCount: byteCount) }
      self.plans = .allocate(capacity: plans.count)
      _ = self.plans.initialize(from: plans)
      (weights, plainOffset) = (memory, offset)
      if byteCount > offset {
        (memory + offset).copyMemory(from: plain.baseAddress ?? UnsafeRawPointer(memory), byteCount: plain.count)
      }
      var next = memory
      for (index, size) in sizes.enumerated() where size > 0 {
        ck_conv_make_ready(self.plans.baseAddress.map { $0 + index }, plain.baseAddress, next)
        self.plans[index].ready = UnsafeRawPointer(next)
        next += size
      }
    }

    deinit {
      plans.deallocate()
      if let weights { ck_gemm_packed_return(weights) }
    }
  }

  /// Selects for `descriptor`, whose sizes and types the caller has checked, under this process's overrides.
  ///
  /// - Throws: `invalidOverride`, and what `Dispatch.select` throws.
  public init(_ descriptor: ConvolutionDescriptor) throws(HeadroomError) {
    let planned = try Dispatch.process.get().plans(descriptor, weightsAhead: false)
    selection = planned.selection
    memory = Memory(planned.plans)
  }

  /// The same with all weights, which are copied as the kernels read them.
  ///
  /// - Throws: `outOfMemory` besides.
  public init(_ descriptor: ConvolutionDescriptor, weights: UnsafeRawBufferPointer) throws(HeadroomError) {
    let planned = try Dispatch.process.get().plans(descriptor, weightsAhead: true)
    selection = planned.selection
    memory = try Memory(planned.plans, weights)
  }

  /// Whether the weights came ahead; then those of a call are not looked at.
  public var hasWeights: Bool { memory.weights != nil }

  /// Bytes of workspace for `run`.
  public var workspaceByteCount: Int {
    withExtendedLifetime(memory) { Int(ck_conv_workspace_bytes(memory.plans.baseAddress, Int64(memory.plans.count))) }
  }

  /// Runs on unchecked memory: the tensors of the pass, in the order of `ConvolutionDescriptor.tensors`, as A, B and C, the bias and the residual. `workspace`: `workspaceByteCount` bytes aligned to 64, or
  /// `nil` for the thread's arena.
  ///
  /// - Throws: `outOfMemory`; nothing was written.
  public func run(_ operands: OperandPointers, workspace: UnsafeMutableRawPointer?) throws(HeadroomError) {
    let weights = memory.weights.map { UnsafeRawPointer($0) + memory.plainOffset } ?? operands.b
    var pointers = ck_conv_operands(
      input: operands.a, weights: weights, output: operands.c, bias: operands.bias, residual: operands.residual)
    let status = withExtendedLifetime(memory) {
      ck_conv_execute(memory.plans.baseAddress, Int64(memory.plans.count), &pointers, workspace)
    }
    if status != CK_OK { throw .outOfMemory(byteCount: workspaceByteCount) }
  }
}
