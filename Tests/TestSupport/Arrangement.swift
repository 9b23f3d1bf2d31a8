import Tensors

/// How a test lays a matrix out in memory.
public enum Arrangement: String, Sendable, Hashable, CaseIterable {
  case rowMajor, columnMajor, paddedRowMajor, paddedColumnMajor
  /// No unit stride at all.
  case spread
  /// Negative strides.
  case rowsReversed, columnsReversed, bothReversed
  /// Zero strides: every row, column or element at one address. Not for a matrix that is written.
  case oneRow, oneColumn, oneElement

  /// Those that give each element an address of its own.
  public static let injective = allCases.filter { ![.oneRow, .oneColumn, .oneElement].contains($0) }

  public func layout(rows: Int, columns: Int) -> MatrixLayout {
    let (down, across) =
      switch self {
      case .rowMajor: (columns, 1)
      case .columnMajor: (1, rows)
      case .paddedRowMajor: (columns + 5, 1)
      case .paddedColumnMajor: (1, rows + 3)
      case .spread: (3 * columns + 2, 3)
      case .rowsReversed: (-columns - 1, 1)
      case .columnsReversed: (columns, -1)
      case .bothReversed: (-1, -rows - 2)
      case .oneRow: (0, 1)
      case .oneColumn: (1, 0)
      case .oneElement: (0, 0)
      }
    return MatrixLayout(rows: rows, columns: columns, rowStride: down, columnStride: across)
  }
}
