import CKernels
import Tensors

/// Where a call's matrices lie: pointers to elements (0, 0), not checked.
public struct OperandPointers {
  public var a: UnsafeRawPointer?
  public var b: UnsafeRawPointer?
  public var c: UnsafeMutableRawPointer
  /// m or n entries where the epilogue has a bias.
  public var bias: UnsafeRawPointer?
  /// Element (0, 0) where the epilogue has a residual.
  public var residual: UnsafeRawPointer?

  @inlinable
  public init(
    a: UnsafeRawPointer?, b: UnsafeRawPointer?, c: UnsafeMutableRawPointer, bias: UnsafeRawPointer? = nil,
    residual: UnsafeRawPointer? = nil
  ) {
    self.a = a
    self.b = b
    self.c = c
    self.bias = bias
    self.residual = residual
  }
}

/// Where the matrices of a batch lie: `count` pointers to elements (0, 0) of each, not checked.
public struct OperandLists {
  public var count: Int
  public var a: UnsafePointer<UnsafeRawPointer?>
  public var b: UnsafePointer<UnsafeRawPointer?>
  public var c: UnsafePointer<UnsafeMutableRawPointer?>
  /// m or n entries where the epilogue has a bias: the same for all.
  public var bias: UnsafeRawPointer?
  /// Where the epilogue has a residual.
  public var residual: UnsafePointer<UnsafeRawPointer?>?

  public init(
    count: Int, a: UnsafePointer<UnsafeRawPointer?>, b: UnsafePointer<UnsafeRawPointer?>,
    c: UnsafePointer<UnsafeMutableRawPointer?>, bias: UnsafeRawPointer? = nil, residual: UnsafePointer<UnsafeRawPointer?>? = nil
  ) {
    self.count = count
    self.a = a
    self.b = b
    self.c = c
    self.bias = bias
    self.residual = residual
  }
}

/// A selection written down for the C library: what `GEMMPlan` wraps after it has checked the descriptor.
///
/// The C plan has an address of its own, so that a run hands C a pointer and copies nothing.
public struct KernelPlan: Sendable {
  public let selection: Selection
  @usableFromInline let memory: Memory

  @usableFromInline
  final class Memory: @unchecked Sendable {  // Written once, before anyone else sees it.
    /// Of a `ck_gemm_plan`.
    @usableFromInline let address: UnsafeMutableRawPointer

    /// Operands packed ahead, to which the plan has pointers.
    private let packed: [PackedOperand?]

    init(_ plan: ck_gemm_plan, packed: [PackedOperand?] = []) {
      self.packed = packed
      let memory = UnsafeMutablePointer<ck_gemm_plan>.allocate(capacity: 1)
      memory.initialize(to: plan)
      address = UnsafeMutableRawPointer(memory)
    }

    deinit { address.deallocate() }
  }

  /// Selects for `descriptor`, whose sizes and layouts the caller has checked, under this process's overrides.
  ///
  /// - Throws: `invalidOverride`, and what `Dispatch.select` throws.
  public init(_ descriptor: GEMMDescriptor) throws(HeadroomError) {
    let planned = try Dispatch.process.get().plan(descriptor)
    selection = planned.selection
    memory = Memory(planned.plan)
  }

  /// The same with operands that come packed; the plan keeps them alive.
  ///
  /// - Throws: `packedMismatch`, `packedElsewhere` besides.
  public init(_ descriptor: GEMMDescriptor, a: PackedOperand?, b: PackedOperand?) throws(HeadroomError) {
    var ahead = Ahead()
    var plain = descriptor
    for packed in [a, b] {
      guard let packed else { continue }
      try packed.format.check(descriptor)
      if packed.format.isPlain {
        // Of a vector the panel is the vector: what reads plain operands may read it, such as `dot`.
        if packed.side == .a { plain.a = .rowMajor(rows: 1, columns: descriptor.k) }
        if packed.side == .b { plain.b = .columnMajor(rows: descriptor.k, columns: 1) }
        continue
      }
      if packed.side == .a { ahead.a = true } else { ahead.b = true }
      let tileSetIndex = try packed.format.ahead().tileSetIndex
      if let other = ahead.tileSetIndex, other != tileSetIndex {
        throw .packedMismatch(operand: "B", found: "panels of \(packed.microkernel)", expected: "those that A is packed in")
      }
      ahead.tileSetIndex = tileSetIndex
      if let turned = ahead.isTurned, turned != packed.format.isTurned {
        throw .packedMismatch(operand: "B", found: "the other way round than A", expected: "the same")
      }
      ahead.isTurned = packed.format.isTurned
    }
    var planned = try Dispatch.process.get().plan(plain, ahead: ahead)
    // The driver of one tile looks at the call's operands alone.
    if planned.plan.driver == CK_DRIVER_ONE_TILE && (a ?? b) != nil { planned.plan.driver = CK_DRIVER_TILES }
    let (left, right) = planned.selection.swapped ? (b, a) : (a, b)
    (planned.plan.copied_a, planned.plan.ready_a) = Self.places(left)
    (planned.plan.copied_b, planned.plan.ready_b) = Self.places(right)
    selection = planned.selection
    memory = Memory(planned.plan, packed: [a, b])
  }

  /// Where a packed operand lies, as a copy of it or as panels.
  private static func places(_ operand: PackedOperand?) -> (copied: UnsafeRawPointer?, ready: UnsafeRawPointer?) {
    guard let operand else { return (nil, nil) }
    let place = UnsafeRawPointer(operand.memory.baseAddress)
    return operand.format.isPlain ? (place, nil) : (nil, place)
  }

  /// Bytes of workspace for `run`.
  public var workspaceByteCount: Int {
    withExtendedLifetime(memory) { Int(ck_gemm_workspace_bytes(memory.address.assumingMemoryBound(to: ck_gemm_plan.self))) }
  }

  /// Runs on unchecked memory. `workspace`: `workspaceByteCount` bytes aligned to 64, or `nil` for the thread's arena.
  ///
  /// - Throws: `outOfMemory`; nothing was written.
  @inlinable
  public func run(_ operands: OperandPointers, workspace: UnsafeMutableRawPointer?) throws(HeadroomError) {
    // Of the plan's fields only the address is handed on: copying the others would cost more than the rest of the call.
    try withExtendedLifetime(memory) { () throws(HeadroomError) in
      try Self.execute(memory.address, operands.a, operands.b, operands.c, operands.bias, operands.residual, workspace)
    }
  }

  /// Runs on lists instead of the batch that was planned.
  ///
  /// - Throws: `outOfMemory`; nothing was written.
  public func run(_ lists: OperandLists, workspace: UnsafeMutableRawPointer?) throws(HeadroomError) {
    try withExtendedLifetime(memory) { () throws(HeadroomError) in
      let plan = memory.address.assumingMemoryBound(to: ck_gemm_plan.self)
      var list = ck_gemm_list(
        count: Int64(lists.count), a: lists.a, b: lists.b, c: lists.c, residual: lists.residual, bias: lists.bias)
      if ck_gemm_execute_list(plan, &list, workspace) != CK_OK { throw .outOfMemory(byteCount: workspaceByteCount) }
    }
  }

  /// Selects and runs at once, by the plan that this thread has kept of an equal call.
  ///
  /// - Throws: what `init` and `run` throw.
  @inlinable
  public static func run(_ descriptor: GEMMDescriptor, _ operands: OperandPointers) throws(HeadroomError) {
    try run(descriptor, operands.a, operands.b, operands.c, operands.bias, operands.residual)
  }

  /// Pointers in registers: from memory, two at a time, they would wait for the stores before them.
  @usableFromInline
  static func run(
    _ descriptor: GEMMDescriptor, _ a: UnsafeRawPointer?, _ b: UnsafeRawPointer?, _ c: UnsafeMutableRawPointer,
    _ bias: UnsafeRawPointer?, _ residual: UnsafeRawPointer?
  ) throws(HeadroomError) {
    guard descriptor.mayBeKept else {
      var plan = try Dispatch.process.get().plan(descriptor).plan
      try execute(&plan, a, b, c, bias, residual, nil)
      return
    }
    var key = PlanKey(descriptor)
    // Dispatch is asked for new plans alone: it is large, and copied where it is unwrapped.
    let found: UnsafePointer<ck_gemm_plan>? = ck_kept_plan(&key)
    guard let plan = found == nil ? try keep(descriptor, &key) : found else { return }
    try execute(plan, a, b, c, bias, residual, nil)
  }

  @inline(never)
  private static func keep(
    _ descriptor: GEMMDescriptor, _ key: inout PlanKey
  ) throws(HeadroomError) -> UnsafePointer<ck_gemm_plan>? {
    var plan = try Dispatch.process.get().plan(descriptor).plan
    return ck_keep_plan(&key, &plan)
  }

  /// Runs by the plan that this thread has kept for `key`, if it has one. False: nothing was written.
  ///
  /// - Precondition: the buffers hold all that an equal call needs.
  package static func runKept(
    _ key: inout PlanKey, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ c: UnsafeMutableRawPointer
  ) -> Bool {
    guard let plan = ck_kept_plan(&key) else { return false }
    var operands = ck_gemm_operands(
      a: a, b: b, c: c, bias: nil, residual: nil, a_image: nil, b_image: nil, a_terms: nil, b_terms: nil, c_terms: nil)
    return ck_gemm_execute(plan, &operands, nil) == CK_OK
  }

  /// `plan`: of a `ck_gemm_plan`.
  @usableFromInline
  static func execute(
    _ plan: UnsafeRawPointer, _ a: UnsafeRawPointer?, _ b: UnsafeRawPointer?, _ c: UnsafeMutableRawPointer,
    _ bias: UnsafeRawPointer?, _ residual: UnsafeRawPointer?, _ workspace: UnsafeMutableRawPointer?
  ) throws(HeadroomError) {
    let plan = plan.assumingMemoryBound(to: ck_gemm_plan.self)
    var operands = ck_gemm_operands(
      a: a, b: b, c: c, bias: bias, residual: residual, a_image: nil, b_image: nil, a_terms: nil, b_terms: nil, c_terms: nil)
    if ck_gemm_execute(plan, &operands, workspace) != CK_OK {
      throw .outOfMemory(byteCount: Int(ck_gemm_workspace_bytes(plan)))
    }
  }
}

extension SelectionOptions {
  /// Whether they force no candidate and no blocks.
  @inline(__always)
  var leavesCandidates: Bool { variantName.isNone && microkernelName.isNone && blocking == nil && without.isEmpty }
}
