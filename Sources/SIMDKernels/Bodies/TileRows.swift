/// Sums of some rows, each vector a variable of its own: they lie in registers, where an array would go to the stack.
public protocol TileRows {
  /// One row of them, which is also how a row of B looks.
  associatedtype Row: TileRow
  /// As many rows of one vector.
  associatedtype Narrow: TileRows where Narrow.Row.Vector == Row.Vector
  static var count: Int { get }
  static var zero: Self { get }
  /// Adds the products of a row of B with a column of A, whose elements are `stride` apart.
  mutating func add(_ a: UnsafePointer<Float>, _ stride: Int, times b: Row)
  func write(to tile: FinishedTile<Row>, at c: UnsafeMutablePointer<Float>)
}

/// One row of sums, of one vector or two.
public protocol TileRow: TileRows where Row == Self {
  associatedtype Vector: FloatVector
  static var vectors: Int { get }
  /// Lanes of the last vector beyond `last` are not read; no `last`: all are.
  init(_ address: UnsafePointer<Float>, last: Vector.Mask?)
  func store(_ address: UnsafeMutablePointer<Float>, last: Vector.Mask?)
  func adding(_ a: Vector, times b: Self) -> Self
  func scaled(by factor: Vector) -> Self
}

/// What makes rows of sums into rows of C.
public struct FinishedTile<Row: TileRow> {
  @usableFromInline let rowStride: Int
  @usableFromInline let alpha: Row.Vector
  @usableFromInline let beta: Row.Vector
  @usableFromInline let readsC: Bool
  @usableFromInline let last: Row.Vector.Mask?

  @inlinable @inline(always)
  init(rowStride: Int, alpha: Float, beta: Float, last: Row.Vector.Mask?) {
    self.rowStride = rowStride
    self.alpha = Row.Vector(broadcast: alpha)
    self.beta = Row.Vector(broadcast: beta)
    self.last = last
    readsC = beta != 0
  }

  @inlinable @inline(always)
  func write(_ sums: Row, at c: UnsafeMutablePointer<Float>) {
    var value = sums.scaled(by: alpha)
    if readsC { value = value.adding(beta, times: Row(c, last: last)) }
    value.store(c, last: last)
  }
}

extension TileRow {
  @inlinable @inline(always)
  public static var count: Int { 1 }

  @inlinable @inline(always)
  public mutating func add(_ a: UnsafePointer<Float>, _ stride: Int, times b: Self) {
    self = adding(Vector(broadcast: a.pointee), times: b)
  }

  @inlinable @inline(always)
  public func write(to tile: FinishedTile<Self>, at c: UnsafeMutablePointer<Float>) { tile.write(self, at: c) }
}

/// A row of one vector.
public struct OneVector<Vector: FloatVector>: TileRow {
  @usableFromInline var vector: Vector

  @inlinable @inline(always)
  init(_ vector: Vector) { self.vector = vector }

  @inlinable @inline(always)
  public init(_ address: UnsafePointer<Float>, last: Vector.Mask?) { vector = Vector(address, living: last) }

  public typealias Narrow = Self

  @inlinable @inline(always)
  public static var vectors: Int { 1 }

  @inlinable @inline(always)
  public static var zero: Self { Self(Vector(broadcast: 0)) }

  @inlinable @inline(always)
  public func store(_ address: UnsafeMutablePointer<Float>, last: Vector.Mask?) {
    vector.store(address, living: last)
  }

  @inlinable @inline(always)
  public func adding(_ a: Vector, times b: Self) -> Self { Self(vector.adding(a, times: b.vector)) }

  @inlinable @inline(always)
  public func scaled(by factor: Vector) -> Self { Self(vector * factor) }
}

/// A row of two vectors; only the second may have lanes that don't live.
public struct TwoVectors<Vector: FloatVector>: TileRow {
  @usableFromInline var first: OneVector<Vector>
  @usableFromInline var second: OneVector<Vector>

  @inlinable @inline(always)
  init(_ first: OneVector<Vector>, _ second: OneVector<Vector>) {
    self.first = first
    self.second = second
  }

  @inlinable @inline(always)
  public init(_ address: UnsafePointer<Float>, last: Vector.Mask?) {
    self.init(OneVector(address, last: nil), OneVector(address + Vector.count, last: last))
  }

  public typealias Narrow = OneVector<Vector>

  @inlinable @inline(always)
  public static var vectors: Int { 2 }

  @inlinable @inline(always)
  public static var zero: Self { Self(.zero, .zero) }

  @inlinable @inline(always)
  public func store(_ address: UnsafeMutablePointer<Float>, last: Vector.Mask?) {
    first.store(address, last: nil)
    second.store(address + Vector.count, last: last)
  }

  @inlinable @inline(always)
  public func adding(_ a: Vector, times b: Self) -> Self {
    Self(first.adding(a, times: b.first), second.adding(a, times: b.second))
  }

  @inlinable @inline(always)
  public func scaled(by factor: Vector) -> Self { Self(first.scaled(by: factor), second.scaled(by: factor)) }
}

/// One row more, below `rows`.
public struct Taller<Rows: TileRows>: TileRows {
  public typealias Row = Rows.Row
  public typealias Narrow = Taller<Rows.Narrow>

  @usableFromInline var rows: Rows
  @usableFromInline var row: Row

  @inlinable @inline(always)
  init(_ rows: Rows, _ row: Row) {
    self.rows = rows
    self.row = row
  }

  @inlinable @inline(always)
  public static var count: Int { Rows.count + 1 }

  @inlinable @inline(always)
  public static var zero: Self { Self(.zero, .zero) }

  @inlinable @inline(always)
  public mutating func add(_ a: UnsafePointer<Float>, _ stride: Int, times b: Row) {
    rows.add(a, stride, times: b)
    row.add(a + Rows.count &* stride, stride, times: b)
  }

  @inlinable @inline(always)
  public func write(to tile: FinishedTile<Row>, at c: UnsafeMutablePointer<Float>) {
    rows.write(to: tile, at: c)
    row.write(to: tile, at: c + Rows.count &* tile.rowStride)
  }
}

public typealias Rows1<Row: TileRow> = Row
public typealias Rows2<Row: TileRow> = Taller<Rows1<Row>>
public typealias Rows3<Row: TileRow> = Taller<Rows2<Row>>
public typealias Rows4<Row: TileRow> = Taller<Rows3<Row>>
public typealias Rows5<Row: TileRow> = Taller<Rows4<Row>>
public typealias Rows6<Row: TileRow> = Taller<Rows5<Row>>
public typealias Rows7<Row: TileRow> = Taller<Rows6<Row>>
public typealias Rows8<Row: TileRow> = Taller<Rows7<Row>>
public typealias Rows9<Row: TileRow> = Taller<Rows8<Row>>
public typealias Rows10<Row: TileRow> = Taller<Rows9<Row>>
public typealias Rows11<Row: TileRow> = Taller<Rows10<Row>>
public typealias Rows12<Row: TileRow> = Taller<Rows11<Row>>
public typealias Rows13<Row: TileRow> = Taller<Rows12<Row>>
public typealias Rows14<Row: TileRow> = Taller<Rows13<Row>>
