/// Where the elements of a matrix lie: element (i, j) is `i * rowStride + j * columnStride` elements away from element (0, 0).
///
/// A stride may be zero (a broadcast) or negative (a reversed view). Strides are in elements, not bytes.
@frozen
public struct MatrixLayout: Sendable, Hashable {
  public var rows: Int
  public var columns: Int
  public var rowStride: Int
  public var columnStride: Int

  @inlinable
  public init(rows: Int, columns: Int, rowStride: Int, columnStride: Int) {
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
    self.columnStride = columnStride
  }

  /// Rows one after another; `leadingDimension` (elements from one row to the next) is `columns` unless given.
  @inlinable
  public static func rowMajor(rows: Int, columns: Int, leadingDimension: Int? = nil) -> MatrixLayout {
    MatrixLayout(rows: rows, columns: columns, rowStride: leadingDimension ?? columns, columnStride: 1)
  }

  /// Columns one after another; `leadingDimension` (elements from one column to the next) is `rows` unless given.
  @inlinable
  public static func columnMajor(rows: Int, columns: Int, leadingDimension: Int? = nil) -> MatrixLayout {
    MatrixLayout(rows: rows, columns: columns, rowStride: 1, columnStride: leadingDimension ?? rows)
  }

  /// The same memory seen as the transposed matrix.
  @inlinable
  public var transposed: MatrixLayout {
    MatrixLayout(rows: columns, columns: rows, rowStride: columnStride, columnStride: rowStride)
  }

  @inlinable
  public var isEmpty: Bool { rows <= 0 || columns <= 0 }
}

extension MatrixLayout {
  /// The lowest and highest offset of an element from element (0, 0); `nil` if one of them overflows `Int`.
  ///
  /// An empty matrix has the range 0 ... -1, written as `(lowest: 0, highest: -1)`.
  @inlinable
  public var offsetRange: (lowest: Int, highest: Int)? {
    if isEmpty { return (0, -1) }
    let (down, overflowDown) = (rows - 1).multipliedReportingOverflow(by: rowStride)
    let (across, overflowAcross) = (columns - 1).multipliedReportingOverflow(by: columnStride)
    let (lowest, overflowLowest) = min(down, 0).addingReportingOverflow(min(across, 0))
    let (highest, overflowHighest) = max(down, 0).addingReportingOverflow(max(across, 0))
    if overflowDown || overflowAcross || overflowLowest || overflowHighest { return nil }
    return (lowest, highest)
  }

  /// The number of elements a buffer needs to hold the matrix, gaps between rows included; `nil` if it overflows `Int`.
  @inlinable
  public var requiredCount: Int? {
    guard let range = offsetRange else { return nil }
    let (span, overflow) = range.highest.subtractingReportingOverflow(range.lowest)
    let (count, overflowCount) = span.addingReportingOverflow(1)
    return overflow || overflowCount ? nil : count
  }

  /// Whether no two elements share an address: what a matrix that is written must have. Cost: one greatest common divisor.
  @inlinable
  public var isInjective: Bool {
    if isEmpty { return true }
    if rows == 1 && columns == 1 { return true }
    if rows == 1 { return columnStride != 0 }
    if columns == 1 { return rowStride != 0 }
    let down = rowStride.magnitude
    let across = columnStride.magnitude
    if down == 0 || across == 0 { return false }
    // The common cases without a division: rows (columns) that do not reach into each other.
    if across == 1 && down >= UInt(columns) { return true }
    if down == 1 && across >= UInt(rows) { return true }
    // di * rowStride == dj * columnStride first holds at di = columnStride / g, dj = rowStride / g.
    let divisor = greatestCommonDivisor(down, across)
    return across / divisor >= UInt(rows) || down / divisor >= UInt(columns)
  }
}

@inlinable
func greatestCommonDivisor(_ a: UInt, _ b: UInt) -> UInt {
  var (a, b) = (a, b)
  while b != 0 { (a, b) = (b, a % b) }
  return a
}
