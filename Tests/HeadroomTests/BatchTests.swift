import Headroom
import Oracle
import TestSupport
import Testing

@Suite("Batches")
struct BatchTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var sizes: (m: Int, n: Int, k: Int)
    var count: Int
    var testDescription: String { "\(count) of \(sizes.m)x\(sizes.n)x\(sizes.k)" }
  }

  static let cases = [
    Case(sizes: (5, 7, 9), count: 1), Case(sizes: (8, 8, 8), count: 50), Case(sizes: (1, 1, 1), count: 3),
    Case(sizes: (16, 48, 20), count: 17), Case(sizes: (16, 16, 16), count: 1301), Case(sizes: (13, 64, 64), count: 40),
    Case(sizes: (130, 70, 65), count: 5), Case(sizes: (3, 200, 2100), count: 3),
    Case(sizes: (4, 4, 0), count: 2), Case(sizes: (0, 4, 4), count: 2), Case(sizes: (6, 6, 6), count: 0),
  ]

  /// Operands of a batch, tight, with a gap between the products of C.
  private struct Operands<Input: KernelElement> {
    var descriptor: GEMMDescriptor
    var a: [Input]
    var b: [Input]
    var c: [Float]
    var gap = 3

    init(_ batch: Case, of element: (Int) -> Input, shared: Bool) {
      let (m, n, k) = batch.sizes
      descriptor = GEMMDescriptor(m: m, n: n, k: k, inputType: Input.elementType, outputType: .float32)
      descriptor.batch = Batch(count: batch.count, aStride: m * k, bStride: shared ? 0 : k * n, cStride: m * n + gap)
      a = (0..<max(1, batch.count) * m * k).map { element($0 * 5 % 13 - 6) }
      b = (0..<max(1, batch.count) * k * n).map { element($0 * 7 % 11 - 5) }
      c = [Float](repeating: -77, count: max(1, batch.count) * (m * n + gap))
    }
  }

  /// What the products make one by one.
  private func oneByOne<Input>(_ operands: Operands<Input>) throws -> [Float] {
    var single = operands.descriptor
    single.batch = Batch()
    let (batch, plan) = (operands.descriptor.batch, try GEMMPlan(single))
    var c = operands.c
    try operands.a.withUnsafeBytes { a in
      try operands.b.withUnsafeBytes { b in
        try c.withUnsafeMutableBytes { c in
          let size = MemoryLayout<Input>.stride
          for index in 0..<batch.count where single.m * single.n > 0 {
            let place = try #require(c.baseAddress) + index * batch.cStride * 4
            guard let a = a.baseAddress, let b = b.baseAddress else { continue }
            try plan.execute(a: a + index * batch.aStride * size, b: b + index * batch.bStride * size, c: place)
          }
        }
      }
    }
    return c
  }

  private func check<Input: KernelElement>(_ batch: Case, of element: (Int) -> Input) throws {
    for shared in [false, true] {
      for threads in [1, 2, 5] {
        var operands = Operands(batch, of: element, shared: shared)
        operands.descriptor.options = SelectionOptions(threads: threads, keepsThreads: true)
        // Exact integers: the oracle's answer is that of any correct product, which single plans are tested to be.
        let expected = try oneByOne(operands)
        let (a, b) = (operands.a, operands.b)
        var (planned, once) = (operands.c, operands.c)
        var span = planned.mutableSpan
        try GEMMPlan(operands.descriptor).execute(a: a.span, b: b.span, c: &span)
        var other = once.mutableSpan
        try gemm(operands.descriptor, a: a.span, b: b.span, c: &other)
        #expect(planned == expected && once == expected, "\(threads) threads, shared B: \(shared)")
      }
    }
  }

  @Test("As the products one by one, and nothing between them is written", arguments: cases)
  func strided(batch: Case) throws {
    try check(batch) { Float($0) }
    try check(batch) { BFloat16(Float($0)) }
  }

  @Test("Lists of operands anywhere, whatever the plan's own batch", arguments: cases)
  func lists(batch: Case) throws {
    try checkLists(batch) { Float($0) }
    try checkLists(batch) { BFloat16(Float($0)) }
  }

  private func checkLists<Input: KernelElement>(_ batch: Case, of element: (Int) -> Input) throws {
    var operands = Operands(batch, of: element, shared: false)
    let expected = try oneByOne(operands)
    let strides = operands.descriptor.batch
    for planned in [Batch(), strides] {
      for threads in [1, 2] {
        operands.descriptor.batch = planned
        operands.descriptor.options = SelectionOptions(threads: threads, keepsThreads: true)
        let plan = try GEMMPlan(operands.descriptor)
        let (a, b) = (operands.a, operands.b)
        var c = operands.c
        try a.withUnsafeBufferPointer { a in
          try b.withUnsafeBufferPointer { b in
            try c.withUnsafeMutableBufferPointer { c in
              // In an order of its own.
              let order = (0..<batch.count).reversed()
              let left = order.map { index -> UnsafeRawPointer? in
                a.baseAddress.map { UnsafeRawPointer($0 + index * strides.aStride) }
              }
              let right = order.map { index -> UnsafeRawPointer? in
                b.baseAddress.map { UnsafeRawPointer($0 + index * strides.bStride) }
              }
              let out = order.map { index -> UnsafeMutableRawPointer? in
                c.baseAddress.map { UnsafeMutableRawPointer($0 + index * strides.cStride) }
              }
              try left.withUnsafeBufferPointer { left in
                try right.withUnsafeBufferPointer { right in
                  try out.withUnsafeBufferPointer { out in
                    guard let left = left.baseAddress, let right = right.baseAddress, let out = out.baseAddress else { return }
                    try plan.execute(OperandLists(count: batch.count, a: left, b: right, c: out))
                  }
                }
              }
            }
          }
        }
        #expect(c == expected, "\(threads) threads")
      }
    }
  }

  @Test(
    "Where a batch is more than the caches hold, its products are those of one alone",
    arguments: [(64, 64, 64), (45, 70, 37), (16, 16, 16), (7, 9, 5)])
  func beyondCaches(sizes: (m: Int, n: Int, k: Int)) throws {
    try checkBeyondCaches(sizes) { BFloat16(Float($0)) }
    try checkBeyondCaches(sizes) { Float($0) }
  }

  private func checkBeyondCaches<Input: KernelElement>(
    _ sizes: (m: Int, n: Int, k: Int), of element: (Int) -> Input
  ) throws {
    let (m, n, k) = sizes
    let count = (48 << 20) / (m * n * 4) + 1
    var descriptor = GEMMDescriptor(m: m, n: n, k: k, inputType: Input.elementType, outputType: .float32)
    // Neighbours share all but a little of their operands.
    let (aStep, bStep) = (3, 5)
    let a = (0..<m * k + count * aStep).map { element($0 * 5 % 13 - 6) }
    let b = (0..<k * n + count * bStep).map { element($0 * 7 % 11 - 5) }
    let single = try GEMMPlan(descriptor)
    descriptor.batch = Batch(count: count, aStride: aStep, bStride: bStep, cStride: m * n)
    var all = [Float](repeating: .nan, count: (count + 4) * m * n)
    var span = all.mutableSpan
    try GEMMPlan(descriptor).execute(a: a.span, b: b.span, c: &span)
    var alone = [Float](repeating: .nan, count: m * n)
    for product in 0..<count where product % 61 == 0 || product + 2 > count {
      var one = alone.mutableSpan
      let (left, right) = (product * aStep, product * bStep)
      try single.execute(a: a.span.extracting(left..<left + m * k), b: b.span.extracting(right..<right + k * n), c: &one)
      #expect(all[product * m * n..<(product + 1) * m * n].elementsEqual(alone))
    }
    let isUntouched = all[(count * m * n)...].allSatisfy { $0.isNaN }
    #expect(isUntouched, "nothing behind the last product is written")
  }

  @Test("Each product of a batch takes its own residual, by strides and by lists")
  func residuals() throws {
    let (m, n, k, count) = (9, 20, 7, 5)
    for threads in [1, 2] {
      var descriptor = GEMMDescriptor(m: m, n: n, k: k)
      descriptor.epilogue = Epilogue(activation: .relu, hasResidual: true)
      descriptor.options = SelectionOptions(threads: threads, keepsThreads: true)
      descriptor.batch = Batch(count: count, cStride: m * n)
      let (a, b) = ([Float](repeating: 1, count: m * k), [Float](repeating: 1, count: k * n))
      let residual = (0..<count * m * n).map { Float($0 % 29 - 14) }
      let expected = residual.map { max(0, Float(k) + $0) }
      var strided = [Float](repeating: .nan, count: count * m * n)
      var listed = strided
      var span = strided.mutableSpan
      let plan = try GEMMPlan(descriptor)
      try plan.execute(a: a.span, b: b.span, c: &span, residual: residual.span)
      #expect(strided == expected)
      try withLists(a, b, residual, &listed, stride: m * n) { lists in
        try plan.execute(lists)
        var lacking = lists
        lacking.residual = nil
        let missing = HeadroomError.bufferTooShort(operand: "the residual", found: 0, expected: m * n)
        #expect(throws: missing) { try plan.execute(lacking) }
      }
      #expect(listed == expected)
    }
  }

  /// Lists that share A and B, with C and the residual `stride` elements apart.
  private func withLists(
    _ a: [Float], _ b: [Float], _ residual: [Float], _ c: inout [Float], stride: Int, _ body: (OperandLists) throws -> Void
  ) throws {
    let count = c.count / stride
    try c.withUnsafeMutableBufferPointer { c in
      try withUnsafeTemporaryAllocation(of: UnsafeRawPointer?.self, capacity: 3 * count) { inputs in
        try withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: count) { outputs in
          try residual.withUnsafeBufferPointer { residual in
            try a.withUnsafeBufferPointer { a in
              try b.withUnsafeBufferPointer { b in
                for index in 0..<count {
                  inputs.initializeElement(at: index, to: a.baseAddress)
                  inputs.initializeElement(at: count + index, to: b.baseAddress)
                  inputs.initializeElement(at: 2 * count + index, to: residual.baseAddress.map { $0 + index * stride })
                  outputs.initializeElement(at: index, to: c.baseAddress.map { $0 + index * stride })
                }
                let first = try #require(inputs.baseAddress)
                try body(
                  OperandLists(
                    count: count, a: first, b: first + count, c: try #require(outputs.baseAddress), residual: first + 2 * count))
              }
            }
          }
        }
      }
    }
  }

  @Test("Products woven into each other's rows are apart, overlapping ones are refused")
  func overlap() throws {
    var descriptor = GEMMDescriptor(m: 4, n: 3, k: 2)
    descriptor.c = .rowMajor(rows: 4, columns: 3, leadingDimension: 9)
    descriptor.batch = Batch(count: 3, aStride: 8, bStride: 6, cStride: 3)
    _ = try GEMMPlan(descriptor)
    descriptor.batch.cStride = 2
    #expect(throws: HeadroomError.overlappingProducts(stride: 2, layout: descriptor.c)) { try GEMMPlan(descriptor) }
    descriptor.batch = Batch(count: 4, aStride: 8, bStride: 6, cStride: 3)
    #expect(throws: HeadroomError.overlappingProducts(stride: 3, layout: descriptor.c)) { try GEMMPlan(descriptor) }
    // Rows that lie in each other's gaps.
    var row = GEMMDescriptor(m: 1, n: 4, k: 2)
    row.c = MatrixLayout(rows: 1, columns: 4, rowStride: 32, columnStride: 8)
    row.batch = Batch(count: 8, aStride: 2, bStride: 8, cStride: 1)
    _ = try GEMMPlan(row)
    row.batch.count = 9
    #expect(throws: HeadroomError.overlappingProducts(stride: 1, layout: row.c)) { try GEMMPlan(row) }
    descriptor.batch = Batch(count: -1)
    #expect(throws: HeadroomError.negativeSize(name: "the count of the batch", found: -1)) { try GEMMPlan(descriptor) }
    descriptor.batch = Batch(count: 2, aStride: -8, bStride: 6, cStride: 100)
    #expect(throws: HeadroomError.negativeSize(name: "the batch stride of A", found: -8)) { try GEMMPlan(descriptor) }
    descriptor.batch = Batch(count: 1 << 40, aStride: 1 << 40, bStride: 6, cStride: 100)
    #expect(throws: HeadroomError.sizeOverflow(m: 4, n: 3, k: 2)) { try GEMMPlan(descriptor) }
  }

  @Test("Buffers must hold the whole batch")
  func tooShort() throws {
    var descriptor = GEMMDescriptor(m: 2, n: 3, k: 4)
    descriptor.batch = Batch(count: 5, aStride: 8, bStride: 12, cStride: 6)
    let (a, b) = ([Float](repeating: 1, count: 40), [Float](repeating: 1, count: 59))
    var c = [Float](repeating: 7, count: 30)
    var span = c.mutableSpan
    let error = #expect(throws: HeadroomError.self) { try gemm(descriptor, a: a.span, b: b.span, c: &span) }
    #expect(error == .bufferTooShort(operand: "B", found: 59, expected: 60))
    #expect(span[0] == 7)
  }
}
