import KernelDispatch
import Tensors

/// What a product asks of the buffers of a call: types, counts, and where element (0, 0) lies. Plain data, computed once for a plan.
@usableFromInline
struct BufferNeeds: Sendable {
  private let input: ElementType
  private let output: ElementType
  private let accumulator: ElementType
  private let a: Int
  private let b: Int
  private let c: Int
  /// `nil` when the epilogue has no bias: what is handed over all the same is not looked at.
  private let bias: Int?
  /// Elements from the lowest address of A and of B to element (0, 0): above 0 where a stride is negative.
  private let aOrigin: Int
  private let bOrigin: Int

  /// - Precondition: `descriptor` has passed its check.
  @usableFromInline
  init(_ descriptor: GEMMDescriptor) {
    input = descriptor.inputType
    output = descriptor.outputType
    accumulator = descriptor.accumulatorType
    let isModest = descriptor.isModest
    (a, aOrigin) = Self.extent(descriptor.a, isModest)
    (b, bOrigin) = Self.extent(descriptor.b, isModest)
    (c, _) = Self.extent(descriptor.c, isModest)
    bias =
      switch descriptor.epilogue.bias {
      case .none: nil
      case .perRow: descriptor.m
      case .perColumn: descriptor.n
      }
  }

  /// Elements that a matrix spans, and how far into them element (0, 0) lies.
  @inline(__always)
  private static func extent(_ layout: MatrixLayout, _ isModest: Bool) -> (count: Int, origin: Int) {
    if isModest {
      if layout.isEmpty { return (0, 0) }
      return ((layout.rows &- 1) &* layout.rowStride &+ (layout.columns &- 1) &* layout.columnStride &+ 1, 0)
    }
    return (layout.requiredCount ?? .max, -(layout.offsetRange?.lowest ?? 0))
  }

  /// A buffer of a call: its elements' type, how many there are, and the lowest address.
  @usableFromInline
  struct Buffer {
    let type: ElementType
    let count: Int
    let base: UnsafeRawPointer?

    @usableFromInline
    init<Element: KernelElement>(_ elements: UnsafeBufferPointer<Element>) {
      type = Element.elementType
      count = elements.count
      base = UnsafeRawPointer(elements.baseAddress)
    }
  }

  /// Pointers to elements (0, 0), once types and counts have been found right.
  ///
  /// - Throws: `typeMismatch`, `bufferTooShort`, `sizeMismatch`.
  @usableFromInline
  func pointers(a: Buffer, b: Buffer, c: Buffer, bias: Buffer) throws(HeadroomError) -> OperandPointers? {
    try Self.check("A", a, input, self.a)
    try Self.check("B", b, input, self.b)
    try Self.check("C", c, output, self.c)
    if let expected = self.bias {
      if bias.count != expected { throw .sizeMismatch(what: "entries of the bias", found: bias.count, expected: expected) }
      if bias.type != accumulator && expected > 0 {
        throw .typeMismatch(operand: "the bias", found: bias.type, expected: accumulator)
      }
    }
    guard let lowest = c.base else { return nil }
    let size = input.byteCount
    return OperandPointers(
      a: a.base.map { $0 + aOrigin * size }, b: b.base.map { $0 + bOrigin * size }, c: UnsafeMutableRawPointer(mutating: lowest),
      bias: bias.base)
  }

  private static func check(_ name: String, _ buffer: Buffer, _ type: ElementType, _ count: Int) throws(HeadroomError) {
    if buffer.type != type { throw .typeMismatch(operand: name, found: buffer.type, expected: type) }
    if buffer.count < count { throw .bufferTooShort(operand: name, found: buffer.count, expected: count) }
  }
}

/// Hands `run` the pointers of a call on spans. Inlined, so that a caller's element types cost nothing at run time.
@inlinable
func withPointers<Input: KernelElement, Output: KernelElement, Accumulator: KernelElement>(
  _ needs: BufferNeeds, a: Span<Input>, b: Span<Input>, c: inout MutableSpan<Output>, bias: Span<Accumulator>,
  _ run: (OperandPointers) throws(HeadroomError) -> Void
) throws(HeadroomError) {
  try a.withUnsafeBufferPointer { a throws(HeadroomError) in
    try b.withUnsafeBufferPointer { b throws(HeadroomError) in
      try bias.withUnsafeBufferPointer { bias throws(HeadroomError) in
        try c.withUnsafeMutableBufferPointer { c throws(HeadroomError) in
          let pointers = try needs.pointers(
            a: .init(a), b: .init(b), c: .init(UnsafeBufferPointer(c)), bias: .init(bias))
          if let pointers { try run(pointers) }
        }
      }
    }
  }
}
