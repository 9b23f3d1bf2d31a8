import Tensors

/// A matrix in memory, read element by element as `Double`. Unchecked: the caller keeps the memory alive and large enough.
public struct MatrixView {
  /// The address of element (0, 0), which is not the lowest one when a stride is negative.
  public let base: UnsafeRawPointer
  public let type: ElementType
  public let layout: MatrixLayout

  public init(base: UnsafeRawPointer, type: ElementType, layout: MatrixLayout) {
    self.base = base
    self.type = type
    self.layout = layout
  }

  public var rows: Int { layout.rows }
  public var columns: Int { layout.columns }

  /// The exact value of an element: every element type is a subset of `Double`.
  public subscript(row: Int, column: Int) -> Double {
    load(base, row * layout.rowStride + column * layout.columnStride, type)
  }

  /// All elements, row after row without gaps.
  public func values() -> [Double] {
    let count = max(rows, 0) * max(columns, 0)
    return [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
      for row in 0..<(count == 0 ? 0 : rows) {
        readRow(row, into: UnsafeMutableBufferPointer(rebasing: buffer[row * columns..<(row + 1) * columns]))
      }
      initialized = count
    }
  }

  /// Reads the whole of one row; the type is looked at once, which makes it some five times faster than the subscript.
  func readRow(_ row: Int, into values: UnsafeMutableBufferPointer<Double>) {
    let start = row * layout.rowStride
    let step = layout.columnStride
    switch type {
    case .float32:
      let elements = base.assumingMemoryBound(to: Float.self) + start
      for column in values.indices { values[column] = Double(elements[column * step]) }
    case .bfloat16:
      let elements = base.assumingMemoryBound(to: UInt16.self) + start
      for column in values.indices { values[column] = widened(elements[column * step]) }
    case .float64:
      let elements = base.assumingMemoryBound(to: Double.self) + start
      for column in values.indices { values[column] = elements[column * step] }
    }
  }
}

/// A matrix in memory that is written too. Unchecked, as `MatrixView`.
public struct MutableMatrixView {
  public let base: UnsafeMutableRawPointer
  public let type: ElementType
  public let layout: MatrixLayout

  public init(base: UnsafeMutableRawPointer, type: ElementType, layout: MatrixLayout) {
    self.base = base
    self.type = type
    self.layout = layout
  }

  public var rows: Int { layout.rows }
  public var columns: Int { layout.columns }
  public var readOnly: MatrixView { MatrixView(base: base, type: type, layout: layout) }

  /// Writing rounds to the element type: to nearest, ties to even.
  public subscript(row: Int, column: Int) -> Double {
    get { load(base, row * layout.rowStride + column * layout.columnStride, type) }
    nonmutating set {
      let offset = row * layout.rowStride + column * layout.columnStride
      switch type {
      case .float32: base.storeBytes(of: Float(newValue), toByteOffset: offset * 4, as: Float.self)
      case .bfloat16: base.storeBytes(of: narrowed(newValue), toByteOffset: offset * 2, as: UInt16.self)
      case .float64: base.storeBytes(of: newValue, toByteOffset: offset * 8, as: Double.self)
      }
    }
  }

  /// Writes the whole of one row, rounded as by the subscript; the type is looked at once.
  func writeRow(_ row: Int, _ next: () -> Double) {
    let start = row * layout.rowStride
    let step = layout.columnStride
    let columns = 0..<max(columns, 0)
    switch type {
    case .float32:
      let elements = base.assumingMemoryBound(to: Float.self) + start
      for column in columns { elements[column * step] = Float(next()) }
    case .bfloat16:
      let elements = base.assumingMemoryBound(to: UInt16.self) + start
      for column in columns { elements[column * step] = narrowed(next()) }
    case .float64:
      let elements = base.assumingMemoryBound(to: Double.self) + start
      for column in columns { elements[column * step] = next() }
    }
  }
}

private func load(_ base: UnsafeRawPointer, _ offset: Int, _ type: ElementType) -> Double {
  switch type {
  case .float32: Double(base.load(fromByteOffset: offset * 4, as: Float.self))
  case .bfloat16: widened(base.load(fromByteOffset: offset * 2, as: UInt16.self))
  case .float64: base.load(fromByteOffset: offset * 8, as: Double.self)
  }
}
