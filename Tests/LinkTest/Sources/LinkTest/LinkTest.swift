import Headroom

/// Multiplies two matrices of small integers, whose product is exact in `Float`, checks entries against plain integer sums, and prints the
/// speed of one thread.
@main
struct LinkTest {
  static let size = 768
  static let repetitions = 10

  static func main() throws {
    let a = integers(seed: 1)
    let b = integers(seed: 2)
    var c = [Float](repeating: .nan, count: size * size)
    var descriptor = GEMMDescriptor(m: size, n: size, k: size)
    descriptor.options.threads = 1
    let plan = try GEMMPlan(descriptor)

    var best = Duration.seconds(1_000_000)
    for _ in 0..<repetitions {
      var product = c.mutableSpan
      let elapsed = try ContinuousClock().measure { try plan.execute(a: a.span, b: b.span, c: &product) }
      best = min(best, elapsed)
    }
    try check(c, a, b)

    let rate = 2 * Double(size * size * size) / (best / .seconds(1)) / 1e9
    let tenths = (rate * 10).rounded() / 10
    print("LinkTest: \(size)x\(size)x\(size) is right, \(tenths) GFLOP/s by \(plan.selection.microkernel)")
  }

  /// Integers from -8 to 8 in a fixed pseudo-random order.
  static func integers(seed: UInt64) -> [Float] {
    var state = seed
    return (0..<size * size).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int(state >> 33) % 17 - 8)
    }
  }

  /// Compares some 512 entries, spread over the matrix, with sums of integers.
  static func check(_ c: [Float], _ a: [Float], _ b: [Float]) throws {
    for entry in stride(from: 0, to: size * size, by: (size * size - 1) / 511) {
      let (row, column) = (entry / size, entry % size)
      let expected = (0..<size).reduce(0) { $0 + Int(a[row * size + $1]) * Int(b[$1 * size + column]) }
      guard c[entry] == Float(expected) else {
        throw WrongProduct(row: row, column: column, found: c[entry], expected: expected)
      }
    }
  }
}

struct WrongProduct: Error {
  let row, column: Int
  let found: Float
  let expected: Int
}
