#if arch(x86_64)
  internal import CKernels
  public import SIMDBodies

  /// A register of AVX-512.
  private struct Vector: FloatVector {
    let lanes: SIMD16<Float>

    @inline(always)
    init(_ lanes: SIMD16<Float>) { self.lanes = lanes }

    @inline(always)
    init(broadcast value: Float) { lanes = ck_simd_broadcast16(value) }

    @inline(always)
    static func first(_ count: Int) -> UInt16 { ck_simd_first16(Int64(count)) }

    @inline(always)
    init(_ address: UnsafePointer<Float>, _ some: UInt16) { lanes = ck_simd_load16(address, some) }

    @inline(always)
    func store(_ address: UnsafeMutablePointer<Float>, _ some: UInt16) { ck_simd_store16(address, lanes, some) }

    @inline(always)
    func adding(_ a: Self, times b: Self) -> Self { Self(ck_simd_madd16(lanes, a.lanes, b.lanes)) }

    @inline(always)
    static func * (left: Self, right: Self) -> Self { Self(ck_simd_times16(left.lanes, right.lanes)) }
  }

  private typealias Row = TwoVectors<Vector>

  @c(ck_outer_f32_1x32_avx512_swift)
  public func outer1x32(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows1<Row>.self, t, a, b, c) }

  @c(ck_outer_f32_2x32_avx512_swift)
  public func outer2x32(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows2<Row>.self, t, a, b, c) }

  @c(ck_outer_f32_3x32_avx512_swift)
  public func outer3x32(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows3<Row>.self, t, a, b, c) }

  @c(ck_outer_f32_4x32_avx512_swift)
  public func outer4x32(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows4<Row>.self, t, a, b, c) }

  @c(ck_outer_f32_5x32_avx512_swift)
  public func outer5x32(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows5<Row>.self, t, a, b, c) }

  @c(ck_outer_f32_6x32_avx512_swift)
  public func outer6x32(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows6<Row>.self, t, a, b, c) }

  @c(ck_outer_f32_7x32_avx512_swift)
  public func outer7x32(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows7<Row>.self, t, a, b, c) }

  @c(ck_outer_f32_8x32_avx512_swift)
  public func outer8x32(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows8<Row>.self, t, a, b, c) }

  @c(ck_outer_f32_9x32_avx512_swift)
  public func outer9x32(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows9<Row>.self, t, a, b, c) }

  @c(ck_outer_f32_10x32_avx512_swift)
  public func outer10x32(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows10<Row>.self, t, a, b, c) }

  @c(ck_outer_f32_11x32_avx512_swift)
  public func outer11x32(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows11<Row>.self, t, a, b, c) }

  @c(ck_outer_f32_12x32_avx512_swift)
  public func outer12x32(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows12<Row>.self, t, a, b, c) }

  @c(ck_outer_f32_13x32_avx512_swift)
  public func outer13x32(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows13<Row>.self, t, a, b, c) }

  @c(ck_outer_f32_14x32_avx512_swift)
  public func outer14x32(_ t: Tile, _ a: Blocks, _ b: Blocks, _ c: TileOfC) { outer(Rows14<Row>.self, t, a, b, c) }

  @c(ck_depthwise_last_f32_avx512_swift)
  public func depthwiseLastAVX512(_ b: Block, _ input: Elements, _ w: Elements, _ out: Sums) {
    depthwise(Vector.self, b, input, w, out)
  }
#endif
