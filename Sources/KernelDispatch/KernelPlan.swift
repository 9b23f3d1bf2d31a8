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
  public static func run(_ descriptor: GEMMDescriptor, _ operands: OperandPointers) throws(HeadroomError) {
    let dispatch = try Dispatch.process.get()
    guard descriptor.options.mayBeKept else {
      var plan = try dispatch.plan(descriptor).plan
      try execute(&plan, operands.a, operands.b, operands.c, operands.bias, operands.residual, nil)
      return
    }
    var key = ck_plan_key(descriptor)
    let kept: UnsafePointer<ck_gemm_plan>?
    if let found = ck_kept_plan(&key) {
      kept = found
    } else {
      var plan = try dispatch.plan(descriptor).plan
      kept = ck_keep_plan(&key, &plan)
    }
    guard let kept else { return }
    try execute(kept, operands.a, operands.b, operands.c, operands.bias, operands.residual, nil)
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
  var leavesCandidates: Bool { variantName.isNone && microkernelName.isNone && blocking == nil && without.isEmpty }
}

extension SelectionOptions {
  /// Whether `ck_plan_key` can tell them from others.
  fileprivate var mayBeKept: Bool {
    leavesCandidates && !keepsThreads && (threads.map { (1...Self.mostThreads).contains($0) } ?? true)
  }
}

extension ck_plan_key {
  init(_ descriptor: GEMMDescriptor) {
    let (a, b, c, batch) = (descriptor.a, descriptor.b, descriptor.c, descriptor.batch)
    let epilogue = descriptor.epilogue
    var choices = (descriptor.options.threads ?? 0) << 4 | descriptor.precision.rawValue << 2 | descriptor.strassenLevels
    choices = choices << 8 | (descriptor.options.maxISA.map { $0.rawValue + 1 } ?? 0)
    choices = choices << 8 | Int(descriptor.inputType.kernelType.rawValue) << 4 | Int(descriptor.outputType.kernelType.rawValue)
    let kernel = epilogue.kernelEpilogue(swapped: false)
    choices =
      choices << 8 | Int(kernel.bias.rawValue) << 4 | Int(kernel.activation.rawValue) << 1 | (kernel.adds_residual ? 1 : 0)
    self.init(
      m: Int64(c.rows), n: Int64(c.columns), k: Int64(a.columns),
      a_rs: Int64(a.rowStride), a_cs: Int64(a.columnStride), b_rs: Int64(b.rowStride), b_cs: Int64(b.columnStride),
      c_rs: Int64(c.rowStride), c_cs: Int64(c.columnStride),
      batch: Int64(batch.count), batch_a: Int64(batch.aStride), batch_b: Int64(batch.bStride), batch_c: Int64(batch.cStride),
      alpha: descriptor.alpha, beta: descriptor.beta, scale: epilogue.scale, lower: kernel.lower, upper: kernel.upper,
      choices: Int64(choices))
  }
}
