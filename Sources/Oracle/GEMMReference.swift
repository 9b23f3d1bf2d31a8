import Tensors

/// What follows the product, in plain values: activation(scale * (alpha A B + beta C) + bias + residual).
public struct ReferenceEpilogue: Sendable, Equatable {
  public enum Bias: Sendable, Equatable {
    case none
    /// One value for each row of C.
    case perRow([Double])
    /// One value for each column of C.
    case perColumn([Double])
  }

  public var scale: Double
  public var bias: Bias
  /// Row after row without gaps; `nil`: none.
  public var residual: [Double]?
  public var activation: ReferenceActivation

  public init(
    scale: Double = 1, bias: Bias = .none, residual: [Double]? = nil, activation: ReferenceActivation = .none
  ) {
    self.scale = scale
    self.bias = bias
    self.residual = residual
    self.activation = activation
  }
}

/// A matrix product by its definition, in Double: C = activation(scale * (alpha A B + beta C) + bias + residual).
///
/// As in the BLAS, alpha = 0 means no product whatever A and B hold, and beta = 0 no old C.
public struct GEMMReference {
  public var a: MatrixView
  public var b: MatrixView
  public var alpha: Double
  public var beta: Double
  /// C before the call, row after row without gaps. Read only if `beta` is not 0.
  public var before: [Double]
  public var epilogue: ReferenceEpilogue
  /// How products are formed whose errors are allowed for.
  public var precision = ReferencePrecision.full

  public init(
    a: MatrixView, b: MatrixView, alpha: Double = 1, beta: Double = 0, before: [Double] = [],
    epilogue: ReferenceEpilogue = .init()
  ) {
    precondition(a.columns == b.rows, "A has \(a.columns) columns but B has \(b.rows) rows")
    precondition(beta == 0 || before.count == a.rows * b.columns, "with beta, C's old values are needed")
    self.a = a
    self.b = b
    self.alpha = alpha
    self.beta = beta
    self.before = before
    self.epilogue = epilogue
  }

  public var m: Int { a.rows }
  public var n: Int { b.columns }
  public var k: Int { a.columns }
}

extension GEMMReference {
  /// Cost: k multiplications of each.
  public func entry(_ row: Int, _ column: Int) -> ReferenceEntry {
    var product = 0.0
    var magnitude = 0.0
    for p in 0..<(alpha == 0 ? 0 : k) {
      let term = a[row, p] * b[p, column]
      product += term
      magnitude += term.magnitude
    }
    return ReferenceEntry(value: finish(product, row, column), magnitude: finishMagnitude(magnitude, row, column))
  }

  /// All of C, row after row without gaps.
  public func values() -> [Double] {
    var result: [Double] = []
    result.reserveCapacity(m * n)
    forEachRow { row, products in
      for column in 0..<n { result.append(finish(products[column], row, column)) }
      return true
    }
    return result
  }

  /// The epilogue on the sum of products of one element.
  func finish(_ product: Double, _ row: Int, _ column: Int) -> Double {
    epilogue.activation(linear(product, row, column))
  }

  /// The same without the activation.
  func linear(_ product: Double, _ row: Int, _ column: Int) -> Double {
    let old = beta == 0 ? 0 : beta * before[row * n + column]
    return epilogue.scale * (alpha * product + old) + bias(row, column) + residual(row, column)
  }

  func finishMagnitude(_ magnitude: Double, _ row: Int, _ column: Int) -> Double {
    let old = beta == 0 ? 0 : (beta * before[row * n + column]).magnitude
    let terms = epilogue.scale.magnitude * (alpha.magnitude * magnitude + old)
    return epilogue.activation.growth * (terms + bias(row, column).magnitude + residual(row, column).magnitude)
  }

  private func residual(_ row: Int, _ column: Int) -> Double { epilogue.residual?[row * n + column] ?? 0 }

  private func bias(_ row: Int, _ column: Int) -> Double {
    switch epilogue.bias {
    case .none: 0
    case .perRow(let values): values[row]
    case .perColumn(let values): values[column]
    }
  }

  /// Calls `body` with the sums of products of each row, until it returns false. Converts B once and A a row at a time.
  func forEachRow(_ body: (Int, UnsafeMutableBufferPointer<Double>) -> Bool) {
    if m <= 0 || n <= 0 { return }
    let (n, k) = (n, k)
    let right = b.values()
    withUnsafeTemporaryAllocation(of: Double.self, capacity: k + n) { scratch in
      let left = UnsafeMutableBufferPointer(rebasing: scratch[..<k])
      let sums = UnsafeMutableBufferPointer(rebasing: scratch[k...])
      right.withUnsafeBufferPointer { right in
        for row in 0..<m {
          a.readRow(row, into: left)
          sums.update(repeating: 0)
          for p in 0..<(alpha == 0 ? 0 : k) {
            addMultiple(left[p], of: UnsafeBufferPointer(rebasing: right[p * n..<(p + 1) * n]), to: sums)
          }
          if !body(row, sums) { return }
        }
      }
    }
  }
}

/// sums[j] += factor * values[j]. By whole vectors: of each the address sanitizer checks one access, not eight.
func addMultiple(_ factor: Double, of values: UnsafeBufferPointer<Double>, to sums: UnsafeMutableBufferPointer<Double>) {
  guard let values = values.baseAddress, let target = sums.baseAddress else { return }
  let vectors = sums.count & ~7
  for j in stride(from: 0, to: vectors, by: 8) {
    let terms = factor * UnsafeRawPointer(values + j).loadUnaligned(as: SIMD8<Double>.self)
    let sum = UnsafeRawPointer(target + j).loadUnaligned(as: SIMD8<Double>.self) + terms
    UnsafeMutableRawPointer(target + j).storeBytes(of: sum, as: SIMD8<Double>.self)
  }
  for j in vectors..<sums.count { target[j] += factor * values[j] }
}
