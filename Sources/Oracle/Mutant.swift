import Tensors

/// A broken product: what a kernel with one typical defect would leave in C. A check that lets one pass is no check.
public struct Mutant: Sendable {
  public let name: String
  /// Whether the defect shows in this problem and this C: a skipped bias does not where there is none.
  public let shows: @Sendable (GEMMReference, MatrixView) -> Bool
  /// Writes the damaged product, rounded to C's type.
  public let write: @Sendable (GEMMReference, MutableMatrixView) -> Void

  init(
    _ name: String, shows: @escaping @Sendable (GEMMReference, MatrixView) -> Bool = { _, _ in true },
    write: @escaping @Sendable (GEMMReference, MutableMatrixView) -> Void
  ) {
    self.name = name
    self.shows = { reference, c in reference.m > 0 && reference.n > 0 && shows(reference, c) }
    self.write = write
  }

  /// Every mutant.
  public static let all = operandMutants + scalarMutants + epilogueMutants + edgeMutants
}

extension GEMMReference {
  /// Writes the correct product, rounded once to C's type.
  public func write(to c: MutableMatrixView) {
    forEachRow { row, products in
      for column in 0..<n { c[row, column] = finish(products[column], row, column) }
      return true
    }
  }

  /// The same product with something changed.
  fileprivate func changed(_ change: (inout GEMMReference) -> Void) -> GEMMReference {
    var copy = self
    change(&copy)
    return copy
  }
}

/// A mutant that computes another product instead.
private func wrong(
  _ name: String, shows: @escaping @Sendable (GEMMReference, MatrixView) -> Bool = { _, _ in true },
  change: @escaping @Sendable (inout GEMMReference) -> Void
) -> Mutant {
  Mutant(name, shows: shows) { reference, c in reference.changed(change).write(to: c) }
}

/// Without the last `count` columns of A and rows of B.
private func shortened(_ reference: inout GEMMReference, by count: Int) {
  let (a, b) = (reference.a, reference.b)
  var (left, right) = (a.layout, b.layout)
  left.columns -= count
  right.rows -= count
  reference.a = MatrixView(base: a.base, type: a.type, layout: left)
  reference.b = MatrixView(base: b.base, type: b.type, layout: right)
}

private let operandMutants: [Mutant] = [
  wrong("last depth dropped", shows: { reference, _ in reference.k > 0 && reference.alpha != 0 }) { shortened(&$0, by: 1) },
  wrong("A read with its strides exchanged", shows: { reference, _ in reference.m > 1 && reference.m == reference.k }) {
    let layout = $0.a.layout
    $0.a = MatrixView(
      base: $0.a.base, type: $0.a.type,
      layout: MatrixLayout(
        rows: layout.rows, columns: layout.columns, rowStride: layout.columnStride, columnStride: layout.rowStride))
  },
  wrong("B read with its strides exchanged", shows: { reference, _ in reference.n > 1 && reference.n == reference.k }) {
    let layout = $0.b.layout
    $0.b = MatrixView(
      base: $0.b.base, type: $0.b.type,
      layout: MatrixLayout(
        rows: layout.rows, columns: layout.columns, rowStride: layout.columnStride, columnStride: layout.rowStride))
  },
]

private let scalarMutants: [Mutant] = [
  wrong("alpha ignored", shows: { reference, _ in reference.alpha != 1 && reference.k > 0 }) { $0.alpha = 1 },
  wrong("beta ignored", shows: { reference, _ in reference.beta != 0 }) { $0.beta = 0 },
  wrong("beta taken for 1", shows: { reference, _ in reference.beta != 0 && reference.beta != 1 }) { $0.beta = 1 },
  wrong("beta applied in two blocks of K", shows: { reference, _ in reference.beta != 0 && reference.beta.magnitude != 1 }) {
    $0.beta *= $0.beta
  },
  wrong("product added twice", shows: { reference, _ in reference.alpha != 0 && reference.k > 0 }) { $0.alpha *= 2 },
  // With NaN in C, as the tests leave there, 0 * C is NaN.
  Mutant("C read though beta is 0", shows: { reference, _ in reference.beta == 0 }) { reference, c in
    let before = c.readOnly.values()
    reference.changed {
      $0.before = before.map { 0 * $0 }
      $0.beta = 1
    }.write(to: c)
  },
  Mutant(
    "rounded towards zero",
    shows: { reference, c in c.type == .bfloat16 && reference.values().contains { cut($0) != c.type.rounded($0) } }
  ) {
    reference, c in
    reference.forEachRow { row, products in
      for column in 0..<reference.n { c[row, column] = cut(reference.finish(products[column], row, column)) }
      return true
    }
  },
  Mutant("sums kept in bfloat16", shows: { reference, c in reference.a.type == .bfloat16 && losesDigits(reference, c.type) }) {
    reference, c in
    for row in 0..<reference.m {
      for column in 0..<reference.n { c[row, column] = reference.finish(roughProduct(reference, row, column), row, column) }
    }
  },
]

/// The value without the lower half of its Float, as a store to bfloat16 without rounding leaves it.
private func cut(_ value: Double) -> Double {
  Double(Float(bitPattern: Float(value).bitPattern & 0xFFFF_0000))
}

/// A sum of products rounded to bfloat16 after each addition.
private func roughProduct(_ reference: GEMMReference, _ row: Int, _ column: Int) -> Double {
  (0..<reference.k).reduce(0) { ElementType.bfloat16.rounded($0 + reference.a[row, $1] * reference.b[$1, column]) }
}

private func losesDigits(_ reference: GEMMReference, _ type: ElementType) -> Bool {
  var loses = false
  reference.forEachRow { row, products in
    loses = (0..<reference.n).contains { column in
      let rough = reference.finish(roughProduct(reference, row, column), row, column)
      return type.rounded(rough) != type.rounded(reference.finish(products[column], row, column))
    }
    return !loses
  }
  return loses
}

private func addsLate(_ reference: GEMMReference) -> Bool {
  reference.epilogue.residual != nil && !reference.epilogue.activation.isLinear
}

private let epilogueMutants: [Mutant] = [
  wrong("epilogue skipped", shows: { reference, _ in reference.epilogue != ReferenceEpilogue() }) { $0.epilogue = .init() },
  wrong("scale skipped", shows: { reference, _ in reference.epilogue.scale != 1 }) { $0.epilogue.scale = 1 },
  wrong("bias skipped", shows: { reference, _ in reference.epilogue.bias != .none }) { $0.epilogue.bias = .none },
  wrong("activation skipped", shows: { reference, _ in !reference.epilogue.activation.isLinear }) {
    $0.epilogue.activation = .none
  },
  wrong("clamp skipped", shows: { reference, _ in reference.epilogue.activation.clamp != nil }) {
    $0.epilogue.activation.clamp = nil
  },
  wrong("the other GELU", shows: { reference, c in reference.epilogue.activation.function == .geluErf && c.type != .bfloat16 }) {
    $0.epilogue.activation.function = .geluTanh
  },
  wrong("residual skipped", shows: { reference, _ in reference.epilogue.residual != nil }) { $0.epilogue.residual = nil },
  Mutant("residual after the activation", shows: { reference, _ in addsLate(reference) }) { reference, c in
    let early = reference.changed { $0.epilogue.residual = nil }
    early.forEachRow { row, products in
      for column in 0..<reference.n {
        c[row, column] =
          early.finish(products[column], row, column) + (reference.epilogue.residual?[row * reference.n + column] ?? 0)
      }
      return true
    }
  },
  wrong(
    "bias along the other axis", shows: { reference, _ in reference.m > 1 && reference.n > 1 && reference.epilogue.bias != .none }
  ) {
    switch $0.epilogue.bias {
    case .none: break
    case .perRow(let values): $0.epilogue.bias = .perColumn((0..<$0.n).map { values[$0 % values.count] })
    case .perColumn(let values): $0.epilogue.bias = .perRow((0..<$0.m).map { values[$0 % values.count] })
    }
  },
  Mutant("bias scaled", shows: { reference, _ in reference.epilogue.bias != .none && reference.epilogue.scale != 1 }) {
    reference, c in
    reference.changed {
      let scale = $0.epilogue.scale
      switch $0.epilogue.bias {
      case .none: break
      case .perRow(let values): $0.epilogue.bias = .perRow(values.map { $0 * scale })
      case .perColumn(let values): $0.epilogue.bias = .perColumn(values.map { $0 * scale })
      }
    }.write(to: c)
  },
]

private let edgeMutants: [Mutant] = [
  Mutant("last column not written") { reference, c in
    let old = (0..<c.rows).map { c[$0, c.columns - 1] }
    reference.write(to: c)
    for row in 0..<c.rows { c[row, c.columns - 1] = old[row] }
  },
  Mutant("last row not written") { reference, c in
    let old = (0..<c.columns).map { c[c.rows - 1, $0] }
    reference.write(to: c)
    for column in 0..<c.columns { c[c.rows - 1, column] = old[column] }
  },
  Mutant("one element beyond the edge written", shows: { _, c in c.rows > 1 && c.columns > 1 }) { reference, c in
    reference.write(to: c)
    // Beyond the end of the first row, or column if those are contiguous: a gap, or an element of the next.
    let across = c.layout.columnStride.magnitude <= c.layout.rowStride.magnitude
    if across { c[0, c.columns] = 3.25 } else { c[c.rows, 0] = 3.25 }
  },
  Mutant("two tiles exchanged", shows: { _, c in c.rows > 1 || c.columns > 1 }) { reference, c in
    reference.write(to: c)
    let (height, width) = (min(4, max(1, c.rows / 2)), min(4, max(1, c.columns / 2)))
    for row in 0..<height {
      for column in 0..<width {
        let (first, second) = (c[row, column], c[c.rows - height + row, c.columns - width + column])
        c[row, column] = second
        c[c.rows - height + row, c.columns - width + column] = first
      }
    }
  },
  Mutant("one element wrong") { reference, c in
    reference.write(to: c)
    let (row, column) = (c.rows / 2, c.columns / 2)
    c[row, column] += max(1, c[row, column].magnitude / 16)
  },
]
