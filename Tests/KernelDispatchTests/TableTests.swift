import KernelDispatch
import Tensors
import Testing

@Suite("The table")
struct TableTests {
  @Test("Names are unique, and no name is part of a sentence")
  func names() {
    let table = KernelTable.shared
    for names in [table.variants.map(\.name), table.microkernels.map(\.name)] {
      #expect(Set(names).count == names.count)
      #expect(names.allSatisfy { !$0.isEmpty && !$0.contains(" ") })
    }
  }

  @Test("Every format has a variant on the weakest machine", arguments: ["f32", "f64", "bf16", "bf16f32"])
  func everywhere(format: String) throws {
    for line in ["5x5x5", "5x5x5:nt", "5x5x5:tn", "5x5x5:tt"] {
      let descriptor = try #require(GEMMDescriptor(line: "\(line) \(format)"))
      #expect(try SyntheticMachine.dispatch(.scalar).select(descriptor).isa == .scalar)
    }
  }

  @Test("Variants say which techniques they use")
  func techniques() {
    for variant in KernelTable.shared.variants {
      #expect(variant.techniques.contains(.packing) == (variant.packsA || variant.packsB))
      #expect(variant.techniques.isSuperset(of: [.cacheBlocking, .registerTile, .simd, .threads]))
      #expect(!variant.summary.isEmpty)
      #expect(!variant.widens || (variant.packsA && variant.packsB))
    }
  }

  @Test("Errors say what was found and what was expected")
  func messages() {
    let layout = MatrixLayout(rows: 2, columns: 3, rowStride: 1, columnStride: 1)
    let errors: [(HeadroomError, String)] = [
      (.bufferTooShort(operand: "A", found: 11, expected: 12), "A is too short: found 11 elements, expected at least 12"),
      (.negativeSize(name: "m", found: -1), "m is negative: found -1, expected 0 or more"),
      (
        .unsupportedTypes(input: .float32, output: .bfloat16),
        "no kernel multiplies f32 into bf16; expected f32 into f32, f64 into f64, bf16 into f32 or bf16"
      ),
      (
        .typeMismatch(operand: "C", found: .float32, expected: .bfloat16),
        "C has the wrong element type: found f32, expected bf16"
      ),
      (.invalidThreads(found: 0), "the number of threads is out of range: found 0, expected 1 ... 1024"),
      (.unknownVariant(found: "x", known: ["a", "b"]), "unknown variant: found 'x', expected one of a, b"),
      (.unknownMicrokernel(found: "x", known: ["a"]), "unknown micro-kernel: found 'x', expected one of a"),
      (.unknownISA(found: "x", known: ["a"]), "unknown instruction set: found 'x', expected one of a"),
      (.sizeMismatch(what: "rows of A", found: 2, expected: 3), "rows of A does not fit: found 2, expected 3"),
    ]
    for (error, text) in errors { #expect(error.description == text) }
    for error in [
      HeadroomError.overlappingElements(operand: "C", layout: layout),
      .invalidLayout(operand: "C", layout: layout, reason: "because"),
    ] {
      #expect(error.description.contains("C") && error.description.contains("2 x 3 with strides 1 and 1"))
    }
    #expect(HeadroomError.sizeOverflow(m: 7, n: 8, k: 9).description.contains("7 x 8 x 9"))
    #expect(HeadroomError.noCandidate(reasons: ["one", "two"]).description.contains("one; two"))
    #expect(HeadroomError.outOfMemory(byteCount: 77).description.contains("77 bytes"))
  }
}
