import Headroom
import Testing

@Suite("Spans")
struct SpanTests {
  @Test("A product worked out by hand, in float32")
  func byHand() throws {
    let a: [Float] = [1, 2, 3, 4, 5, 6]
    let b: [Float] = [7, 8, 9, 10, 11, 12]
    var c = [Float](repeating: .nan, count: 4)
    var span = c.mutableSpan
    try gemm(GEMMDescriptor(m: 2, n: 2, k: 3), a: a.span, b: b.span, c: &span)
    #expect(c == [58, 64, 139, 154])
  }

  @Test("Transposed operands as the descriptor's shorthand has them")
  func transposed() throws {
    // The same product: A stored as 3 x 2, B as 2 x 3.
    let a: [Double] = [1, 4, 2, 5, 3, 6]
    let b: [Double] = [7, 9, 11, 8, 10, 12]
    var c = [Double](repeating: .nan, count: 4)
    var span = c.mutableSpan
    let descriptor = GEMMDescriptor(m: 2, n: 2, k: 3, inputType: .float64, transposeA: true, transposeB: true)
    #expect(descriptor.outputType == .float64)
    try gemm(descriptor, a: a.span, b: b.span, c: &span)
    #expect(c == [58, 64, 139, 154])
  }

  @Test("bfloat16 in and out, and float32 out")
  func bfloat16() throws {
    let a = [1, 2, 3, 4, 5, 6].map { BFloat16($0) }
    let b = [7, 8, 9, 10, 11, 12].map { BFloat16($0) }
    var narrow = [BFloat16](repeating: BFloat16(.nan), count: 4)
    var narrowSpan = narrow.mutableSpan
    try gemm(GEMMDescriptor(m: 2, n: 2, k: 3, inputType: .bfloat16), a: a.span, b: b.span, c: &narrowSpan)
    #expect(narrow.map { Float($0) } == [58, 64, 139, 154])
    var wide = [Float](repeating: .nan, count: 4)
    var wideSpan = wide.mutableSpan
    let descriptor = GEMMDescriptor(m: 2, n: 2, k: 3, inputType: .bfloat16, outputType: .float32)
    try gemm(descriptor, a: a.span, b: b.span, c: &wideSpan)
    #expect(wide == [58, 64, 139, 154])
  }

  @Test("With negative strides a buffer begins at its lowest address")
  func reversed() throws {
    // Rows of A in reverse, columns of B in reverse.
    let a: [Float] = [4, 5, 6, 1, 2, 3]
    let b: [Float] = [8, 7, 10, 9, 12, 11]
    var c = [Float](repeating: .nan, count: 4)
    var span = c.mutableSpan
    let descriptor = GEMMDescriptor(
      a: MatrixLayout(rows: 2, columns: 3, rowStride: -3, columnStride: 1),
      b: MatrixLayout(rows: 3, columns: 2, rowStride: 2, columnStride: -1), c: .rowMajor(rows: 2, columns: 2))
    try gemm(descriptor, a: a.span, b: b.span, c: &span)
    #expect(c == [58, 64, 139, 154])
  }

  @Test("Bias in the accumulator's type; a plan runs again and again")
  func bias() throws {
    var descriptor = GEMMDescriptor(m: 2, n: 2, k: 3)
    descriptor.epilogue = Epilogue(scale: 2, bias: .perColumn, activation: .relu)
    let plan = try GEMMPlan(descriptor)
    let bias: [Float] = [-200, 1]
    var c = [Float](repeating: 0, count: 4)
    for sign: Float in [1, -1, 1] {
      let a: [Float] = [1, 2, 3, 4, 5, 6].map { $0 * sign }
      let b: [Float] = [7, 8, 9, 10, 11, 12]
      let expected: [Float] = sign > 0 ? [0, 129, 78, 309] : [0, 0, 0, 0]
      var span = c.mutableSpan
      try plan.execute(a: a.span, b: b.span, c: &span, bias: bias.span)
      #expect(c == expected)
      var again = c.mutableSpan
      try gemm(descriptor, a: a.span, b: b.span, c: &again, bias: bias.span)
      #expect(c == expected)
    }
  }

  @Test("Empty products take empty buffers and write nothing")
  func empty() throws {
    let nothing: [Float] = []
    var c: [Float] = [1, 2]
    for (m, n) in [(0, 3), (3, 0), (0, 0)] {
      let descriptor = GEMMDescriptor(m: m, n: n, k: 0)
      var span = c.mutableSpan
      try gemm(descriptor, a: nothing.span, b: nothing.span, c: &span)
    }
    #expect(c == [1, 2])
    // Without depth C becomes beta C.
    var descriptor = GEMMDescriptor(m: 1, n: 2, k: 0)
    descriptor.beta = -3
    var span = c.mutableSpan
    try gemm(descriptor, a: nothing.span, b: nothing.span, c: &span)
    #expect(c == [-3, -6])
  }
}
