import Tensors

extension GEMMReference {
  /// Compares a result with the definition.
  ///
  /// Cost: m * n * k multiplications for `whole`, some 30 ms for 512x512x512; `sampled` 1/32 of them.
  public func verify(_ c: MatrixView, tolerance: Tolerance = .statistical, coverage: Coverage = .automatic) -> Verdict {
    precondition(c.rows == m && c.columns == n, "C is \(c.rows)x\(c.columns), the product \(m)x\(n)")
    if m <= 0 || n <= 0 { return .passed(checked: 0) }
    let judge = Judge(reference: self, type: c.type, tolerance: tolerance)
    if let seed = coverage.sampleSeed(multiplications: Double(m) * Double(n) * Double(k)) {
      return judge.verifySample(c, seed: seed)
    }
    return judge.verifyAll(c)
  }
}

/// The bound of one product and the comparisons with it.
struct Judge {
  let reference: GEMMReference
  let bound: ErrorBound

  init(reference: GEMMReference, type: ElementType, tolerance: Tolerance) {
    self.reference = reference
    bound = ErrorBound(
      tolerance, depth: reference.k, inputType: reference.a.type, type: type,
      factor: reference.epilogue.scale.magnitude * max(1, reference.alpha.magnitude), precision: reference.precision)
  }

  func check(_ c: MatrixView, _ row: Int, _ column: Int) -> Mismatch? {
    bound.mismatch(c[row, column], reference.entry(row, column), at: .element(row: row, column: column))
  }

  func verifyAll(_ c: MatrixView) -> Verdict {
    var first: Mismatch?
    reference.forEachRow { row, products in
      for column in 0..<c.columns {
        let found = c[row, column]
        let value = reference.finish(products[column], row, column)
        if bound.isSurelyWithin(found, value) { continue }
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
    for _ in 0..<Coverage.sampleCount(isLinear: reference.epilogue.activation.isLinear) {
      places.append((Int.random(in: 0...bottom, using: &generator), Int.random(in: 0...right, using: &generator)))
    }
    for (row, column) in places {
      if let mismatch = check(c, row, column) { return .failed(mismatch) }
    }
    if reference.epilogue.activation.isLinear, let mismatch = SignedSums(judge: self, generator: &generator).firstMismatch(in: c)
    {
      return .failed(mismatch)
    }
    return .passed(checked: places.count)
  }
}
