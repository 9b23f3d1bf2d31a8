import CHeadroom
import Headroom
import HeadroomC
import Testing

@Suite("Bad calls from C")
struct BadCallTests {
  /// A 3 x 5 x 4 product, everything as it should be; each test spoils one thing.
  struct Call {
    var desc = gemmDescriptor(3, 5, 4)
    var spoil: (inout hr_gemm_operands) -> Void = { _ in }

    /// What both ways to run it say; records an issue if C was written or they differ.
    func status() -> hr_status {
      let (a, b, bias): ([Float], [Float], [Float]) = (filled(12), filled(20), filled(5))
      let before: [Float] = filled(15)
      var c = before
      // The call that is right, so that this thread has kept its plan.
      var right = before
      hr_gemm_operands.with(a, b, &right, bias: bias) { operands in
        #expect(withUnsafePointer(to: gemmDescriptor(3, 5, 4)) { hr_gemm($0, &operands) } == HR_OK)
      }
      let once = hr_gemm_operands.with(a, b, &c, bias: bias) { operands in
        spoil(&operands)
        return withUnsafePointer(to: desc) { hr_gemm($0, &operands) }
      }
      let planned = hr_gemm_operands.with(a, b, &c, bias: bias) { operands in
        spoil(&operands)
        var plan: OpaquePointer?
        let created = withUnsafePointer(to: desc) { hr_gemm_plan_create($0, &plan) }
        if created != HR_OK {
          #expect(plan == nil)
          return created
        }
        defer { hr_gemm_plan_destroy(plan) }
        return hr_gemm_plan_execute(plan, &operands, nil, 0)
      }
      #expect(once == planned)
      if once != HR_OK { #expect(c == before) }
      return once
    }
  }

  private func status(_ change: (inout hr_gemm_desc) -> Void) -> hr_status {
    Call(desc: gemmDescriptor(3, 5, 4, change)).status()
  }

  private func spoiled(_ spoil: @escaping (inout hr_gemm_operands) -> Void) -> hr_status { Call(spoil: spoil).status() }

  @Test("The call that the others spoil is right")
  func right() {
    #expect(Call().status() == HR_OK)
  }

  @Test("Sizes and layouts that make no product")
  func sizes() {
    #expect(status { $0.m = -1 } == HR_ERROR_NEGATIVE_SIZE)
    #expect(status { $0.k = .min } == HR_ERROR_NEGATIVE_SIZE)
    #expect(status { ($0.m, $0.n, $0.k) = (.max, .max, .max) } == HR_ERROR_SIZE_OVERFLOW)
    #expect(status { $0.a.row = .max } == HR_ERROR_SIZE_OVERFLOW)
    #expect(status { $0.c.row = -5 } == HR_ERROR_INVALID_LAYOUT)
    #expect(status { $0.c.row = 0 } == HR_ERROR_OVERLAPPING_ELEMENTS)
    #expect(status { $0.output_type = HR_F64 } == HR_ERROR_UNSUPPORTED_TYPES)
  }

  @Test("Values that no enumeration has, or that mean nothing for a product")
  func values() {
    #expect(status { $0.input_type = hr_dtype(rawValue: 3) } == HR_ERROR_UNKNOWN_VALUE)
    #expect(lastError() == "input_type has an unknown value: found 3, expected HR_F32, HR_BF16 or HR_F64")
    #expect(status { $0.output_type = hr_dtype(rawValue: .max) } == HR_ERROR_UNKNOWN_VALUE)
    #expect(status { $0.epilogue.activation = hr_activation(rawValue: 5) } == HR_ERROR_UNKNOWN_VALUE)
    #expect(status { $0.epilogue.bias = HR_BIAS_PER_CHANNEL } == HR_ERROR_UNKNOWN_VALUE)
    #expect(status { $0.epilogue.bias = hr_bias(rawValue: 4) } == HR_ERROR_UNKNOWN_VALUE)
    #expect(status { $0.precision = hr_precision(rawValue: 4) } == HR_ERROR_UNKNOWN_VALUE)
    #expect(lastError() == "precision has an unknown value: found 4, expected one of HR_PRECISION_FULL to HR_PRECISION_BF16X3")
    #expect(status { $0.strassen_levels = 3 } == HR_ERROR_INVALID_STRASSEN_LEVELS)
    #expect(status { $0.strassen_levels = -1 } == HR_ERROR_INVALID_STRASSEN_LEVELS)
  }

  @Test("Options that can't be met")
  func options() {
    #expect(status { $0.options.threads = -1 } == HR_ERROR_INVALID_THREADS)
    #expect(status { $0.options.threads = 1025 } == HR_ERROR_INVALID_THREADS)
    #expect(status { $0.options.blocking.mc = 8 } == HR_ERROR_INVALID_BLOCKING)
    func named(_ text: String, _ set: (inout hr_options, UnsafePointer<CChar>) -> Void) -> hr_status {
      text.withCString { pointer in status { set(&$0.options, pointer) } }
    }
    #expect(named("outer.pocked") { $0.variant = $1 } == HR_ERROR_UNKNOWN_VARIANT)
    #expect(named("") { $0.variant = $1 } == HR_ERROR_UNKNOWN_VARIANT)
    #expect(named(String(repeating: "x", count: 1000)) { $0.variant = $1 } == HR_ERROR_UNKNOWN_VARIANT)
    #expect(named("outer_f32_99x99") { $0.microkernel = $1 } == HR_ERROR_UNKNOWN_MICROKERNEL)
    #expect(named("avx3") { $0.max_isa = $1 } == HR_ERROR_UNKNOWN_ISA)
    #expect(named("dot.direct") { $0.variant = $1 } == HR_ERROR_NO_CANDIDATE)
  }

  @Test("Buffers that are too short by one element, or of a negative count")
  func tooShort() {
    #expect(spoiled { $0.a.count = 11 } == HR_ERROR_BUFFER_TOO_SHORT)
    #expect(lastError() == "A is too short: found 11 elements, expected at least 12")
    #expect(spoiled { $0.b.count = 19 } == HR_ERROR_BUFFER_TOO_SHORT)
    #expect(spoiled { $0.c.count = 14 } == HR_ERROR_BUFFER_TOO_SHORT)
    #expect(spoiled { $0.c.count = .min } == HR_ERROR_BUFFER_TOO_SHORT)
    #expect(spoiled { $0.a = hr_buffer() } == HR_ERROR_BUFFER_TOO_SHORT)
    for count: Int64 in [-1, 0, 4, 6] {
      let call = Call(desc: gemmDescriptor(3, 5, 4) { $0.epilogue.bias = HR_BIAS_PER_COLUMN }) { $0.bias.count = count }
      #expect(call.status() == HR_ERROR_SIZE_MISMATCH)
    }
  }

  @Test("A call that was right before is none with a buffer too short by one element, whatever its strides and batch")
  func tooShortAgain() {
    let descriptors = [
      gemmDescriptor(3, 5, 4) { $0.batch = hr_batch(count: 2, a: 13, b: 21, c: 16) },
      gemmDescriptor(3, 5, 4) { $0.a = hr_strides(row: 1, column: 7) },
      gemmDescriptor(3, 5, 4) { $0.b = hr_strides(row: 1, column: 9) },
      gemmDescriptor(3, 5, 4) { $0.c = hr_strides(row: 1, column: 8) },
      gemmDescriptor(3, 5, 4) { ($0.a.row, $0.b.row, $0.c.row) = (6, 8, 9) },
    ]
    for desc in descriptors {
      let more = desc.batch.count - 1
      let needed = (
        a: 2 * desc.a.row + 3 * desc.a.column + more * desc.batch.a + 1,
        b: 3 * desc.b.row + 4 * desc.b.column + more * desc.batch.b + 1,
        c: 2 * desc.c.row + 4 * desc.c.column + more * desc.batch.c + 1
      )
      let elements: [Float] = filled(100)
      let before: [Float] = filled(100, step: 3)
      func status(_ a: Int64, _ b: Int64, _ c: Int64) -> (hr_status, wrote: Bool) {
        var output = before
        let status = hr_gemm_operands.with(elements, elements, &output, bias: [Float]()) { operands in
          (operands.a.count, operands.b.count, operands.c.count) = (a, b, c)
          return withUnsafePointer(to: desc) { hr_gemm($0, &operands) }
        }
        return (status, output != before)
      }
      for _ in 0..<2 { #expect(status(needed.a, needed.b, needed.c) == (HR_OK, true)) }
      #expect(status(needed.a - 1, needed.b, needed.c) == (HR_ERROR_BUFFER_TOO_SHORT, false))
      #expect(status(needed.a, needed.b - 1, needed.c) == (HR_ERROR_BUFFER_TOO_SHORT, false))
      #expect(status(needed.a, needed.b, needed.c - 1) == (HR_ERROR_BUFFER_TOO_SHORT, false))
    }
  }

  @Test("Null pointers")
  func null() {
    #expect(spoiled { $0.a.data = nil } == HR_ERROR_NULL_POINTER)
    #expect(lastError() == "the data of A is null: expected a pointer")
    #expect(spoiled { $0.b.data = nil } == HR_ERROR_NULL_POINTER)
    #expect(spoiled { $0.c.data = nil } == HR_ERROR_NULL_POINTER)
    // Without a bias in the epilogue it is not looked at.
    #expect(spoiled { $0.bias.data = nil } == HR_OK)
    let biased = Call(desc: gemmDescriptor(3, 5, 4) { $0.epilogue.bias = HR_BIAS_PER_COLUMN }) { $0.bias.data = nil }
    #expect(biased.status() == HR_ERROR_NULL_POINTER)
    let plan = CPlan(gemmDescriptor(3, 5, 4))
    var (desc, operands) = (gemmDescriptor(3, 5, 4), hr_gemm_operands())
    operands.size = MemoryLayout<hr_gemm_operands>.size
    let calls = [
      hr_gemm_desc_init(nil, MemoryLayout<hr_gemm_desc>.size, 1, 1, 1), hr_gemm_plan_create(&desc, nil), hr_gemm(nil, &operands),
      hr_gemm(&desc, nil), hr_gemm_plan_execute(nil, &operands, nil, 0), hr_gemm_plan_execute(plan.plan, nil, nil, 0),
      hr_gemm_plan_workspace(plan.plan, nil), hr_gemm_plan_selection(plan.plan, nil),
    ]
    #expect(calls.allSatisfy { $0 == HR_ERROR_NULL_POINTER })
    hr_gemm_plan_destroy(nil)
    hr_conv_plan_destroy(nil)
  }

  @Test("A plan that is null leaves what would be written as it was")
  func nullPlan() {
    var (bytes, selection, plan) = (7, hr_selection(), OpaquePointer(bitPattern: 64))
    selection.size = MemoryLayout<hr_selection>.size
    #expect(hr_gemm_plan_workspace(nil, &bytes) == HR_ERROR_NULL_POINTER)
    #expect(hr_gemm_plan_selection(nil, &selection) == HR_ERROR_NULL_POINTER)
    #expect(hr_gemm_plan_create(nil, &plan) == HR_ERROR_NULL_POINTER)
    #expect(hr_conv_plan_create(nil, &plan) == HR_ERROR_NULL_POINTER)
    #expect(bytes == 7)
    #expect(selection.names == ["", "", ""])
    #expect(plan == OpaquePointer(bitPattern: 64))
  }

  @Test("Structs of a size that the library does not know", arguments: [0, 8, -1, 4096])
  func structSize(size: Int) {
    #expect(status { $0.size = size } == HR_ERROR_STRUCT_SIZE)
    #expect(spoiled { $0.size = size } == HR_ERROR_STRUCT_SIZE)
    let plan = CPlan(gemmDescriptor(3, 5, 4))
    var selection = hr_selection()
    selection.size = size
    #expect(hr_gemm_plan_selection(plan.plan, &selection) == HR_ERROR_STRUCT_SIZE)
    #expect(selection.names == ["", "", ""])
  }

  @Test("A workspace that is too short or not aligned")
  func workspace() {
    let plan = "outer.packed".withCString { name in CPlan(gemmDescriptor(64, 64, 64) { $0.options.variant = name }) }
    let bytes = plan.workspaceByteCount
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes + 64, alignment: 64)
    defer { memory.deallocate() }
    let operand: [Float] = filled(64 * 64)
    var c = operand
    let statuses = hr_gemm_operands.with(operand, operand, &c, bias: [Float]()) { operands in
      [plan.execute(operands, memory, bytes - 1), plan.execute(operands, memory + 4, bytes), plan.execute(operands, memory, -1)]
    }
    #expect(statuses == [HR_ERROR_BUFFER_TOO_SHORT, HR_ERROR_MISALIGNED, HR_ERROR_BUFFER_TOO_SHORT])
    #expect(c == operand)
  }
}
