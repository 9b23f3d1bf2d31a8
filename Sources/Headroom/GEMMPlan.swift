public import KernelDispatch
public import Tensors

/// A matrix product whose dispatch is done: run it as often as you like, from as many threads as you like.
///
///     let plan = try GEMMPlan(GEMMDescriptor(m: 128, n: 768, k: 3072))
///     try plan.execute(a: a.span, b: b.span, c: &c)
///
/// A plan is an immutable value and owns no matrix memory but operands packed ahead. Executing one costs a few nanoseconds over its kernels (`headroom overhead` measures
/// them), and allocates nothing: packed panels lie in a workspace of yours, or up to 64 MiB of them in an arena of the calling thread; more is had
/// for the call.
public struct GEMMPlan: Sendable {
  public let descriptor: GEMMDescriptor
  @usableFromInline let kernels: KernelPlan
  @usableFromInline let needs: BufferNeeds

  /// Checks `descriptor` and selects what will run.
  ///
  /// - Throws: `HeadroomError` when sizes, layouts, types or options make no product, or no variant can serve it.
  public init(_ descriptor: GEMMDescriptor) throws(HeadroomError) {
    try descriptor.check()
    self.descriptor = descriptor
    kernels = try KernelPlan(descriptor)
    needs = BufferNeeds(descriptor)
  }

  /// The same for calls whose A or B is packed ahead. What calls hand over for a packed operand is not looked at, and may be an empty span.
  ///
  ///     let weights = try PackedOperand(.b, of: descriptor, elements: w.span)
  ///     let plan = try GEMMPlan(descriptor, b: weights)
  ///     try plan.execute(a: x.span, b: Span(), c: &y)
  ///
  /// Every product of a batch takes the same packed operand.
  ///
  /// - Throws: `packedMismatch` when a packed operand is of another product, `packedElsewhere` when it may not run here, and what the other
  ///   initialiser throws.
  public init(_ descriptor: GEMMDescriptor, a: PackedOperand? = nil, b: PackedOperand? = nil) throws(HeadroomError) {
    try descriptor.check()
    self.descriptor = descriptor
    kernels = try KernelPlan(descriptor, a: a, b: b)
    needs = BufferNeeds(descriptor, packedA: a != nil, packedB: b != nil)
  }

  /// The variant, micro-kernel, blocks and threads that were chosen.
  public var selection: Selection { kernels.selection }

  /// Bytes of the workspace that `execute` takes; 0 when it needs none.
  public var workspaceByteCount: Int { kernels.workspaceByteCount }

  /// Runs the plan on buffers that begin with the element at the lowest address (element (0, 0), unless a stride is negative).
  ///
  /// - Parameters:
  ///   - a: at least `descriptor.a.requiredCount` elements.
  ///   - b: at least `descriptor.b.requiredCount` elements.
  ///   - c: at least `descriptor.c.requiredCount` elements; only those of the matrix are written.
  /// - Throws: `bufferTooShort`, `typeMismatch`, `sizeMismatch` (a bias where the epilogue has one), `outOfMemory`; nothing was written.
  @inlinable
  public func execute<Input: KernelElement, Output: KernelElement>(
    a: Span<Input>, b: Span<Input>, c: inout MutableSpan<Output>
  ) throws(HeadroomError) {
    try withBuffers(a: a, b: b, c: &c) { buffers throws(HeadroomError) in try run(buffers) }
  }

  /// The same with a bias: m entries per row or n per column, in the accumulator's type.
  @inlinable
  public func execute<Input: KernelElement, Output: KernelElement, Accumulator: KernelElement>(
    a: Span<Input>, b: Span<Input>, c: inout MutableSpan<Output>, bias: Span<Accumulator>
  ) throws(HeadroomError) {
    try bias.withUnsafeBufferPointer { bias throws(HeadroomError) in
      try withBuffers(a: a, b: b, c: &c, bias: .init(bias)) { buffers throws(HeadroomError) in try run(buffers) }
    }
  }

  /// The same with a residual, laid out as C is, of at least `descriptor.c.requiredCount` elements.
  @inlinable
  public func execute<Input: KernelElement, Output: KernelElement>(
    a: Span<Input>, b: Span<Input>, c: inout MutableSpan<Output>, residual: Span<Output>
  ) throws(HeadroomError) {
    try residual.withUnsafeBufferPointer { residual throws(HeadroomError) in
      try withBuffers(a: a, b: b, c: &c, residual: .init(residual)) { buffers throws(HeadroomError) in try run(buffers) }
    }
  }

  /// The same with a bias and a residual.
  @inlinable
  public func execute<Input: KernelElement, Output: KernelElement, Accumulator: KernelElement>(
    a: Span<Input>, b: Span<Input>, c: inout MutableSpan<Output>, bias: Span<Accumulator>, residual: Span<Output>
  ) throws(HeadroomError) {
    try bias.withUnsafeBufferPointer { bias throws(HeadroomError) in
      try residual.withUnsafeBufferPointer { residual throws(HeadroomError) in
        try withBuffers(a: a, b: b, c: &c, bias: .init(bias), residual: .init(residual)) { buffers throws(HeadroomError) in
          try run(buffers)
        }
      }
    }
  }

  /// Runs a batch whose matrices lie anywhere, instead of the descriptor's own, on memory that is not checked.
  ///
  ///     try plan.execute(OperandLists(count: heads, a: queries, b: keys, c: scores))
  ///
  /// - Throws: `sizeMismatch` (no bias where the epilogue has one), `bufferTooShort` (no residual), `outOfMemory`; nothing was written.
  public func execute(_ lists: OperandLists, workspace: UnsafeMutableRawPointer? = nil) throws(HeadroomError) {
    try run(lists, biasCount: lists.bias == nil ? 0 : needs.bias ?? 0, workspace: workspace)
  }

  package func run(_ lists: OperandLists, biasCount: Int, workspace: UnsafeMutableRawPointer?) throws(HeadroomError) {
    if let expected = needs.bias, biasCount != expected || lists.bias == nil && expected > 0 {
      throw .sizeMismatch(what: "entries of the bias", found: biasCount, expected: expected)
    }
    if lists.residual == nil && lists.count > 0 && descriptor.epilogue.hasResidual && !descriptor.c.isEmpty {
      throw .missingResidual(descriptor.c.requiredCount ?? .max)
    }
    try kernels.run(lists, workspace: workspace)
  }

  @usableFromInline
  func run(_ buffers: CallBuffers) throws(HeadroomError) { try run(buffers, workspace: nil) }

  /// Runs on buffers whose types and counts are told; `workspace` as for pointers.
  @inlinable @inline(__always)
  package func run(_ buffers: CallBuffers, workspace: UnsafeMutableRawPointer?) throws(HeadroomError) {
    if let operands = try needs.pointers(buffers) { try kernels.run(operands, workspace: workspace) }
  }

  /// Runs the plan on memory that is not checked. The pointers are those of elements (0, 0).
  ///
  /// - Parameters:
  ///   - a: element (0, 0) of op(A).
  ///   - b: element (0, 0) of op(B).
  ///   - c: element (0, 0) of C.
  ///   - bias: m or n entries in the accumulator's type where the epilogue has a bias.
  ///   - residual: element (0, 0) of a matrix of C's type and layout where the epilogue has a residual.
  ///   - workspace: `workspaceByteCount` bytes, aligned to 64, used by nobody else during the call; `nil` for this thread's arena.
  /// - Throws: `sizeMismatch` (no bias where the epilogue has one), `bufferTooShort` (no residual), `outOfMemory`; nothing was written.
  @inlinable
  public func execute(
    a: UnsafeRawPointer, b: UnsafeRawPointer, c: UnsafeMutableRawPointer, bias: UnsafeRawPointer? = nil,
    residual: UnsafeRawPointer? = nil, workspace: UnsafeMutableRawPointer? = nil
  ) throws(HeadroomError) {
    if bias == nil, let expected = needs.bias, expected > 0 { throw .missingBias(expected) }
    if residual == nil, let expected = needs.residual, expected > 0 { throw .missingResidual(expected) }
    try kernels.run(OperandPointers(a: a, b: b, c: c, bias: bias, residual: residual), workspace: workspace)
  }
}
