import KernelDispatch
import Tensors

extension GEMMDescriptor {
  /// Whether sizes, layouts and types make a product. Cost: a few multiplications, a greatest common divisor only for unusual layouts of C.
  @usableFromInline
  func check() throws(HeadroomError) {
    if a.rows != m || b.columns != n || b.rows != k { throw disagreement }
    if !isModest {
      if m < 0 { throw .negativeSize(name: "m", found: m) }
      if n < 0 { throw .negativeSize(name: "n", found: n) }
      if k < 0 { throw .negativeSize(name: "k", found: k) }
      try checkSize()
      if !c.isEmpty && ((m > 1 && c.rowStride < 0) || (n > 1 && c.columnStride < 0)) {
        throw .invalidLayout(operand: "C", layout: c, reason: "expected positive strides: only A and B may be reversed")
      }
    }
    try checkTypes()
    if !c.isInjective { throw .overlappingElements(operand: "C", layout: c) }
    if batch.count != 1 { try checkBatch() }
    if !(0...2).contains(strassenLevels) { throw .invalidStrassenLevels(found: strassenLevels) }
  }

  private func checkBatch() throws(HeadroomError) {
    if batch.count < 0 { throw .negativeSize(name: "the count of the batch", found: batch.count) }
    for (name, stride) in [("A", batch.aStride), ("B", batch.bStride), ("C", batch.cStride)] where stride < 0 {
      throw .negativeSize(name: "the batch stride of \(name)", found: stride)
    }
    for (layout, stride) in [(a, batch.aStride), (b, batch.bStride), (c, batch.cStride)] {
      let (reach, overflow) = max(batch.count - 1, 0).multipliedReportingOverflow(by: stride)
      let (count, overflowCount) = reach.addingReportingOverflow(layout.requiredCount ?? .max)
      if overflow || overflowCount || count > Int.max / 8 { throw .sizeOverflow(m: m, n: n, k: k) }
    }
    if batch.count > 1 && !c.isEmpty && !batchIsApart { throw .overlappingProducts(stride: batch.cStride, layout: c) }
  }

  /// Whether no two products share an element of C: one after another, or each within the gaps of the others' rows or columns.
  private var batchIsApart: Bool {
    if batch.cStride >= c.requiredCount ?? .max { return true }
    let all = batch.count * batch.cStride
    // A stride along a size of 1 is never walked.
    let (down, across) = (c.rows == 1 ? 0 : c.rowStride, c.columns == 1 ? 0 : c.columnStride)
    let (inner, gap) = down >= across ? ((c.columns - 1) * across + 1, down) : ((c.rows - 1) * down + 1, across)
    return batch.cStride >= inner && all - batch.cStride + inner <= gap
  }

  /// No size and no stride below 0 or from 2^20 on, as in nearly all calls: then no count overflows, and a few instructions know it.
  @inlinable
  var isModest: Bool {
    let bits = m | n | k | a.rowStride | a.columnStride | b.rowStride | b.columnStride | c.rowStride | c.columnStride
    return UInt(bitPattern: bits) < 1 << 20
  }

  /// Which sizes don't agree.
  private var disagreement: HeadroomError {
    if a.rows != m { return .sizeMismatch(what: "rows of A against rows of C", found: a.rows, expected: m) }
    if b.columns != n { return .sizeMismatch(what: "columns of B against columns of C", found: b.columns, expected: n) }
    return .sizeMismatch(what: "rows of B against columns of A", found: b.rows, expected: k)
  }

  private func checkSize() throws(HeadroomError) {
    let (mn, overflowArea) = m.multipliedReportingOverflow(by: n)
    let (_, overflowVolume) = mn.multipliedReportingOverflow(by: k)
    if overflowArea || overflowVolume { throw .sizeOverflow(m: m, n: n, k: k) }
    // Offsets are counted in bytes of at most 8 an element.
    for layout in [a, b, c] {
      guard let count = layout.requiredCount, count <= Int.max / 8 else { throw .sizeOverflow(m: m, n: n, k: k) }
    }
  }

  private func checkTypes() throws(HeadroomError) {
    switch (inputType, outputType) {
    case (.float32, .float32), (.float64, .float64), (.bfloat16, .float32), (.bfloat16, .bfloat16): return
    default: throw .unsupportedTypes(input: inputType, output: outputType)
    }
  }
}
