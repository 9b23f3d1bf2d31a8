import Headroom
import Oracle
import TestSupport
import Testing

@Suite("Operands packed ahead")
struct PackedOperandTests {
  static let shapes = [
    (1, 1, 1), (5, 33, 7), (14, 32, 64), (70, 65, 300), (200, 150, 530), (3, 4, 0), (1, 300, 700), (300, 1, 90),
    (1, 300, 701), (300, 1, 91), (2, 270, 40), (3, 70, 300), (6, 150, 130), (50, 9, 30), (100, 64, 48), (33, 200, 64),
    (300, 640, 50),
  ]

  @Test("As exact as operands that calls pack, for every side, layout and number of threads", arguments: Route.types)
  func exact(input: ElementType, output: ElementType) throws {
    for (index, (m, n, k)) in Self.shapes.enumerated() {
      for sides in [[PackedOperand.Side.a], [.b], [.a, .b]] {
        let setting = GEMMSetting(m, n, k) {
          ($0.inputType, $0.outputType) = (input, output)
          $0.a = Arrangement.allCases[index % Arrangement.allCases.count]
          $0.b = Arrangement.allCases[(index + 2) % Arrangement.allCases.count]
          $0.c = [.rowMajor, .columnMajor][index % 2]
          ($0.alpha, $0.beta, $0.bias) = (2, index % 3 == 0 ? 1 : 0, index % 4 == 0 ? .perColumn : .none)
        }
        for threads in [1, 2] {
          let descriptor = setting.descriptor(SelectionOptions(threads: threads, keepsThreads: true))
          let trial = try GEMMTrial(setting)
          let packed = try sides.map { try pack($0, descriptor, trial) }
          // Panels serve any blocks.
          var planned = descriptor
          if threads == 2 { planned.options.blocking = Blocking(mc: 32, nc: 64, kc: index % 2 == 0 ? 34 : 40) }
          let plan = try GEMMPlan(
            planned, a: packed.first { $0.side == .a }, b: packed.first { $0.side == .b })
          trial.reset()
          try plan.run(trial)
          #expect(trial.finding() == nil, "\(sides) packed, \(threads) threads: \(plan.selection)")
        }
      }
    }
  }

  @Test(
    "Of more than L2 holds, panel by panel: exact, with the same bits on any number of threads",
    arguments: Route.types.filter { $0.input == .bfloat16 || !Sanitizer.isActive && $0.input == .float32 },
    [Arrangement.rowMajor, .columnMajor])
  func beyondL2(types: (input: ElementType, output: ElementType), a: Arrangement) throws {
    for m in types.input == .float32 ? [33, 150] : [33, 70] {
      let setting = GEMMSetting(m, 1050, 4100) {
        ($0.inputType, $0.outputType, $0.data) = (types.input, types.output, .uniform)
        ($0.alpha, $0.beta, $0.bias) = m == 33 ? (2, 1, .perColumn) : (1, 0, .none)
        // By columns tile registers have it packed, by rows they read it in place.
        $0.a = a
      }
      let trial = try GEMMTrial(setting)
      var bytes: [[UInt8]] = []
      for threads in [1, 3] {
        let descriptor = setting.descriptor(SelectionOptions(threads: threads, keepsThreads: true))
        let plan = try GEMMPlan(descriptor, b: try pack(.b, descriptor, trial))
        let workspace = try GuardedBuffer(byteCount: plan.workspaceByteCount, placement: .flushWithEnd)
        Poison.fill(workspace.bytes)
        trial.reset()
        try withExtendedLifetime(workspace) { try plan.run(trial, workspace: workspace.start) }
        #expect(trial.finding() == nil, "\(threads) threads: \(plan.selection)")
        bytes.append(trial.c.bytes)
      }
      #expect(bytes[0] == bytes[1])
    }
  }

  private func pack(_ side: PackedOperand.Side, _ descriptor: GEMMDescriptor, _ trial: GEMMTrial) throws -> PackedOperand {
    try PackedOperand(side, of: descriptor, source: (side == .a ? trial.a : trial.b).view.base)
  }

  /// B of ones, packed.
  private func ones(_ descriptor: GEMMDescriptor) throws -> PackedOperand {
    let elements = [Float](repeating: 1, count: descriptor.k * descriptor.n)
    return try PackedOperand(.b, of: descriptor, elements: elements.span)
  }

  @Test("What it is packed for does not follow from the size of the other operand", arguments: Route.types)
  func lasting(input: ElementType, output: ElementType) throws {
    let names = try [1, 2, 20, 500].map { m in
      let descriptor = GEMMDescriptor(m: m, n: 4096, k: 4096, inputType: input, outputType: output)
      return try PackedOperand(.b, of: descriptor, source: nil).microkernel
    }
    #expect(Set(names).count == 1)
    // The best that calls themselves would choose for many rows.
    let many = try GEMMPlan(GEMMDescriptor(m: 1024, n: 1024, k: 1024, inputType: input, outputType: output))
    #expect(names[0] == many.selection.microkernel)
  }

  @Test("One packed B serves any number of rows, after its descriptor and in a batch")
  func reuse() throws {
    let packed = try ones(GEMMDescriptor(m: 9, n: 40, k: 300))
    for m in [1, 2, 13, 14, 15, 129, 600] {
      var descriptor = GEMMDescriptor(m: m, n: 40, k: 300)
      descriptor.batch = Batch(count: 2, aStride: m * 300, bStride: 0, cStride: m * 40)
      let a = [Float](repeating: 2, count: 2 * m * 300)
      var c = [Float](repeating: .nan, count: 2 * m * 40)
      var span = c.mutableSpan
      try GEMMPlan(descriptor, b: packed).execute(a: a.span, b: Span(), c: &span)
      #expect(c.allSatisfy { $0 == 600 }, "\(m) rows")
    }
  }

  @Test("Of a C by columns too, down to a single row; A down to a single column")
  func vectors() throws {
    var many = GEMMDescriptor(m: 9, n: 40, k: 300)
    many.c = .columnMajor(rows: 9, columns: 40)
    let weights = try ones(many)
    let rows = try PackedOperand(.a, of: GEMMDescriptor(m: 40, n: 9, k: 300), elements: [Float](repeating: 1, count: 12_000).span)
    for size in [1, 2, 15] {
      var descriptor = GEMMDescriptor(m: size, n: 40, k: 300)
      descriptor.c = .columnMajor(rows: size, columns: 40)
      var c = [Float](repeating: .nan, count: size * 40)
      var span = c.mutableSpan
      let twos = [Float](repeating: 2, count: size * 300)
      try GEMMPlan(descriptor, b: weights).execute(a: twos.span, b: Span(), c: &span)
      #expect(c.allSatisfy { $0 == 600 }, "\(size) rows")
      c = [Float](repeating: .nan, count: size * 40)
      span = c.mutableSpan
      try GEMMPlan(GEMMDescriptor(m: 40, n: size, k: 300), a: rows).execute(a: Span(), b: twos.span, c: &span)
      #expect(c.allSatisfy { $0 == 600 }, "\(size) columns")
    }
  }

  @Test("One packed A serves products of any width, few depths and many, alone, in a batch, and added to C")
  func reuseOfRows() throws {
    for k in [32, 300] {
      let rows = (0..<40).flatMap { row in [Float](repeating: Float(row + 1), count: k) }
      let packed = try PackedOperand(.a, of: GEMMDescriptor(m: 40, n: 9, k: k), elements: rows.span)
      for n in [1, 16, 33, 64, 200] {
        for (count, beta) in [(1, 0), (3, 0), (1, 1)] {
          var descriptor = GEMMDescriptor(m: 40, n: n, k: k)
          descriptor.batch = Batch(count: count, aStride: 0, bStride: k * n, cStride: 40 * n)
          descriptor.beta = Double(beta)
          let twos = [Float](repeating: 2, count: count * k * n)
          var c = [Float](repeating: beta == 0 ? .nan : 1, count: count * 40 * n)
          var span = c.mutableSpan
          try GEMMPlan(descriptor, a: packed).execute(a: Span(), b: twos.span, c: &span)
          let isExact = c.indices.allSatisfy { c[$0] == Float((($0 / n) % 40 + 1) * 2 * k + beta) }
          #expect(isExact, "\(n) columns, \(k) deep, \(count) products, beta \(beta)")
        }
      }
    }
  }

  @Test("What is packed for a lower instruction set runs there, whatever the machine's best")
  func lowerISA() throws {
    var capped = GEMMDescriptor(m: 9, n: 40, k: 300)
    capped.options.maxISA = .scalar
    let packed = try PackedOperand(serialized: ones(capped).serialized)
    let plan = try GEMMPlan(GEMMDescriptor(m: 9, n: 40, k: 300), b: packed)
    #expect(plan.selection.isa == .scalar && plan.selection.microkernel == packed.microkernel)
    let a = [Float](repeating: 2, count: 2700)
    var c = [Float](repeating: .nan, count: 360)
    var span = c.mutableSpan
    try plan.execute(a: a.span, b: Span(), c: &span)
    #expect(c.allSatisfy { $0 == 600 })
  }

  @Test("Without a packed operand it is the plan that it would be")
  func none() throws {
    for (m, n, k) in [(1024, 17, 4096), (8, 8, 8), (512, 49, 700)] {
      let descriptor = GEMMDescriptor(m: m, n: n, k: k)
      #expect(try GEMMPlan(descriptor, a: nil, b: nil).selection == GEMMPlan(descriptor).selection)
    }
  }

  @Test("Bytes carry it over; other bytes are refused, by name of what is wrong")
  func serialised() throws {
    let descriptor = GEMMDescriptor(m: 3, n: 40, k: 30)
    let bytes = try ones(descriptor).serialized
    let copy = try PackedOperand(serialized: bytes)
    #expect(copy.serialized == bytes)
    let a = [Float](repeating: 2, count: 90)
    var c = [Float](repeating: .nan, count: 120)
    var span = c.mutableSpan
    try GEMMPlan(descriptor, b: copy).execute(a: a.span, b: Span(), c: &span)
    #expect(c.allSatisfy { $0 == 60 })

    func error(_ change: (inout [UInt8]) -> Void) -> HeadroomError? {
      var spoilt = bytes
      change(&spoilt)
      do throws(HeadroomError) { _ = try PackedOperand(serialized: spoilt) } catch { return error }
      return nil
    }
    for count in [0, 5, 127, 128, bytes.count - 1] {
      #expect(isDamage(error { $0.removeLast($0.count - count) }), "\(count) bytes")
    }
    #expect(isDamage(error { $0[$0.count - 1] ^= 1 }))
    #expect(isDamage(error { $0 += [0] }))
    // Of another version of the format; of a micro-kernel that this machine has not.
    #expect(isElsewhere(error { $0[15] += 1 }))
    #expect(isElsewhere(error { $0[16 + 48] ^= 1 }))
    for place in 16..<16 + 48 { #expect(error { $0[place] ^= 0x40 } != nil, "byte \(place)") }
  }

  @Test("Either side, for a C of either order, comes back from its bytes; alpha 0 packs all the same")
  func sides() throws {
    for side in [PackedOperand.Side.a, .b] {
      for byColumns in [false, true] {
        var descriptor = GEMMDescriptor(m: 20, n: 33, k: 50)
        if byColumns { descriptor.c = .columnMajor(rows: 20, columns: 33) }
        descriptor.alpha = 0
        let elements = [Float](repeating: 3, count: 50 * 33)
        let packed = try PackedOperand(side, of: descriptor, elements: elements.span)
        #expect(packed.byteCount >= 50 * 20 * 4)
        #expect(try PackedOperand(serialized: packed.serialized).byteCount == packed.byteCount)
      }
    }
  }

  private func isDamage(_ error: HeadroomError?) -> Bool { if case .damagedPackedOperand = error { true } else { false } }
  private func isElsewhere(_ error: HeadroomError?) -> Bool { if case .packedElsewhere = error { true } else { false } }
  private func isMismatch(_ error: HeadroomError?) -> Bool { if case .packedMismatch = error { true } else { false } }

  @Test("A plan refuses what is packed for another product")
  func mismatches() throws {
    let packed = try ones(GEMMDescriptor(m: 3, n: 40, k: 30))
    func error(_ descriptor: GEMMDescriptor) -> HeadroomError? {
      do throws(HeadroomError) { _ = try GEMMPlan(descriptor, b: packed) } catch { return error }
      return nil
    }
    #expect(error(GEMMDescriptor(m: 8, n: 40, k: 30)) == nil)
    #expect(isMismatch(error(GEMMDescriptor(m: 3, n: 41, k: 30))))
    #expect(isMismatch(error(GEMMDescriptor(m: 3, n: 40, k: 31))))
    #expect(isMismatch(error(GEMMDescriptor(m: 3, n: 40, k: 30, inputType: .bfloat16))))
    var turned = GEMMDescriptor(m: 3, n: 40, k: 30)
    turned.c = .columnMajor(rows: 3, columns: 40)
    #expect(isMismatch(error(turned)))
    #expect(throws: HeadroomError.bufferTooShort(operand: "B", found: 3, expected: 1200)) {
      try PackedOperand(.b, of: GEMMDescriptor(m: 3, n: 40, k: 30), elements: [Float](repeating: 1, count: 3).span)
    }
  }
}
