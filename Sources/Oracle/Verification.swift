import Tensors

/// What a check of a result found.
public enum Verdict: Equatable, Sendable {
  /// `checked` elements were compared one by one; the others, if any, by signed sums of groups of columns.
  case passed(checked: Int)
  case failed(Mismatch)

  public var isPassed: Bool {
    if case .passed = self { true } else { false }
  }
}

/// The first element found wrong.
public struct Mismatch: Error, Equatable, Sendable, CustomStringConvertible {
  public var row: Int
  public var column: Int
  public var found: Double
  /// The value by definition, in Double, before rounding to C's type.
  public var expected: Double
  /// How far from `expected` the result may lie before it is rounded to C's type.
  public var bound: Double

  public var description: String {
    "element (\(row), \(column)): found \(found), expected \(expected) within \(bound)"
  }
}

/// How far a result may lie from the exact one.
///
/// Beside what the cases say, each term may underflow, and instructions that take denormals for zero (VDPBF16PS, VCVTNEPS2BF16)
/// may do so in bfloat16 products, whose operands are taken to be at most 2^8.
public enum Tolerance: Sendable, Hashable {
  /// Equal to the exact value rounded once to C's type. For operands whose every partial sum is exact (`Fill.integers(depth:)`).
  case exact
  /// What no order of summation can exceed: each term is rounded at most k + 10 times (its product, k additions, and one each for
  /// alpha, beta, their sum, scale, bias, and the rounding of those four factors to the accumulator's type).
  case proven
  /// As `proven` with 8 * sqrt(k) in place of k: what rounding errors of mean zero exceed with a probability below 1e-12 (Higham
  /// and Mary, "A new approach to probabilistic rounding error analysis", SIAM J. Sci. Comput. 2019). For operands of random
  /// sign; it sees a missing term at any depth, which the proven bound does not.
  case statistical
}

/// How many elements of a result are looked at.
public enum Coverage: Sendable, Hashable {
  /// `whole` up to 2^27 multiplications, `sampled` beyond.
  case automatic
  case whole
  /// 256 random elements, the corners, and signed sums of groups of 64 columns (Freivalds, IFIP 1977) over every element. With
  /// ReLU, which is not linear, 1024 random elements in place of the sums.
  case sampled(seed: UInt64)
}

extension GEMMReference {
  /// Compares a result with the definition.
  ///
  /// Cost: m * n * k multiplications for `whole`, some 30 ms for 512x512x512; `sampled` 1/32 of them.
  public func verify(_ c: MatrixView, tolerance: Tolerance = .statistical, coverage: Coverage = .automatic) -> Verdict {
    precondition(c.rows == m && c.columns == n, "C is \(c.rows)x\(c.columns), the product \(m)x\(n)")
    if m <= 0 || n <= 0 { return .passed(checked: 0) }
    let judge = Judge(reference: self, type: c.type, tolerance: tolerance)
    switch coverage {
    case .whole:
      return judge.verifyAll(c)
    case .sampled(let seed):
      return judge.verifySample(c, seed: seed)
    case .automatic:
      let small = Double(m) * Double(n) * Double(k) <= 0x1p27
      return small ? judge.verifyAll(c) : judge.verifySample(c, seed: 1)
    }
  }
}

/// The bound of one product and the comparisons with it.
struct Judge {
  /// Up to which operands the allowance for flushed denormals is enough.
  static let largestBFloat16Operand = 0x1p8

  let reference: GEMMReference
  let type: ElementType
  /// An element's error before its rounding to C's type is at most `relative` times its magnitude plus `absolute`.
  let relative: Double
  let absolute: Double

  init(reference: GEMMReference, type: ElementType, tolerance: Tolerance) {
    self.reference = reference
    self.type = type
    if tolerance == .exact {
      relative = 0
      absolute = 0
      return
    }
    let depth = Double(reference.k)
    let roundings = (tolerance == .proven ? depth : min(depth, 8 * depth.squareRoot())) + 10
    let accumulator = reference.a.type.accumulator
    // The reference is summed in Double and has an error of its own.
    relative = roundings * (accumulator.unitRoundoff + ElementType.float64.unitRoundoff) * 1.01
    // Underflow, once per term: the spacing of the denormals. VDPBF16PS takes denormal operands and results for zero, whatever
    // the mode, so that a term may lose the least normal number times the other operand.
    let spacing = accumulator.leastNormal * 2 * accumulator.unitRoundoff
    let lost = reference.a.type == .bfloat16 ? accumulator.leastNormal * Self.largestBFloat16Operand : spacing
    let factor = reference.epilogue.scale.magnitude * max(1, reference.alpha.magnitude)
    // VCVTNEPS2BF16 takes a denormal for zero as well.
    absolute = (depth + 10) * lost * max(1, factor) + (type == .bfloat16 ? type.leastNormal : 0)
  }

  /// `nil` if the element is right. The bound is on the unrounded value; rounding is monotonic, so it may be applied to both its
  /// ends.
  func mismatch(_ found: Double, _ entry: GEMMReference.Entry, _ row: Int, _ column: Int) -> Mismatch? {
    let bound = entry.magnitude.isFinite ? relative * entry.magnitude + absolute : 0
    if entry.value.isNaN ? found.isNaN : isWithin(found, entry.value, bound) { return nil }
    return Mismatch(row: row, column: column, found: found, expected: entry.value, bound: bound)
  }

  private func isWithin(_ found: Double, _ expected: Double, _ bound: Double) -> Bool {
    type.rounded(expected - bound) <= found && found <= type.rounded(expected + bound)
  }

  func check(_ c: MatrixView, _ row: Int, _ column: Int) -> Mismatch? {
    mismatch(c[row, column], reference.entry(row, column), row, column)
  }

  func verifyAll(_ c: MatrixView) -> Verdict {
    var first: Mismatch?
    reference.forEachRow { row, products in
      for column in 0..<c.columns {
        let found = c[row, column]
        let value = reference.finish(products[column], row, column)
        // No element's magnitude is below its value's, so what passes here passes; the rest pay for their magnitude.
        if isWithin(found, value, relative * value.magnitude) { continue }
        first = check(c, row, column)
        if first != nil { return false }
      }
      return true
    }
    return first.map(Verdict.failed) ?? .passed(checked: c.rows * c.columns)
  }

  func verifySample(_ c: MatrixView, seed: UInt64) -> Verdict {
    var generator = SplitMix64(seed: seed)
    let (bottom, right) = (c.rows - 1, c.columns - 1)
    var places = [(0, 0), (0, right), (bottom, 0), (bottom, right)]
    for _ in 0..<(reference.epilogue.relu ? 1024 : 256) {
      places.append((Int.random(in: 0...bottom, using: &generator), Int.random(in: 0...right, using: &generator)))
    }
    for (row, column) in places {
      if let mismatch = check(c, row, column) { return .failed(mismatch) }
    }
    if !reference.epilogue.relu, let mismatch = SignedSums(judge: self, generator: &generator).firstMismatch(in: c) {
      return .failed(mismatch)
    }
    return .passed(checked: places.count)
  }
}
