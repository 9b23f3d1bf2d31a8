import KernelDispatch
import Tensors

extension GEMMDescriptor {
  /// Whether sizes, layouts and types make a product. Cost: a few multiplications, a greatest common divisor only for unusual layouts of C.
  func check() throws(HeadroomError) {
    if m < 0 { throw .negativeSize(name: "m", found: m) }
    if n < 0 { throw .negativeSize(name: "n", found: n) }
    if k < 0 { throw .negativeSize(name: "k", found: k) }
    if a.rows != m { throw .sizeMismatch(what: "rows of A against rows of C", found: a.rows, expected: m) }
    if b.columns != n { throw .sizeMismatch(what: "columns of B against columns of C", found: b.columns, expected: n) }
    if b.rows != k { throw .sizeMismatch(what: "rows of B against columns of A", found: b.rows, expected: k) }
    try checkSize()
    try checkTypes()
    if !c.isEmpty && ((m > 1 && c.rowStride < 0) || (n > 1 && c.columnStride < 0)) {
      throw .invalidLayout(operand: "C", layout: c, reason: "expected positive strides: only A and B may be reversed")
    }
    if !c.isInjective { throw .overlappingElements(operand: "C", layout: c) }
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
