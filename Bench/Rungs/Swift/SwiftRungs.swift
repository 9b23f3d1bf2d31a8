// The same algorithms in plain Swift: spans, `+` and `*` with their checks, no SIMD type, no unsafe flag.

/// One dot product after another.
func naiveIJK(_ p: RungProblem) {
  let (a, b) = (p.aBuffer.span, p.bBuffer.span)
  var c = p.cBuffer.mutableSpan
  for i in 0..<p.m {
    for j in 0..<p.n {
      var sum: Float = 0
      for q in 0..<p.k { sum += a[i * p.lda + q] * b[q * p.ldb + j] }
      c[i * p.ldc + j] = sum
    }
  }
}

/// Rows of B are added to rows of C, on blocks that stay in cache.
func tiled(_ p: RungProblem) {
  let (a, b) = (p.aBuffer.span, p.bBuffer.span)
  var c = p.cBuffer.mutableSpan
  let (height, width, depth) = (64, 512, 64)
  for i in 0..<p.m {
    for j in 0..<p.n { c[i * p.ldc + j] = 0 }
  }
  for top in stride(from: 0, to: p.m, by: height) {
    for left in stride(from: 0, to: p.n, by: width) {
      for front in stride(from: 0, to: p.k, by: depth) {
        for i in top..<min(top + height, p.m) {
          for q in front..<min(front + depth, p.k) {
            let x = a[i * p.lda + q]
            for j in left..<min(left + width, p.n) { c[i * p.ldc + j] += x * b[q * p.ldb + j] }
          }
        }
      }
    }
  }
}

extension RungProblem {
  fileprivate var aBuffer: UnsafeBufferPointer<Float> { UnsafeBufferPointer(start: a, count: Self.count(m, k, lda)) }
  fileprivate var bBuffer: UnsafeBufferPointer<Float> { UnsafeBufferPointer(start: b, count: Self.count(k, n, ldb)) }
  fileprivate var cBuffer: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: c, count: Self.count(m, n, ldc))
  }

  /// Elements from the first to the last one of a matrix.
  private static func count(_ rows: Int, _ columns: Int, _ leadingDimension: Int) -> Int {
    rows > 0 && columns > 0 ? (rows - 1) * leadingDimension + columns : 0
  }
}

let swiftProducts = [
  Rung(
    swift: "naive-ijk.swift", symbol: "$s5Rungs8naiveIJKyyAA11RungProblemVF", remark: whyNotVectorised, run: { naiveIJK($0) }),
  Rung(
    swift: "tiled.swift", [.cacheBlocking], symbol: "$s5Rungs5tiledyyAA11RungProblemVF",
    remark: "index arithmetic and bounds are checked at each step", run: { tiled($0) }),
]
