import Oracle
import Tensors
import Workloads

/// The matrices of one product in memory: A and B random in (-1, 1) without zeros, C to be written. Stored row by row, each at a multiple of
/// 64 bytes; transposed where the shape says so. Between the rows of a padded matrix and in C there is NaN.
public final class GEMMOperands: Operands {
  public let shape: GEMMShape
  public let format: NumericFormat
  public let seed: UInt64
  /// Element (0, 0) of A, of B and of C.
  public let a: UnsafeRawPointer
  public let b: UnsafeRawPointer
  public let c: UnsafeMutableRawPointer
  /// Of op(A), m x k, of op(B), k x n, and of C, m x n.
  public let aLayout: MatrixLayout
  public let bLayout: MatrixLayout
  public let cLayout: MatrixLayout

  private let memory: OperandMemory

  /// - Parameter leadingPadding: elements between the end of a stored row and the start of the next.
  /// - Throws: `BenchError.outOfMemory`, also for more than the machine has.
  public init(shape: GEMMShape, format: NumericFormat, seed: UInt64, leadingPadding: Int = 0) throws(BenchError) {
    self.shape = shape
    self.format = format
    self.seed = seed
    (aLayout, bLayout, cLayout) = shape.layouts(leadingPadding: leadingPadding)
    let (input, output) = (format.inputElement, format.outputElement)
    memory = try OperandMemory(byteCounts: [
      Self.byteCount(aLayout, input), Self.byteCount(bLayout, input), Self.byteCount(cLayout, output),
    ])
    a = UnsafeRawPointer(memory[0])
    b = UnsafeRawPointer(memory[1])
    c = memory[2]
    MutableMatrixView(base: memory[0], type: input, layout: aLayout).fill(.uniform, seed: seed)
    MutableMatrixView(base: memory[1], type: input, layout: bLayout).fill(.uniform, seed: ~seed)
  }

  public var inputType: ElementType { format.inputElement }
  public var outputType: ElementType { format.outputElement }

  /// Elements from one stored row to the next.
  public var lda: Int { Self.leadingDimension(aLayout, transposed: shape.transposeA) }
  public var ldb: Int { Self.leadingDimension(bLayout, transposed: shape.transposeB) }
  public var ldc: Int { cLayout.rowStride }

  public var byteCount: Int { memory.byteCount }

  public func poisonResult() { memory.poison(2) }

  public func verify(tolerance: Tolerance) -> Verdict {
    var reference = GEMMReference(
      a: MatrixView(base: a, type: inputType, layout: aLayout), b: MatrixView(base: b, type: inputType, layout: bLayout))
    reference.precision = ReferencePrecision(rawValue: format.parts) ?? .full
    return reference.verify(MatrixView(base: c, type: outputType, layout: cLayout), tolerance: tolerance)
  }
}

extension GEMMShape {
  /// Of op(A), op(B) and C: stored row by row, transposed where the shape says so.
  ///
  /// - Parameter leadingPadding: elements between the end of a stored row and the start of the next.
  public func layouts(leadingPadding: Int) -> (a: MatrixLayout, b: MatrixLayout, c: MatrixLayout) {
    func layout(_ rows: Int, _ columns: Int, transposed: Bool) -> MatrixLayout {
      if transposed { return layout(columns, rows, transposed: false).transposed }
      // A size may be as large as an Int; then there is no memory for it either.
      let leadingDimension = min(columns, .max - leadingPadding) + leadingPadding
      return .rowMajor(rows: rows, columns: columns, leadingDimension: leadingDimension)
    }
    return (layout(m, k, transposed: transposeA), layout(k, n, transposed: transposeB), layout(m, n, transposed: false))
  }
}

extension GEMMOperands {
  private static func leadingDimension(_ layout: MatrixLayout, transposed: Bool) -> Int {
    transposed ? layout.columnStride : layout.rowStride
  }

  /// `Int.max` when it overflows: no machine has it.
  private static func byteCount(_ layout: MatrixLayout, _ type: ElementType) -> Int {
    guard let count = layout.requiredCount else { return .max }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: type.byteCount)
    return overflow ? .max : bytes
  }
}

extension NumericFormat {
  /// What `inputType` names.
  public var inputElement: ElementType { Self.element(inputType) }

  /// What `outputType` names.
  public var outputElement: ElementType { Self.element(outputType) }

  private static func element(_ name: String) -> ElementType {
    guard let type = ElementType(rawValue: name) else { preconditionFailure("no element type is called \(name)") }
    return type
  }
}
