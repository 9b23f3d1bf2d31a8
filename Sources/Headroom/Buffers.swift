import KernelDispatch
import Tensors

/// What a product asks of the buffers of a call: types, counts, and where element (0, 0) lies. Plain data, computed once for a plan.
///
/// All of it is inlined: handed over in memory, the struct costs more than the comparisons.
@frozen @usableFromInline
package struct BufferNeeds: Sendable {
  @usableFromInline let input: ElementType
  @usableFromInline let output: ElementType
  @usableFromInline let accumulator: ElementType
  @usableFromInline let a: Int
  @usableFromInline let b: Int
  @usableFromInline let c: Int
  /// `nil` when the epilogue has no bias: what is handed over all the same is not looked at.
  @usableFromInline let bias: Int?
  /// `nil` without one.
  @usableFromInline let residual: Int?
  /// Elements from the lowest address of A and of B to element (0, 0): above 0 where a stride is negative.
  @usableFromInline let aOrigin: Int
  @usableFromInline let bOrigin: Int

  /// - Precondition: `descriptor` has passed its check.
  @inlinable @inline(__always)
  init(_ descriptor: GEMMDescriptor, packedA: Bool = false, packedB: Bool = false) {
    input = descriptor.inputType
    output = descriptor.outputType
    accumulator = descriptor.accumulatorType
    let isModest = descriptor.isModest
    let batch = descriptor.batch
    (a, aOrigin) = packedA ? (0, 0) : Self.extent(descriptor.a, isModest, batch.count, batch.aStride)
    (b, bOrigin) = packedB ? (0, 0) : Self.extent(descriptor.b, isModest, batch.count, batch.bStride)
    (c, _) = Self.extent(descriptor.c, isModest, batch.count, batch.cStride)
    bias = descriptor.biasCount
    residual = descriptor.epilogue.hasResidual ? c : nil
  }

  /// Elements that all matrices of a batch span.
  @inlinable @inline(__always)
  static func extent(_ layout: MatrixLayout, _ isModest: Bool, _ batch: Int, _ stride: Int) -> (count: Int, origin: Int) {
    let one = extent(layout, isModest)
    if batch == 1 { return one }
    return batch == 0 || one.count == 0 ? (0, 0) : (one.count + (batch - 1) * stride, one.origin)
  }

  /// Elements that a matrix spans, and how far into them element (0, 0) lies.
  @inlinable @inline(__always)
  static func extent(_ layout: MatrixLayout, _ isModest: Bool) -> (count: Int, origin: Int) {
    if isModest {
      if layout.isEmpty { return (0, 0) }
      return ((layout.rows &- 1) &* layout.rowStride &+ (layout.columns &- 1) &* layout.columnStride &+ 1, 0)
    }
    return (layout.requiredCount ?? .max, -(layout.offsetRange?.lowest ?? 0))
  }

  /// A buffer of a call: its elements' type, how many there are, and the lowest address.
  @frozen @usableFromInline
  package struct Buffer {
    @usableFromInline let type: ElementType
    @usableFromInline package let count: Int
    @usableFromInline package let base: UnsafeRawPointer?

    @inlinable @inline(__always)
    init<Element: KernelElement>(_ elements: UnsafeBufferPointer<Element>) {
      type = Element.elementType
      count = elements.count
      base = UnsafeRawPointer(elements.baseAddress)
    }

    /// `count` elements from `base` on.
    @inlinable @inline(__always)
    package init(type: ElementType, count: Int, base: UnsafeRawPointer?) {
      self.type = type
      self.count = count
      self.base = base
    }

    /// No bias, no residual.
    @inlinable @inline(__always)
    package static var none: Buffer { Buffer(UnsafeBufferPointer<Float>(start: nil, count: 0)) }
  }

  /// Pointers to elements (0, 0), once types and counts have been found right.
  ///
  /// - Throws: `typeMismatch`, `bufferTooShort`, `sizeMismatch`.
  @inlinable @inline(__always)
  func pointers(_ buffers: CallBuffers) throws(HeadroomError) -> OperandPointers? {
    try Self.check("A", buffers.a, input, a)
    try Self.check("B", buffers.b, input, b)
    try Self.check("C", buffers.c, output, c)
    let bias = buffers.bias
    if let expected = self.bias {
      if bias.count != expected { throw .sizeMismatch(what: "entries of the bias", found: bias.count, expected: expected) }
      if bias.type != accumulator && expected > 0 {
        throw .typeMismatch(operand: "the bias", found: bias.type, expected: accumulator)
      }
    }
    if let residual, residual > 0 {
      // Counted first: where there is none, its type means nothing.
      if buffers.residual.count < residual {
        throw .bufferTooShort(operand: "the residual", found: buffers.residual.count, expected: residual)
      }
      try Self.check("the residual", buffers.residual, output, residual)
    }
    guard let lowest = buffers.c.base else { return nil }
    let size = input.byteCount
    return OperandPointers(
      a: buffers.a.base.map { $0 + aOrigin * size }, b: buffers.b.base.map { $0 + bOrigin * size },
      c: UnsafeMutableRawPointer(mutating: lowest),
      bias: bias.base, residual: buffers.residual.base)
  }

  @inlinable @inline(__always)
  package static func check(_ name: String, _ buffer: Buffer, _ type: ElementType, _ count: Int) throws(HeadroomError) {
    if buffer.type != type { throw .typeMismatch(operand: name, found: buffer.type, expected: type) }
    if buffer.count < count { throw .bufferTooShort(operand: name, found: buffer.count, expected: count) }
  }
}

/// The buffers of a call. One plain value, so that generic code on a caller's side hands it to code that is not generic.
@frozen @usableFromInline
package struct CallBuffers {
  @usableFromInline let a: BufferNeeds.Buffer
  @usableFromInline let b: BufferNeeds.Buffer
  @usableFromInline let c: BufferNeeds.Buffer
  @usableFromInline let bias: BufferNeeds.Buffer
  @usableFromInline let residual: BufferNeeds.Buffer

  @inlinable @inline(__always)
  package init(
    a: BufferNeeds.Buffer, b: BufferNeeds.Buffer, c: BufferNeeds.Buffer, bias: BufferNeeds.Buffer,
    residual: BufferNeeds.Buffer = .none
  ) {
    self.a = a
    self.b = b
    self.c = c
    self.bias = bias
    self.residual = residual
  }
}

/// Hands `run` the memory of a call on spans.
@inlinable @inline(__always)
func withBuffers<Input: KernelElement, Output: KernelElement>(
  a: Span<Input>, b: Span<Input>, c: inout MutableSpan<Output>, bias: BufferNeeds.Buffer = .none,
  residual: BufferNeeds.Buffer = .none, _ run: (CallBuffers) throws(HeadroomError) -> Void
) throws(HeadroomError) {
  try a.withUnsafeBufferPointer { a throws(HeadroomError) in
    try b.withUnsafeBufferPointer { b throws(HeadroomError) in
      try c.withUnsafeMutableBufferPointer { c throws(HeadroomError) in
        try run(CallBuffers(a: .init(a), b: .init(b), c: .init(UnsafeBufferPointer(c)), bias: bias, residual: residual))
      }
    }
  }
}

extension GEMMDescriptor {
  /// Entries of the epilogue's bias; `nil` without one.
  @inlinable
  var biasCount: Int? {
    switch epilogue.bias {
    case .none: nil
    case .perRow: m
    case .perColumn: n
    }
  }
}

extension HeadroomError {
  @usableFromInline
  static func missingBias(_ expected: Int) -> HeadroomError {
    .sizeMismatch(what: "entries of the bias", found: 0, expected: expected)
  }

  @usableFromInline
  static func missingResidual(_ expected: Int) -> HeadroomError {
    .bufferTooShort(operand: "the residual", found: 0, expected: expected)
  }
}
