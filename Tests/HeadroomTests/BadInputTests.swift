import Headroom
import TestSupport
import Testing

@Suite("Bad input")
struct BadInputTests {
  /// Sizes 3 x 5 x 4, everything as it should be; each test spoils one thing.
  struct Call {
    var descriptor = GEMMDescriptor(m: 3, n: 5, k: 4)
    var counts = (a: 12, b: 20, c: 15, bias: 0)

    init() {}

    init(_ change: (inout GEMMDescriptor) -> Void) { change(&descriptor) }

    /// The error that both ways to run it throw; records an issue if C was written or they differ.
    func error() -> HeadroomError? {
      let (a, b) = ([Float](repeating: 1, count: counts.a), [Float](repeating: 1, count: counts.b))
      let bias = [Float](repeating: 1, count: counts.bias)
      let before = (0..<counts.c).map { Float($0) }
      var c = before
      var found: [HeadroomError?] = []
      for plans in [false, true] {
        var span = c.mutableSpan
        do throws(HeadroomError) {
          if plans {
            try GEMMPlan(descriptor).execute(a: a.span, b: b.span, c: &span, bias: bias.span)
          } else {
            try gemm(descriptor, a: a.span, b: b.span, c: &span, bias: bias.span)
          }
          found.append(nil)
        } catch {
          found.append(error)
        }
      }
      #expect(found[0] == found[1])
      if found[0] != nil { #expect(c == before) }
      return found[0]
    }
  }

  @Test("The call that the others spoil is right")
  func right() {
    #expect(Call().error() == nil)
  }

  @Test("A buffer that is too short by one element")
  func tooShort() {
    var call = Call()
    call.counts.a = 11
    #expect(call.error() == .bufferTooShort(operand: "A", found: 11, expected: 12))
    call = Call()
    call.counts.b = 19
    #expect(call.error() == .bufferTooShort(operand: "B", found: 19, expected: 20))
    call = Call()
    call.counts.c = 14
    #expect(call.error() == .bufferTooShort(operand: "C", found: 14, expected: 15))
    // Gaps between rows count, the gap after the last row does not.
    call = Call { $0.a = .rowMajor(rows: 3, columns: 4, leadingDimension: 7) }
    call.counts.a = 17
    #expect(call.error() == .bufferTooShort(operand: "A", found: 17, expected: 18))
    call.counts.a = 18
    #expect(call.error() == nil)
    call = Call { $0.b = MatrixLayout(rows: 4, columns: 5, rowStride: -5, columnStride: 1) }
    call.counts.b = 19
    #expect(call.error() == .bufferTooShort(operand: "B", found: 19, expected: 20))
  }

  @Test("A bias of another length or type, or none where one belongs")
  func bias() {
    for (kind, expected) in [(Epilogue.Bias.perRow, 3), (.perColumn, 5)] {
      var call = Call { $0.epilogue.bias = kind }
      for count in [0, expected - 1, expected + 1] {
        call.counts.bias = count
        #expect(call.error() == .sizeMismatch(what: "entries of the bias", found: count, expected: expected))
      }
      call.counts.bias = expected
      #expect(call.error() == nil)
    }
    var descriptor = GEMMDescriptor(m: 3, n: 5, k: 4)
    descriptor.epilogue.bias = .perRow
    let (a, b, bias) = ([Float](repeating: 1, count: 12), [Float](repeating: 1, count: 20), [Double](repeating: 1, count: 3))
    var c = [Float](repeating: 7, count: 15)
    var span = c.mutableSpan
    #expect(throws: HeadroomError.typeMismatch(operand: "the bias", found: .float64, expected: .float32)) {
      try gemm(descriptor, a: a.span, b: b.span, c: &span, bias: bias.span)
    }
    #expect(throws: HeadroomError.sizeMismatch(what: "entries of the bias", found: 0, expected: 3)) {
      try gemm(descriptor, a: a.span, b: b.span, c: &span)
    }
    #expect(c.allSatisfy { $0 == 7 })
  }

  @Test("No pointer to a bias where one belongs", arguments: [(Epilogue.Bias.perRow, 3), (.perColumn, 5)])
  func biasPointer(kind: Epilogue.Bias, expected: Int) throws {
    var descriptor = GEMMDescriptor(m: 3, n: 5, k: 4)
    descriptor.epilogue.bias = kind
    let plan = try GEMMPlan(descriptor)
    let trial = try GEMMTrial(GEMMSetting(3, 5, 4))
    let (a, b, c) = (trial.a.view.base, trial.b.view.base, trial.c.view.base)
    let before = trial.c.bytes
    let missing = HeadroomError.sizeMismatch(what: "entries of the bias", found: 0, expected: expected)
    #expect(throws: missing) { try plan.execute(a: a, b: b, c: c) }
    #expect(throws: missing) { try gemm(descriptor, a: a, b: b, c: c) }
    #expect(trial.c.bytes == before)
  }

  @Test("Elements of other types than the descriptor's")
  func types() {
    #expect(Call { $0.inputType = .bfloat16 }.error() == .typeMismatch(operand: "A", found: .float32, expected: .bfloat16))
    #expect(
      Call { ($0.inputType, $0.outputType) = (.float64, .float64) }.error()
        == .typeMismatch(operand: "A", found: .float32, expected: .float64))
    let narrow = [BFloat16](repeating: BFloat16(1), count: 20)
    var c = [Float](repeating: 7, count: 15)
    var span = c.mutableSpan
    #expect(throws: HeadroomError.typeMismatch(operand: "C", found: .float32, expected: .bfloat16)) {
      try gemm(GEMMDescriptor(m: 3, n: 5, k: 4, inputType: .bfloat16), a: narrow.span, b: narrow.span, c: &span)
    }
    #expect(c.allSatisfy { $0 == 7 })
  }

  @Test("Types that no kernel takes together", arguments: ElementType.allCases, ElementType.allCases)
  func unsupported(input: ElementType, output: ElementType) {
    let supported = input == output || (input, output) == (.bfloat16, .float32)
    let call = Call { ($0.inputType, $0.outputType) = (input, output) }
    if !supported { #expect(call.error() == .unsupportedTypes(input: input, output: output)) }
  }

  @Test("Two elements of C at one address")
  func overlapping() {
    for (down, across) in [(4, 1), (0, 1), (1, 0), (1, 2), (2, 2), (6, 4), (10, 4)] {
      let layout = MatrixLayout(rows: 3, columns: 5, rowStride: down, columnStride: across)
      var call = Call { $0.c = layout }
      call.counts.c = 100
      let expected: HeadroomError? = layout.isInjective ? nil : .overlappingElements(operand: "C", layout: layout)
      #expect(call.error() == expected)
    }
  }

  @Test("A reversed C")
  func reversedC() {
    for (down, across) in [(-5, 1), (5, -1), (-5, -1)] {
      let layout = MatrixLayout(rows: 3, columns: 5, rowStride: down, columnStride: across)
      guard case .invalidLayout("C", layout, _) = Call({ $0.c = layout }).error() else {
        Issue.record("strides \(down) and \(across) passed")
        continue
      }
    }
  }

  @Test("Sizes that are negative or do not fit together")
  func sizes() {
    #expect(Call { $0 = GEMMDescriptor(m: -1, n: 5, k: 4) }.error() == .negativeSize(name: "m", found: -1))
    #expect(Call { $0 = GEMMDescriptor(m: 3, n: -2, k: 4) }.error() == .negativeSize(name: "n", found: -2))
    #expect(Call { $0 = GEMMDescriptor(m: 3, n: 5, k: .min) }.error() == .negativeSize(name: "k", found: .min))
    func sizeMismatch(_ change: (inout GEMMDescriptor) -> Void) -> [Int] {
      guard case .sizeMismatch(_, let found, let expected) = Call(change).error() else { return [] }
      return [found, expected]
    }
    #expect(sizeMismatch { $0.a.rows = 2 } == [2, 3])
    #expect(sizeMismatch { $0.a.columns = 3 } == [4, 3])
    #expect(sizeMismatch { $0.b.columns = 6 } == [6, 5])
  }

  @Test("Products beyond 2^63, and layouts whose offsets are")
  func overflow() {
    let sizes = [(1 << 21, 1 << 21, 1 << 21), (.max, 2, 1), (.max, .max, .max), (2, 1, .max)]
    for (m, n, k) in sizes {
      #expect(Call { $0 = GEMMDescriptor(m: m, n: n, k: k) }.error() == .sizeOverflow(m: m, n: n, k: k))
    }
    for stride in [Int.max, .min, .max / 4] {
      #expect(Call { $0.a.rowStride = stride }.error() == .sizeOverflow(m: 3, n: 5, k: 4))
      #expect(Call { $0.b.columnStride = stride }.error() == .sizeOverflow(m: 3, n: 5, k: 4))
    }
    #expect(Call { $0.c.rowStride = .max / 4 }.error() == .sizeOverflow(m: 3, n: 5, k: 4))
  }

  @Test("Sizes just within the limit are planned or refused, never a crash")
  func extremes() async {
    await #expect(processExitsWith: .success) {
      for (m, n, k) in [
        (1, 1, Int.max), (1, 1, .max - 8), (1 << 20, 1 << 20, 1 << 22), (0, .max, .max), (.max, 0, .max), (.max, .max, 0),
        (0, 1, .max),
      ] {
        let c = MatrixLayout.rowMajor(rows: m, columns: n, leadingDimension: max(1, min(n, 1 << 30)))
        for type in ElementType.allCases {
          let descriptor = GEMMDescriptor(
            a: MatrixLayout(rows: m, columns: k, rowStride: 0, columnStride: 0),
            b: MatrixLayout(rows: k, columns: n, rowStride: 0, columnStride: 0), c: c, inputType: type)
          _ = try? GEMMPlan(descriptor).workspaceByteCount
          _ = try? explain(descriptor)
          var unblocked = descriptor
          unblocked.options.without = [.cacheBlocking]
          _ = try? GEMMPlan(unblocked).workspaceByteCount
        }
      }
      _ = try? GEMMPlan(GEMMDescriptor(m: 1, n: 1, k: 1 << 59)).workspaceByteCount
    }
  }

  @Test("Blocks of any size are fitted or refused, never a crash", .enabled(if: !Sanitizer.isActive))
  func blocks() async {
    await #expect(processExitsWith: .success) {
      let (a, b) = ([Float](repeating: 1, count: 12), [Float](repeating: 1, count: 20))
      for size in [Int.min, -1, 0, 1, 1 << 40, .max] {
        for blocking in [
          Blocking(mc: size, nc: 64, kc: 64), Blocking(mc: 64, nc: size, kc: 64), Blocking(mc: 64, nc: 64, kc: size),
        ] {
          var c = [Float](repeating: 0, count: 15)
          var descriptor = GEMMDescriptor(m: 3, n: 5, k: 4)
          descriptor.options = SelectionOptions(variant: "outer.packed", blocking: blocking)
          var span = c.mutableSpan
          do {
            try gemm(descriptor, a: a.span, b: b.span, c: &span)
            precondition(c.allSatisfy { $0 == 4 }, "\(blocking)")
          } catch {
            precondition(c.allSatisfy { $0 == 0 }, "\(blocking)")
          }
        }
      }
    }
  }

  @Test("Names that nobody knows, and numbers of threads that nobody has")
  func options() {
    let variants = KernelTable.shared.variants.map(\.name)
    #expect(
      Call { $0.options.variant = "outer.pocked" }.error() == .unknownVariant(found: "outer.pocked", known: variants))
    guard case .unknownMicrokernel("outer_f32_99x99", let known) = Call({ $0.options.microkernel = "outer_f32_99x99" }).error()
    else {
      Issue.record("an unknown micro-kernel passed")
      return
    }
    #expect(Set(known).isSubset(of: KernelTable.shared.microkernels.map(\.name)))
    for threads in [0, -1, .min, SelectionOptions.mostThreads + 1] {
      #expect(Call { $0.options.threads = threads }.error() == .invalidThreads(found: threads))
    }
    #expect(throws: HeadroomError.unknownISA(found: "avx3", known: ISA.allCases.map(\.name))) { try ISA(parsing: "avx3") }
  }

  @Test("A variant that cannot serve the layout is refused with its reasons")
  func noCandidate() {
    guard case .noCandidate(let reasons) = Call({ $0.options.variant = "dot.direct" }).error() else {
      Issue.record("dot.direct served a B stored by rows")
      return
    }
    #expect(reasons.contains { $0.contains("dot.direct") && $0.contains("unit stride along K") })
  }
}
