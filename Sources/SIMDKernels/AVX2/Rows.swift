#if arch(x86_64)
  internal import CKernels
  public import SIMDBodies

  /// A register of AVX2, with fused multiply-add.
  private struct Vector: FloatVector {
    let lanes: SIMD8<Float>

    @inline(always)
    init(_ lanes: SIMD8<Float>) { self.lanes = lanes }

    @inline(always)
    init(broadcast value: Float) { lanes = ck_simd_broadcast8(value) }

    @inline(always)
    static func first(_ count: Int) -> Int64 { Int64(count) }

    @inline(always)
    init(_ address: UnsafePointer<Float>, _ some: Int64) { lanes = ck_simd_load8(address, some) }

    @inline(always)
    func store(_ address: UnsafeMutablePointer<Float>, _ some: Int64) { ck_simd_store8(address, lanes, some) }

    @inline(always)
    func adding(_ a: Self, times b: Self) -> Self { Self(ck_simd_madd8(lanes, a.lanes, b.lanes)) }

    @inline(always)
    static func * (left: Self, right: Self) -> Self { Self(ck_simd_times8(left.lanes, right.lanes)) }
  }

  private typealias Row = TwoVectors<Vector>

  @c(ck_outer_f32_1x16_avx2_swift)
  public func outer1x16(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows1<Row>.self, t, a, b, c) }

  @c(ck_outer_f32_2x16_avx2_swift)
  public func outer2x16(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows2<Row>.self, t, a, b, c) }

  @c(ck_outer_f32_3x16_avx2_swift)
  public func outer3x16(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows3<Row>.self, t, a, b, c) }

  @c(ck_outer_f32_4x16_avx2_swift)
  public func outer4x16(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows4<Row>.self, t, a, b, c) }

  @c(ck_outer_f32_5x16_avx2_swift)
  public func outer5x16(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows5<Row>.self, t, a, b, c) }

  @c(ck_outer_f32_6x16_avx2_swift)
  public func outer6x16(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows6<Row>.self, t, a, b, c) }

  @c(ck_depthwise_last_f32_avx2_swift)
  public func depthwiseLastAVX2(_ b: Block, _ input: Elements, _ w: Elements, _ out: Sums) {
    depthwise(Vector.self, b, input, w, out)
  }
#endif
