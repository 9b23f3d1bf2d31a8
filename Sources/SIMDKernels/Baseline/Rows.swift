internal import CKernels
public import SIMDBodies

/// A register of SSE2, the baseline of x86-64: no masks, no fused multiply-add (Swift's would be a call for each lane).
private struct Vector: FloatVector {
  let lanes: SIMD4<Float>

  @inline(always)
  init(_ lanes: SIMD4<Float>) { self.lanes = lanes }

  @inline(always)
  init(broadcast value: Float) { lanes = SIMD4(repeating: value) }

  @inline(always)
  static func first(_ count: Int) -> Int { count }

  @inline(always)
  init(_ address: UnsafePointer<Float>, _ some: Int) {
    lanes = SIMD4(
      some > 0 ? address[0] : 0, some > 1 ? address[1] : 0, some > 2 ? address[2] : 0, some > 3 ? address[3] : 0)
  }

  @inline(always)
  func store(_ address: UnsafeMutablePointer<Float>, _ some: Int) {
    if some > 0 { address[0] = lanes[0] }
    if some > 1 { address[1] = lanes[1] }
    if some > 2 { address[2] = lanes[2] }
    if some > 3 { address[3] = lanes[3] }
  }

  @inline(always)
  func adding(_ a: Self, times b: Self) -> Self { Self(lanes + a.lanes * b.lanes) }

  @inline(always)
  static func * (left: Self, right: Self) -> Self { Self(left.lanes * right.lanes) }
}

private typealias Row = TwoVectors<Vector>

@c(ck_outer_f32_1x8_sse2_swift)
public func outer1x8(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows1<Row>.self, t, a, b, c) }

@c(ck_outer_f32_2x8_sse2_swift)
public func outer2x8(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows2<Row>.self, t, a, b, c) }

@c(ck_outer_f32_3x8_sse2_swift)
public func outer3x8(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows3<Row>.self, t, a, b, c) }

@c(ck_outer_f32_4x8_sse2_swift)
public func outer4x8(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows4<Row>.self, t, a, b, c) }

@c(ck_outer_f32_5x8_sse2_swift)
public func outer5x8(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows5<Row>.self, t, a, b, c) }

@c(ck_outer_f32_6x8_sse2_swift)
public func outer6x8(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows6<Row>.self, t, a, b, c) }

@c(ck_depthwise_last_f32_sse2_swift)
public func depthwiseLastSSE2(_ b: Block, _ input: Elements, _ w: Elements, _ out: Sums) {
  depthwise(Vector.self, b, input, w, out)
}
