import AllocationCounter
import Headroom
import Testing

@Suite("Calls allocate nothing")
struct AllocationTests {
  /// What `body` allocates once it has been run before: arenas and tables are made by the first call.
  private func allocations(_ body: () throws -> Void) rethrows -> Int64 {
    for _ in 0..<3 { try body() }
    let before = allocation_count()
    for _ in 0..<10 { try body() }
    return allocation_count() - before
  }

  @Test("The counter counts", .enabled(if: allocation_count() >= 0))
  func counts() {
    var kept: [[Float]] = []
    let count = allocations { kept.append([Float](repeating: 0, count: 100)) }
    #expect(count >= 10)
    #expect(kept.count == 13)
  }

  @Test("One-shot calls and ready plans, in place and packed", .enabled(if: allocation_count() >= 0), arguments: [8, 40, 200])
  func calls(size: Int) throws {
    var descriptor = GEMMDescriptor(m: size, n: size, k: size)
    descriptor.options.threads = 1
    let a = [Float](repeating: 1, count: size * size)
    let b = [Float](repeating: 2, count: size * size)
    var c = [Float](repeating: .nan, count: size * size)
    let plan = try GEMMPlan(descriptor)
    var span = c.mutableSpan
    #expect(try allocations { try gemm(descriptor, a: a.span, b: b.span, c: &span) } == 0)
    #expect(try allocations { try plan.execute(a: a.span, b: b.span, c: &span) } == 0)
    try a.withUnsafeBytes { a in
      try b.withUnsafeBytes { b in
        try span.withUnsafeMutableBytes { c in
          let (a, b, c) = try (#require(a.baseAddress), #require(b.baseAddress), #require(c.baseAddress))
          #expect(try allocations { try gemm(descriptor, a: a, b: b, c: c) } == 0)
          #expect(try allocations { try plan.execute(a: a, b: b, c: c) } == 0)
        }
      }
    }
    #expect(span[0] == Float(2 * size))
  }

  @Test("A ready plan of a convolution by each driver", .enabled(if: allocation_count() >= 0), arguments: ImageLayout.allCases)
  func convolutions(layout: ImageLayout) throws {
    let kernels: [(Int, Int)] = [(1, 1), (3, 1), (3, 16)]
    for (kernel, groups) in kernels {
      var descriptor = ConvolutionDescriptor(
        ConvolutionShape(
          inputChannels: 16, height: 12, width: 12, outputChannels: 16, kernel: Extent(kernel), padding: Padding(kernel / 2),
          groups: groups), layout: layout)
      descriptor.options.threads = 1
      let input = [Float](repeating: 1, count: descriptor.shape.inputCount)
      let weights = [Float](repeating: 2, count: descriptor.shape.weightCount)
      var output = [Float](repeating: .nan, count: descriptor.shape.outputCount)
      let plan = try ConvolutionPlan(descriptor)
      var span = output.mutableSpan
      #expect(try allocations { try plan.execute(input: input.span, weights: weights.span, output: &span) } == 0)
      descriptor.pass = .backwardWeights
      var gradient = weights
      let backward = try ConvolutionPlan(descriptor)
      var weightGradient = gradient.mutableSpan
      #expect(
        try allocations {
          try backward.execute(input: input.span, outputGradient: input.span, weightGradient: &weightGradient)
        } == 0)
    }
  }
}
