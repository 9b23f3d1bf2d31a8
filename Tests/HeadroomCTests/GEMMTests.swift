import CHeadroom
import Headroom
import HeadroomC
import Testing

@Suite("Products from C")
struct GEMMTests {
  static let (m, n, k) = (37, 45, 70)

  /// The same product by both interfaces, with every part of the descriptor in use.
  private func agree<Input: TestElement, Output: TestElement, Accumulator: TestElement>(
    _ input: Input.Type, _ output: Output.Type, _ accumulator: Accumulator.Type
  ) throws {
    let (m, n, k) = (Self.m, Self.n, Self.k)
    let desc = gemmDescriptor(Int64(m), Int64(n), Int64(k)) { desc in
      desc.a = hr_strides(row: 1, column: Int64(m + 3))
      desc.c.row = Int64(n + 2)
      (desc.input_type, desc.output_type) = (Input.dtype, Output.dtype)
      (desc.alpha, desc.beta) = (0.3, 0.7)
      desc.epilogue = hr_epilogue(
        scale: 1.1, bias: HR_BIAS_PER_COLUMN, activation: HR_ACTIVATION_GELU_ERF,
        clamp: hr_clamp(applies: true, lower: -0.1, upper: 60))
      desc.adds_residual = true
    }
    var descriptor = GEMMDescriptor(
      a: .columnMajor(rows: m, columns: k, leadingDimension: m + 3), b: .rowMajor(rows: k, columns: n),
      c: .rowMajor(rows: m, columns: n, leadingDimension: n + 2), inputType: Input.elementType, outputType: Output.elementType)
    (descriptor.alpha, descriptor.beta) = (0.3, 0.7)
    descriptor.epilogue = Epilogue(scale: 1.1, bias: .perColumn, activation: .geluErf, clamp: -0.1...60, hasResidual: true)

    let a: [Input] = filled((m + 3) * k)
    let b: [Input] = filled(k * n, step: 7)
    let bias: [Accumulator] = filled(n)
    let before: [Output] = filled(m * (n + 2), step: 3)
    let residual: [Output] = filled(m * (n + 2), step: 11)
    var (expected, planned, once) = (before, before, before)
    var span = expected.mutableSpan
    try GEMMPlan(descriptor).execute(a: a.span, b: b.span, c: &span, bias: bias.span, residual: residual.span)

    let plan = CPlan(desc)
    #expect(hr_gemm_operands.with(a, b, &planned, bias: bias, residual: residual) { plan.execute($0) } == HR_OK)
    #expect(planned == expected)
    let status = hr_gemm_operands.with(a, b, &once, bias: bias, residual: residual) { operands in
      withUnsafePointer(to: desc) { hr_gemm($0, &operands) }
    }
    #expect(status == HR_OK)
    #expect(once == expected)
    #expect(expected != before)
  }

  @Test("The same bits as in Swift, for every pair of types")
  func bits() throws {
    try agree(Float.self, Float.self, Float.self)
    try agree(Double.self, Double.self, Double.self)
    try agree(BFloat16.self, BFloat16.self, Float.self)
    try agree(BFloat16.self, Float.self, Float.self)
  }

  /// Plain products that differ in one thing each, so that a plan taken for another would show.
  static var plain: [hr_gemm_desc] {
    let changes: [(inout hr_gemm_desc) -> Void] = [
      { _ in }, { $0.alpha = 2 }, { $0.alpha = 0 }, { $0.beta = 3 }, { $0.m = 4 }, { $0.n = 4 }, { $0.k = 6 }, { $0.k = 0 },
      { $0.a = hr_strides(row: 1, column: 5) }, { $0.a.row = 9 }, { $0.a.row = 0 }, { $0.b = hr_strides(row: 1, column: 7) },
      { $0.b.row = 8 }, { $0.c = hr_strides(row: 1, column: 5) }, { $0.c.row = 11 }, { $0.epilogue.scale = 2 },
      { $0.epilogue.activation = HR_ACTIVATION_RELU }, { $0.epilogue.clamp = hr_clamp(applies: true, lower: 1, upper: 2) },
      {
        $0.input_type = HR_F64
        $0.output_type = HR_F64
      }, { $0.input_type = HR_BF16 },
      {
        $0.input_type = HR_BF16
        $0.output_type = HR_BF16
      }, { $0.precision = HR_PRECISION_BF16X1 }, { $0.options.threads = 1 },
      { $0.batch = hr_batch(count: 2, a: 35, b: 42, c: 30) }, { $0.batch = hr_batch(count: 2, a: 0, b: 42, c: 30) },
      { $0.batch = hr_batch(count: 0, a: 35, b: 42, c: 30) },
    ]
    return changes.map { gemmDescriptor(5, 6, 7, $0) }
  }

  @Test("A call that repeats has the bits of a plan's, whatever was called between")
  func repeated() {
    // Read as any of the types, ordinary numbers.
    let bytes = filled(1000, Float.self)
    let untouched = [Float](repeating: 1.5, count: 1000)
    func result(_ run: (inout hr_gemm_operands) -> hr_status) -> [UInt32] {
      var c = untouched
      let status = hr_gemm_operands.with(bytes, bytes, &c, bias: [Float]()) { operands in
        // What doubles take up, the largest of the types.
        (operands.a.count, operands.b.count, operands.c.count) = (500, 500, 500)
        return run(&operands)
      }
      #expect(status == HR_OK)
      return c.map(\.bitPattern)
    }
    let calls = Self.plain
    let expected = calls.map { desc in result { CPlan(desc).execute($0) } }
    #expect(Set(expected).count > 20)
    for _ in 0..<3 {
      for (index, (desc, expected)) in zip(calls, expected).enumerated() {
        let isEqual = result { operands in withUnsafePointer(to: desc) { hr_gemm($0, &operands) } } == expected
        #expect(isEqual, "call \(index)")
      }
    }
  }

  @Test("Every activation has its number, and a clamp must be an interval")
  func activations() {
    for (activation, expected) in [
      (HR_ACTIVATION_NONE, Float(-4)), (HR_ACTIVATION_RELU, 0), (HR_ACTIVATION_GELU_TANH, -0.00007),
      (HR_ACTIVATION_GELU_ERF, -0.00013),
      (HR_ACTIVATION_SILU, -0.07194),
    ] {
      let plan = CPlan(gemmDescriptor(1, 1, 1) { $0.epilogue.activation = activation })
      var c: [Float] = [.nan]
      #expect(hr_gemm_operands.with([Float(-2)], [Float(2)], &c, bias: [Float]()) { plan.execute($0) } == HR_OK)
      #expect(abs(c[0] - expected) < 1e-5)
    }
    for (lower, upper) in [(2.0, 1.0), (.nan, 1), (0, .nan)] {
      let desc = gemmDescriptor(1, 1, 1) { $0.epilogue.clamp = hr_clamp(applies: true, lower: lower, upper: upper) }
      var plan: OpaquePointer?
      #expect(withUnsafePointer(to: desc) { hr_gemm_plan_create($0, &plan) } == HR_ERROR_INVALID_CLAMP)
      #expect(plan == nil && lastError().contains("found \(lower) to \(upper)"))
    }
    let plan = CPlan(gemmDescriptor(1, 1, 1) { $0.adds_residual = true })
    var c: [Float] = [7]
    let status = hr_gemm_operands.with([Float(-2)], [Float(2)], &c, bias: [Float]()) { plan.execute($0) }
    #expect(status == HR_ERROR_BUFFER_TOO_SHORT && c == [7])
  }

  @Test("What is allowed to be less accurate is told, and small integers stay exact")
  func allowed() {
    let (a, b): ([Float], [Float]) = (filled(64 * 64), filled(64 * 64, step: 7))
    var expected = [Float](repeating: .nan, count: 64 * 64)
    #expect(hr_gemm_operands.with(a, b, &expected, bias: [Float]()) { CPlan(gemmDescriptor(64, 64, 64)).execute($0) } == HR_OK)
    for (variant, levels) in [("outer.strassen", Int32(1)), ("outer.strassen2", 2), (nil, 0)] {
      for precision in [HR_PRECISION_FULL, HR_PRECISION_BF16X1, HR_PRECISION_BF16X2, HR_PRECISION_BF16X3] {
        variant.withOptionalCString { name in
          let plan = CPlan(
            gemmDescriptor(64, 64, 64) {
              ($0.strassen_levels, $0.precision, $0.options.variant) = (levels, precision, name)
            })
          var c = [Float](repeating: .nan, count: 64 * 64)
          #expect(hr_gemm_operands.with(a, b, &c, bias: [Float]()) { plan.execute($0) } == HR_OK)
          #expect(c == expected)
          var selection = hr_selection()
          selection.size = MemoryLayout<hr_selection>.size
          #expect(hr_gemm_plan_selection(plan.plan, &selection) == HR_OK && selection.strassen_levels == levels)
        }
      }
    }
  }

  @Test("A plan runs again on other operands, each time as if it were the first")
  func reuse() {
    let plan = CPlan(gemmDescriptor(3, 5, 4))
    let b: [Float] = filled(20)
    for step in 1...4 {
      let a: [Float] = filled(12, step: step)
      var c = [Float](repeating: .nan, count: 15)
      #expect(hr_gemm_operands.with(a, b, &c, bias: [Float]()) { plan.execute($0) } == HR_OK)
      for (index, found) in c.enumerated() {
        let (i, j) = (index / 5, index % 5)
        #expect(found == (0..<4).reduce(0) { $0 + a[i * 4 + $1] * b[$1 * 5 + j] })
      }
    }
  }

  @Test("An operand seen backwards begins at its lowest address")
  func reversed() {
    let desc = gemmDescriptor(2, 1, 2) { $0.a = hr_strides(row: -2, column: 1) }
    var c: [Float] = [0, 0]
    let status = hr_gemm_operands.with([1, 2, 3, 4] as [Float], [1, 10] as [Float], &c, bias: [Float]()) {
      CPlan(desc).execute($0)
    }
    #expect(status == HR_OK)
    #expect(c == [43, 21])
  }

  @Test("A workspace of the caller's gives the same bits")
  func workspace() {
    let (m, n, k) = (200, 210, 220)
    let plan = "outer.packed".withCString { name in
      CPlan(gemmDescriptor(Int64(m), Int64(n), Int64(k)) { $0.options.variant = name })
    }
    let bytes = plan.workspaceByteCount
    #expect(bytes > 0)
    let (a, b): ([Float], [Float]) = (filled(m * k), filled(k * n))
    var expected = [Float](repeating: 0, count: m * n)
    var found = expected
    #expect(hr_gemm_operands.with(a, b, &expected, bias: [Float]()) { plan.execute($0) } == HR_OK)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: Int(HR_WORKSPACE_ALIGNMENT))
    defer { memory.deallocate() }
    #expect(hr_gemm_operands.with(a, b, &found, bias: [Float]()) { plan.execute($0, memory, bytes) } == HR_OK)
    #expect(found == expected)
  }

  @Test("Empty products need no buffers")
  func empty() {
    for (m, n) in [(0, 5), (5, 0), (0, 0)] {
      let plan = CPlan(gemmDescriptor(Int64(m), Int64(n), 0))
      var none = hr_gemm_operands()
      none.size = MemoryLayout<hr_gemm_operands>.size
      #expect(plan.execute(none) == HR_OK)
    }
    // k = 0: a product of zeros, written without a look at A or B.
    var c: [Float] = [.nan, .nan]
    let status = hr_gemm_operands.with([Float](), [Float](), &c, bias: [Float]()) { CPlan(gemmDescriptor(1, 2, 0)).execute($0) }
    #expect(status == HR_OK)
    #expect(c == [0, 0])
  }

  @Test("The same selection as in Swift", arguments: [(1, 300, 200), (64, 256, 128), (512, 512, 512), (300, 4, 7)])
  func selection(m: Int, n: Int, k: Int) throws {
    var found = hr_selection()
    found.size = MemoryLayout<hr_selection>.size
    let plan = CPlan(gemmDescriptor(Int64(m), Int64(n), Int64(k)) { $0.c = hr_strides(row: 1, column: Int64(m)) })
    #expect(hr_gemm_plan_selection(plan.plan, &found) == HR_OK)
    var descriptor = GEMMDescriptor(m: m, n: n, k: k)
    descriptor.c = .columnMajor(rows: m, columns: n)
    let expected = try GEMMPlan(descriptor).selection
    #expect(found.names == [expected.variant, expected.microkernel, expected.isa.name])
    #expect(found.threads == expected.threads)
    #expect(Blocking(mc: Int(found.blocking.mc), nc: Int(found.blocking.nc), kc: Int(found.blocking.kc)) == expected.blocking)
    #expect((found.swapped == 1) == expected.swapped)
  }

  @Test("Options reach dispatch")
  func options() throws {
    var found = hr_selection()
    found.size = MemoryLayout<hr_selection>.size
    "scalar".withCString { scalar in
      "outer.packed".withCString { packed in
        let plan = CPlan(
          gemmDescriptor(64, 64, 64) {
            $0.options.max_isa = scalar
            $0.options.variant = packed
            $0.options.threads = 1
            $0.options.blocking = hr_blocking(mc: 16, nc: 32, kc: 16)
          })
        #expect(hr_gemm_plan_selection(plan.plan, &found) == HR_OK)
      }
    }
    #expect(found.names[0] == "outer.packed")
    #expect(found.names[2] == "scalar")
    #expect(found.threads == 1)
    #expect((found.blocking.mc, found.blocking.nc, found.blocking.kc) == (16, 32, 16))
  }
}

extension hr_selection {
  /// Variant, micro-kernel and instruction set.
  var names: [String] {
    func text(_ bytes: some Any) -> String {
      withUnsafeBytes(of: bytes) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
    return [text(variant), text(microkernel), text(isa)]
  }
}

extension String? {
  /// Null for none.
  fileprivate func withOptionalCString(_ body: (UnsafePointer<CChar>?) -> Void) {
    if let self { self.withCString(body) } else { body(nil) }
  }
}
