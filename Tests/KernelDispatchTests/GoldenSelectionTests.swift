import KernelDispatch
import Testing

@Suite("Golden selections")
struct GoldenSelectionTests {
  /// A change here changes what users get: take new lines from the failure's text once a measurement has asked for them.
  @Test("Shapes select what they did", arguments: ISA.allCases)
  func golden(isa: ISA) throws {
    let expected = (Self.golden[isa] ?? "").split(separator: "\n").map(String.init)
    #expect(!expected.isEmpty)
    let dispatch = SyntheticMachine.dispatch(isa, threads: 2)
    for line in expected {
      let shape = String(line.prefix { $0 != ">" }.dropLast(2))
      let descriptor = try #require(GEMMDescriptor(line: shape))
      let selected = "\(shape) -> \(try dispatch.select(descriptor))"
      #expect(selected == line, "now: \(selected)")
    }
  }

  @Test("C is written across for tile registers alone, and where that saves more than it costs")
  func turned() throws {
    let dispatch = SyntheticMachine.dispatch(.amx)
    func isTurned(_ line: String, _ change: (inout SelectionOptions) -> Void = { _ in }) throws -> Bool {
      var descriptor = try #require(GEMMDescriptor(line: line))
      change(&descriptor.options)
      return try dispatch.select(descriptor).swapped
    }
    let line = "8x4096x4096:nt bf16"
    #expect(try isTurned(line))
    #expect(try isTurned(line) { $0.variant = "matrix.packed" })
    #expect(try isTurned(line) { $0.microkernel = "matrix_bf16_32x32_amx" })
    #expect(try !isTurned(line) { $0.variant = "dot.direct" })
    #expect(try !isTurned(line) { $0.microkernel = "pair_bf16_14x32_avx512bf16" })
    #expect(try !isTurned(line) { $0.without = TechniqueSet(.packing) })
    #expect(try !isTurned(line) { $0.maxISA = .avx512bf16 })
    #expect(try isTurned("8x4096x4095:nt bf16"))
    for other in ["8x4096x4096 bf16", "1x4096x4096:nt bf16", "4096x8x4096:nt bf16", "2x3x32:nt bf16"] {
      #expect(try !isTurned(other), "\(other)")
    }
  }
}
