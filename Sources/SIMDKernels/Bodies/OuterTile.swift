public import CKernels

public typealias Tile = UnsafePointer<ck_tile>?
public typealias Blocks = UnsafePointer<UnsafeRawPointer?>?
public typealias TileOfC = UnsafeMutableRawPointer?

/// The family `outer` by the contract of `ck_tile`: step by step what `ukernels/outer.h` does, in the same order, so that the rows of an
/// instruction set agree bit for bit.
@inlinable @inline(always)
public func outer<Rows: TileRows>(_: Rows.Type, _ tile: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) {
  guard let tile, let a, let b, let c = c?.assumingMemoryBound(to: Float.self) else { return }
  let lanes = Rows.Row.Vector.count
  let columns = Int(tile.pointee.n)
  if columns == Rows.Row.vectors * lanes {
    sum(Rows.self, tile, a, b, c, last: nil)
  } else if columns > lanes {
    sum(Rows.self, tile, a, b, c, last: Rows.Row.Vector.first(columns - lanes))
  } else {
    sum(Rows.Narrow.self, tile, a, b, c, last: Rows.Row.Vector.first(columns))
  }
}

/// Packed A (its rows adjacent) has fixed addresses, strided A computed ones.
@inlinable @inline(always)
func sum<Rows: TileRows>(
  _: Rows.Type, _ tile: UnsafePointer<ck_tile>, _ a: UnsafePointer<UnsafeRawPointer?>, _ b: UnsafePointer<UnsafeRawPointer?>,
  _ c: UnsafeMutablePointer<Float>, last: Rows.Row.Vector.Mask?
) {
  if tile.pointee.a_rs == 1 {
    sum(Rows.self, tile, a, b, c, last: last, rowStride: 1)
  } else {
    sum(Rows.self, tile, a, b, c, last: last, rowStride: Int(tile.pointee.a_rs))
  }
}

/// `rowStride`: of A.
@inlinable @inline(always)
func sum<Rows: TileRows>(
  _: Rows.Type, _ tile: UnsafePointer<ck_tile>, _ a: UnsafePointer<UnsafeRawPointer?>, _ b: UnsafePointer<UnsafeRawPointer?>,
  _ c: UnsafeMutablePointer<Float>, last: Rows.Row.Vector.Mask?, rowStride: Int
) {
  let (aStep, bStep, cStride) = (Int(tile.pointee.a_ks), Int(tile.pointee.b_ks), Int(tile.pointee.c_rs))
  var sums = Rows.zero
  var block = 0
  while block < Int(tile.pointee.blocks) {
    guard var ak = a[block]?.assumingMemoryBound(to: Float.self), var bk = b[block]?.assumingMemoryBound(to: Float.self) else {
      return
    }
    block &+= 1
    let fetches =
      block == Int(tile.pointee.blocks)
      && (tile.pointee.fetch_c || tile.pointee.fetch.0.count > 0 || tile.pointee.fetch.1.count > 0)
    var left = Int(tile.pointee.k)
    let columns = Int64(Rows.Row.vectors &* Rows.Row.Vector.count)
    var fetching = ck_fetching_of(tile, c, 4, Int64(Rows.count), columns, Int64(left))
    while true {
      var steps = fetches && left > CK_CHUNK ? CK_CHUNK : left
      left &-= steps
      while steps > 0 {
        sums.add(ak, rowStride, times: Rows.Row(bk, last: last))
        ak += aStep
        bk += bStep
        steps &-= 1
      }
      if fetches { ck_fetch_more(&fetching, tile, Int64(left)) }
      if left == 0 { break }
    }
  }
  sums.write(
    to: FinishedTile(rowStride: cStride, alpha: Float(tile.pointee.alpha), beta: Float(tile.pointee.beta), last: last), at: c)
}
