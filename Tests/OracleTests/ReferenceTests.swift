import Oracle
import Tensors
import TestSupport
import Testing

@Suite("The reference product")
struct ReferenceTests {
  /// A = [1 2 3; 4 5 6], B = [7 8; 9 10; 11 12]: A B = [58 64; 139 154].
  private func withOperands<Result>(
    _ body: (MatrixView, MatrixView) throws -> Result
  ) rethrows -> Result {
    try ([1, 2, 3, 4, 5, 6] as [Float]).withUnsafeBytes { a in
      try ([7, 9, 11, 8, 10, 12] as [Double]).withUnsafeBytes { b in
        guard let left = a.baseAddress, let right = b.baseAddress else {
          preconditionFailure("arrays with elements have addresses")
        }
        return try body(
          MatrixView(base: left, type: .float32, layout: .rowMajor(rows: 2, columns: 3)),
          MatrixView(base: right, type: .float64, layout: .columnMajor(rows: 3, columns: 2)))
      }
    }
  }

  @Test("A product worked out by hand")
  func product() {
    withOperands { a, b in
      let reference = GEMMReference(a: a, b: b)
      #expect(reference.values() == [58, 64, 139, 154])
      #expect(reference.entry(1, 0) == .init(value: 139, magnitude: 139))
    }
  }

  @Test("alpha, beta, scale, bias and ReLU in their order, worked out by hand")
  func epilogue() {
    withOperands { a, b in
      var reference = GEMMReference(a: a, b: b, alpha: 2, beta: -3, before: [1, 10, 100, 50])
      #expect(reference.values() == [113, 98, -22, 158])
      reference.epilogue = ReferenceEpilogue(scale: -0.5, bias: .perColumn([60, 40]), activation: .relu)
      #expect(reference.values() == [3.5, 0, 71, 0])
      reference.epilogue.bias = .perRow([60, 40])
      reference.epilogue.activation = .none
      #expect(reference.values() == [3.5, 11, 51, -39])
      #expect(reference.entry(1, 0) == .init(value: 51, magnitude: 0.5 * (278 + 300) + 40))
    }
  }

  @Test("C's old values are not read when beta is 0")
  func betaZero() {
    withOperands { a, b in
      let reference = GEMMReference(a: a, b: b, beta: 0, before: [.nan, .nan, .nan, .nan])
      #expect(reference.values() == [58, 64, 139, 154])
    }
  }

  @Test("Without depth only beta, scale and bias remain")
  func noDepth() throws {
    let trial = try GEMMTrial(GEMMSetting(3, 4, 0) { $0.beta = 2 })
    #expect(trial.reference.values() == trial.reference.before.map { 2 * $0 })
  }

  @Test("Views reach the same elements through any strides", arguments: Arrangement.injective)
  func strides(arrangement: Arrangement) throws {
    let matrix = try GuardedMatrix(arrangement.layout(rows: 4, columns: 3), type: .float32)
    for row in 0..<4 {
      for column in 0..<3 { matrix.view[row, column] = Double(10 * row + column) }
    }
    #expect(matrix.view.readOnly.values() == [0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32])
    #expect(matrix.disturbance == nil)
  }

  @Test("A zero stride repeats a row, a column or an element")
  func broadcasts() throws {
    func values(_ arrangement: Arrangement) throws -> [Double] {
      let matrix = try GuardedMatrix(arrangement.layout(rows: 2, columns: 3), type: .bfloat16)
      #expect(matrix.buffer.bytes.count == 2 * [Arrangement.oneRow: 3, .oneColumn: 2, .oneElement: 1][arrangement, default: 0])
      matrix.view.fill(.integers(limit: 100), seed: 5)
      return matrix.view.readOnly.values()
    }
    let row = try values(.oneRow)
    #expect(row[..<3] == row[3...])
    let column = try values(.oneColumn)
    #expect(Set(column[..<3]).count == 1 && Set(column[3...]).count == 1)
    #expect(Set(try values(.oneElement)).count == 1)
  }
}
