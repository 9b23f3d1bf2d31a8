import Measurement
import Oracle
import Tensors
import Testing
import Workloads

@Suite("Operands")
struct OperandTests {
  @Test("A and B are random in (-1, 1) without zeros, the same for a seed; C is poisoned", arguments: NumericFormat.allCases)
  func contents(format: NumericFormat) throws {
    let shape = GEMMShape(m: 7, n: 5, k: 33)
    let operands = try GEMMOperands(shape: shape, format: format, seed: 3)
    let (a, b, c) = Self.values(operands)
    #expect(a.count == 7 * 33 && b.count == 33 * 5 && c.count == 7 * 5)
    for value in a + b { #expect(value != 0 && value.magnitude <= 1) }
    #expect(Set(a).count > a.count / 4)
    #expect(c.allSatisfy { $0.isNaN })
    let again = Self.values(try GEMMOperands(shape: shape, format: format, seed: 3))
    #expect(again.a == a && again.b == b)
    #expect(Self.values(try GEMMOperands(shape: shape, format: format, seed: 4)).a != a)
    #expect(operands.byteCount == shape.footprintBytes(format))
  }

  @Test("Each matrix starts at a multiple of 64 bytes", arguments: NumericFormat.allCases)
  func alignment(format: NumericFormat) throws {
    let operands = try GEMMOperands(shape: GEMMShape(m: 3, n: 1, k: 5), format: format, seed: 1)
    #expect(
      Int(bitPattern: operands.a) % 64 == 0 && Int(bitPattern: operands.b) % 64 == 0 && Int(bitPattern: operands.c) % 64 == 0)
  }

  @Test("A transposed operand is stored transposed, row by row; a padded one has gaps of NaN", arguments: [0, 3])
  func layouts(padding: Int) throws {
    let shape = GEMMShape(m: 4, n: 5, k: 6, transposeA: true, transposeB: true)
    let operands = try GEMMOperands(shape: shape, format: .f32, seed: 1, leadingPadding: padding)
    #expect(operands.aLayout == MatrixLayout(rows: 4, columns: 6, rowStride: 1, columnStride: 4 + padding))
    #expect(operands.bLayout == MatrixLayout(rows: 6, columns: 5, rowStride: 1, columnStride: 6 + padding))
    #expect(operands.cLayout == MatrixLayout(rows: 4, columns: 5, rowStride: 5 + padding, columnStride: 1))
    #expect(operands.lda == 4 + padding && operands.ldb == 6 + padding && operands.ldc == 5 + padding)
    let a = operands.a.assumingMemoryBound(to: Float.self)
    for row in 0..<5 {
      for gap in 4..<4 + padding { #expect(a[row * (4 + padding) + gap].isNaN) }
    }
  }

  @Test("The oracle's verdict: right, wrong by one element, unwritten")
  func verification() throws {
    let operands = try GEMMOperands(shape: GEMMShape(m: 9, n: 8, k: 7, transposeB: true), format: .f64, seed: 5)
    #expect(!operands.verify().isPassed)
    Products.write(operands)
    #expect(operands.verify().isPassed)
    operands.c.assumingMemoryBound(to: Double.self)[8 * 8 + 7] += 1e-9
    #expect(!operands.verify().isPassed)
    operands.poisonResult()
    #expect(!operands.verify().isPassed)
  }

  @Test(
    "More than the machine has is refused before it is asked for",
    arguments: [
      GEMMShape(m: 1 << 40, n: 1, k: 1 << 20), GEMMShape(m: .max, n: 1, k: 1), GEMMShape(m: 1 << 31, n: 1 << 31, k: 1),
    ])
  func tooLarge(shape: GEMMShape) {
    #expect {
      try GEMMOperands(shape: shape, format: .f64, seed: 1)
    } throws: { error in
      if case BenchError.outOfMemory(let bytes) = error { bytes > 1 << 40 } else { false }
    }
  }

  private static func values(_ operands: GEMMOperands) -> (a: [Double], b: [Double], c: [Double]) {
    (
      MatrixView(base: operands.a, type: operands.inputType, layout: operands.aLayout).values(),
      MatrixView(base: operands.b, type: operands.inputType, layout: operands.bLayout).values(),
      MatrixView(base: operands.c, type: operands.outputType, layout: operands.cLayout).values()
    )
  }
}

/// A contestant's work, done by the definition.
enum Products {
  static func write(_ operands: GEMMOperands) {
    let a = MatrixView(base: operands.a, type: operands.inputType, layout: operands.aLayout)
    let b = MatrixView(base: operands.b, type: operands.inputType, layout: operands.bLayout)
    let c = MutableMatrixView(base: operands.c, type: operands.outputType, layout: operands.cLayout)
    for i in 0..<c.rows {
      for j in 0..<c.columns { c[i, j] = (0..<a.columns).reduce(0) { $0 + a[i, $1] * b[$1, j] } }
    }
  }
}
