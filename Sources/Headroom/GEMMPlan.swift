public import KernelDispatch
public import Tensors

/// A matrix product whose dispatch is done: run it as often as you like, from as many threads as you like.
///
///     let plan = try GEMMPlan(GEMMDescriptor(m: 128, n: 768, k: 3072))
///     try plan.execute(a: a.span, b: b.span, c: &c)
///
/// A plan is an immutable value and owns no memory. Executing one costs at most 5 ns over its kernels, and allocates nothing: packed panels
/// lie in an arena of the calling thread, or in a workspace of yours.
public struct GEMMPlan: Sendable {
  public let descriptor: GEMMDescriptor
  private let kernels: KernelPlan

  /// Checks `descriptor` and selects what will run.
  ///
  /// - Throws: `HeadroomError` when sizes, layouts, types or options make no product, or no variant can serve it.
  public init(_ descriptor: GEMMDescriptor) throws(HeadroomError) {
    try descriptor.check()
    self.descriptor = descriptor
    kernels = try KernelPlan(descriptor)
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
  public func execute<Input: KernelElement, Output: KernelElement>(
    a: Span<Input>, b: Span<Input>, c: inout MutableSpan<Output>
  ) throws(HeadroomError) {
    try execute(a: a, b: b, c: &c, bias: Span<Float>())
  }

  /// The same with a bias: m entries per row or n per column, in the accumulator's type.
  public func execute<Input: KernelElement, Output: KernelElement, Accumulator: KernelElement>(
    a: Span<Input>, b: Span<Input>, c: inout MutableSpan<Output>, bias: Span<Accumulator>
  ) throws(HeadroomError) {
    try Operand("A", descriptor.a, descriptor.inputType).check(Input.elementType, a.count)
    try Operand("B", descriptor.b, descriptor.inputType).check(Input.elementType, b.count)
    try Operand("C", descriptor.c, descriptor.outputType).check(Output.elementType, c.count)
    try checkBias(Accumulator.elementType, bias.count)
    // Typed throws don't cross these closures, so the outcome does.
    let outcome: Result<Void, HeadroomError> = a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        bias.withUnsafeBufferPointer { bias in
          c.withUnsafeMutableBufferPointer { c in
            guard let c = c.baseAddress else { return .success(()) }
            return kernels.run(
              a: origin(a.baseAddress, descriptor.a), b: origin(b.baseAddress, descriptor.b),
              c: UnsafeMutableRawPointer(c), bias: UnsafeRawPointer(bias.baseAddress), workspace: nil)
          }
        }
      }
    }
    try outcome.get()
  }

  /// Runs the plan on memory that is not checked. The pointers are those of elements (0, 0).
  ///
  /// - Parameters:
  ///   - a: element (0, 0) of op(A).
  ///   - b: element (0, 0) of op(B).
  ///   - c: element (0, 0) of C.
  ///   - bias: m or n entries in the accumulator's type; required where the epilogue has a bias.
  ///   - workspace: `workspaceByteCount` bytes, aligned to 64, used by nobody else during the call; `nil` for this thread's arena.
  /// - Throws: `outOfMemory`; nothing was written.
  @inline(__always)
  public func execute(
    a: UnsafeRawPointer, b: UnsafeRawPointer, c: UnsafeMutableRawPointer, bias: UnsafeRawPointer? = nil,
    workspace: UnsafeMutableRawPointer? = nil
  ) throws(HeadroomError) {
    if case .failure(let error) = kernels.run(a: a, b: b, c: c, bias: bias, workspace: workspace) { throw error }
  }

  private func checkBias(_ type: ElementType, _ count: Int) throws(HeadroomError) {
    let expected: Int
    switch descriptor.epilogue.bias {
    case .none: return
    case .perRow: expected = descriptor.m
    case .perColumn: expected = descriptor.n
    }
    if count != expected { throw .sizeMismatch(what: "entries of the bias", found: count, expected: expected) }
    if type != descriptor.accumulatorType && count > 0 {
      throw .typeMismatch(operand: "the bias", found: type, expected: descriptor.accumulatorType)
    }
  }

  private func origin<Element>(_ lowest: UnsafePointer<Element>?, _ layout: MatrixLayout) -> UnsafeRawPointer? {
    lowest.map { UnsafeRawPointer($0 - (layout.offsetRange?.lowest ?? 0)) }
  }
}

/// One matrix of a call against what the descriptor says of it.
private struct Operand {
  let name: String
  let layout: MatrixLayout
  let type: ElementType

  init(_ name: String, _ layout: MatrixLayout, _ type: ElementType) {
    self.name = name
    self.layout = layout
    self.type = type
  }

  func check(_ found: ElementType, _ count: Int) throws(HeadroomError) {
    if found != type { throw .typeMismatch(operand: name, found: found, expected: type) }
    let expected = layout.requiredCount ?? Int.max
    if count < expected { throw .bufferTooShort(operand: name, found: count, expected: expected) }
  }
}
