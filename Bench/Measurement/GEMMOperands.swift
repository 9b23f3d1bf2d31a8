import Glibc
import Oracle
import Tensors
import Workloads

/// The matrices of one product in memory: A and B random in (-1, 1) without zeros, C to be written. Stored row by row, each at a multiple of
/// 64 bytes; transposed where the shape says so. Between the rows of a padded matrix and in C there is NaN.
public final class GEMMOperands {
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

  private let blocks: [Block]

  /// Memory of its own.
  private struct Block {
    let start: UnsafeMutableRawPointer
    let byteCount: Int
    var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: start, count: byteCount) }
  }

  /// - Parameter leadingPadding: elements between the end of a stored row and the start of the next.
  /// - Throws: `BenchError.outOfMemory`, also for more than the machine has.
  public init(shape: GEMMShape, format: NumericFormat, seed: UInt64, leadingPadding: Int = 0) throws(BenchError) {
    self.shape = shape
    self.format = format
    self.seed = seed
    (aLayout, bLayout, cLayout) = shape.layouts(leadingPadding: leadingPadding)
    let (input, output) = (format.inputElement, format.outputElement)
    blocks = try Self.allocate([
      Self.byteCount(aLayout, input), Self.byteCount(bLayout, input), Self.byteCount(cLayout, output),
    ])
    a = UnsafeRawPointer(blocks[0].start)
    b = UnsafeRawPointer(blocks[1].start)
    c = blocks[2].start
    for block in blocks { Poison.fill(block.bytes) }
    MutableMatrixView(base: blocks[0].start, type: input, layout: aLayout).fill(.uniform, seed: seed)
    MutableMatrixView(base: blocks[1].start, type: input, layout: bLayout).fill(.uniform, seed: ~seed)
  }

  deinit {
    for block in blocks { free(block.start) }
  }

  public var inputType: ElementType { format.inputElement }
  public var outputType: ElementType { format.outputElement }

  /// Elements from one stored row to the next.
  public var lda: Int { Self.leadingDimension(aLayout, transposed: shape.transposeA) }
  public var ldb: Int { Self.leadingDimension(bLayout, transposed: shape.transposeB) }
  public var ldc: Int { cLayout.rowStride }

  /// The bytes that A, B and C take.
  public var byteCount: Int { blocks.reduce(0) { $0 + $1.byteCount } }

  /// Fills C with NaN, so that an element that is read before it is written, or never written, shows.
  public func poisonC() { Poison.fill(blocks[2].bytes) }

  /// Compares C with the product by its definition.
  public func verify() -> Verdict {
    let reference = GEMMReference(
      a: MatrixView(base: a, type: inputType, layout: aLayout), b: MatrixView(base: b, type: inputType, layout: bLayout))
    return reference.verify(MatrixView(base: c, type: outputType, layout: cLayout))
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

  /// One block for each count, or none.
  private static func allocate(_ byteCounts: [Int]) throws(BenchError) -> [Block] {
    var total = 0
    for count in byteCounts {
      let (sum, overflow) = total.addingReportingOverflow(count)
      total = overflow ? .max : sum
    }
    // The system would promise more than there is, and end the process when it is written to.
    if total > sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) { throw .outOfMemory(byteCount: total) }
    var blocks: [Block] = []
    for count in byteCounts {
      guard let memory = aligned_alloc(64, (max(count, 1) + 63) / 64 * 64) else {
        for block in blocks { free(block.start) }
        throw .outOfMemory(byteCount: total)
      }
      blocks.append(Block(start: memory, byteCount: count))
    }
    return blocks
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
