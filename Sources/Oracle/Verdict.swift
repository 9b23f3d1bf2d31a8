import Tensors

/// What a check of a result found.
public enum Verdict: Equatable, Sendable {
  /// `checked` elements were compared one by one; the others, if any, by signed sums of groups of columns or output channels.
  case passed(checked: Int)
  case failed(Mismatch)

  public var isPassed: Bool {
    if case .passed = self { true } else { false }
  }
}

/// The first element found wrong.
public struct Mismatch: Error, Equatable, Sendable, CustomStringConvertible {
  public var place: Place
  public var found: Double
  /// The value by definition, in Double, before rounding to the result's type.
  public var expected: Double
  /// How far from `expected` the result may lie before it is rounded to the result's type.
  public var bound: Double

  public var description: String { "\(place): found \(found), expected \(expected) within \(bound)" }

  /// Where an element of a result is.
  public enum Place: Equatable, Sendable, CustomStringConvertible {
    /// Of a matrix.
    case element(row: Int, column: Int)
    /// Of images: image `n`, output channel `k`, row `p`, column `q`.
    case pixel(n: Int, k: Int, p: Int, q: Int)

    public var description: String {
      switch self {
      case .element(let row, let column): "element (\(row), \(column))"
      case .pixel(let n, let k, let p, let q): "element (n, k, p, q) = (\(n), \(k), \(p), \(q))"
      }
    }
  }
}

/// How far a result may lie from the exact one.
///
/// Beside what the cases say, each term may underflow, and instructions that take denormals for zero (VDPBF16PS, VCVTNEPS2BF16)
/// may do so in bfloat16 products, whose operands are taken to be at most 2^8.
public enum Tolerance: Sendable, Hashable {
  /// Equal to the exact value rounded once to the result's type. For operands whose every partial sum is exact (`Fill.integers(depth:)`).
  case exact
  /// What no order of summation can exceed: each of k terms is rounded at most k + 10 times (its product, k additions, and one each
  /// for alpha, beta, their sum, scale, bias, and the rounding of those four factors to the accumulator's type).
  case proven
  /// As `proven` with 8 * sqrt(k) in place of k: what rounding errors of mean zero exceed with a probability below 1e-12 (Higham
  /// and Mary, "A new approach to probabilistic rounding error analysis", SIAM J. Sci. Comput. 2019). For operands of random
  /// sign; it sees a missing term at any depth, which the proven bound does not.
  case statistical
  /// As `statistical`, by the largest magnitude in a tile of so many elements along each axis, whose errors depend on one another: the bound within
  /// which Winograd's algorithm runs unasked.
  case direct(tileSize: Int)
  /// The same, and roundings that the transforms add: what Winograd's algorithm keeps whatever the number of channels.
  case winograd(outputs: Int)

  var tileSize: Int {
    switch self {
    case .exact, .proven, .statistical: 1
    case .direct(let size), .winograd(let size): size
    }
  }

  /// Roundings that transforms add. Errors of up to 8, 16 and 80 unit roundoffs beyond those of the sums were seen; a wrong coefficient has errors as
  /// large as the terms.
  var transformRoundings: Double {
    switch self {
    case .winograd(2): 16
    case .winograd(4): 64
    case .winograd: 320
    case .exact, .proven, .statistical, .direct: 0
    }
  }
}

/// How many elements of a result are looked at.
public enum Coverage: Sendable, Hashable {
  /// `whole` up to 2^27 multiplications, `sampled` beyond.
  case automatic
  case whole
  /// 256 random elements, the corners, and signed sums of groups of 64 columns or output channels (Freivalds, IFIP 1977) over
  /// every element. With ReLU, which is not linear, 1024 random elements in place of the sums.
  case sampled(seed: UInt64)
}

extension Coverage {
  /// The largest problem that `automatic` looks at as a whole.
  private static let wholeUpTo = 0x1p27

  /// The seed of a sample, `nil` for every element.
  func sampleSeed(multiplications: Double) -> UInt64? {
    switch self {
    case .whole: nil
    case .sampled(let seed): seed
    case .automatic: multiplications <= Self.wholeUpTo ? nil : 1
    }
  }

  /// How many random elements a sample has.
  static func sampleCount(isLinear: Bool) -> Int { isLinear ? 256 : 1024 }
}
