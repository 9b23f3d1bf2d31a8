import Tensors

/// Freivalds' test in groups: with a random sign for each column, the signed sum of a group of columns of C must equal A times
/// the same sum of B's columns. An error in one element always shows if it exceeds the bounds of the group's elements together.
struct SignedSums {
  static let groupSize = 64

  private let judge: Judge
  private let signs: [Double]
  private let groups: Int
  /// k x groups: B's columns summed with their signs, and their magnitudes summed.
  private var sums: [Double]
  private var magnitudes: [Double]

  init(judge: Judge, generator: inout SplitMix64) {
    let reference = judge.reference
    let (k, n) = (reference.k, reference.n)
    self.judge = judge
    groups = (n + Self.groupSize - 1) / Self.groupSize
    signs = (0..<n).map { _ in generator.next() & 1 == 0 ? 1 : -1 }
    sums = [Double](repeating: 0, count: k * groups)
    magnitudes = sums
    var row = [Double](repeating: 0, count: n)
    for p in 0..<k {
      row.withUnsafeMutableBufferPointer { reference.b.readRow(p, into: $0) }
      for column in 0..<n {
        sums[p * groups + column / Self.groupSize] += signs[column] * row[column]
        magnitudes[p * groups + column / Self.groupSize] += row[column].magnitude
      }
    }
  }

  func firstMismatch(in c: MatrixView) -> Mismatch? {
    let reference = judge.reference
    var left = [Double](repeating: 0, count: reference.k)
    var found = [Double](repeating: 0, count: reference.n)
    for row in 0..<reference.m {
      left.withUnsafeMutableBufferPointer { reference.a.readRow(row, into: $0) }
      found.withUnsafeMutableBufferPointer { c.readRow(row, into: $0) }
      for group in suspects(row, left, found) {
        // A group that fails its sum has an element that fails its own bound, unless infinities or NaN belong there.
        let start = group * Self.groupSize
        for column in start..<min(start + Self.groupSize, reference.n) {
          if let mismatch = judge.check(c, row, column) { return mismatch }
        }
      }
    }
    return nil
  }

  /// The groups of one row whose sums lie outside the sum of their elements' bounds.
  private func suspects(_ row: Int, _ left: [Double], _ found: [Double]) -> [Int] {
    let reference = judge.reference
    var products = [Double](repeating: 0, count: groups)
    var weights = products
    for (p, factor) in left.enumerated() {
      for group in 0..<groups {
        products[group] += factor * sums[p * groups + group]
        weights[group] += factor.magnitude * magnitudes[p * groups + group]
      }
    }
    let bound = judge.bound
    return (0..<groups).filter { group in
      let columns = group * Self.groupSize..<min((group + 1) * Self.groupSize, reference.n)
      var difference = -reference.epilogue.scale * reference.alpha * products[group]
      var allowed = 0.0
      for column in columns {
        // Everything but the product itself is known element by element.
        difference += signs[column] * (found[column] - reference.linear(0, row, column))
        allowed += bound.relative * reference.finishMagnitude(0, row, column) + bound.absolute
        allowed += bound.outputRounding(found[column])
      }
      allowed += bound.relative * (reference.epilogue.scale * reference.alpha).magnitude * weights[group]
      return !(difference.magnitude <= allowed)
    }
  }
}
