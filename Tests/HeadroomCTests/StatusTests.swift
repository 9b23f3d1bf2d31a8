import CHeadroom
import Headroom
import HeadroomC
import Testing

@Suite("Status codes")
struct StatusTests {
  static let layout = MatrixLayout.rowMajor(rows: 1, columns: 1)

  /// Every error of the Swift layer with the number it has for ever.
  static let numbers: [(HeadroomError, UInt32)] = [
    (.bufferTooShort(operand: "A", found: 0, expected: 1), 5), (.overlappingElements(operand: "C", layout: layout), 6),
    (.sizeMismatch(what: "entries", found: 0, expected: 1), 7), (.negativeSize(name: "m", found: -1), 8),
    (.sizeOverflow(m: 1, n: 1, k: 1), 9), (.invalidLayout(operand: "C", layout: layout, reason: ""), 10),
    (.unsupportedTypes(input: .float32, output: .float64), 11),
    (.typeMismatch(operand: "A", found: .float32, expected: .float64), 12), (.invalidThreads(found: -1), 13),
    (.sizeTooSmall(name: "groups", found: 0, expected: 1), 14), (.groupsDontDivide(what: "channels", found: 3, groups: 2), 15),
    (.kernelBeyondImage(axis: "height", found: 3, padded: 2), 16), (.convolutionOverflow(what: "the input", limit: 8), 17),
    (.unsupportedConvolutionTypes(input: .float64, output: .float64), 18),
    (.invalidBlocking(found: Blocking(mc: 0, nc: 0, kc: 0)), 19),
    (.unknownVariant(found: "", known: []), 20), (.unknownMicrokernel(found: "", known: []), 21),
    (.unknownISA(found: "", known: []), 22), (.invalidOverride(variable: "", found: "", expected: ""), 23),
    (.noCandidate(reasons: []), 24), (.outOfMemory(byteCount: 0), 25),
    (.overlappingProducts(stride: 1, layout: layout), 26), (.packedElsewhere(found: "", expected: ""), 27),
    (.packedMismatch(operand: "B", found: "", expected: ""), 28), (.damagedPackedOperand(reason: ""), 29),
    (.invalidStrassenLevels(found: 3), 31), (.wrongPass(found: .forward, expected: .backwardData), 32),
    (.epilogueOfWeights(found: ConvolutionEpilogue(scale: 2)), 33),
  ]

  @Test("Numbers are stable, names are the header's")
  func stable() {
    #expect(
      [HR_OK, HR_ERROR_NULL_POINTER, HR_ERROR_STRUCT_SIZE, HR_ERROR_UNKNOWN_VALUE, HR_ERROR_MISALIGNED].map(\.rawValue) == [
        0, 1, 2, 3, 4,
      ])
    for (error, number) in Self.numbers {
      #expect(error.status.rawValue == number)
      // unsupportedTypes is called HR_ERROR_UNSUPPORTED_TYPES.
      let label = Mirror(reflecting: error).children.first?.label ?? ""
      let words = label.replacing("ISA", with: "Isa").replacing(#/[A-Z]/#) { "_\($0.output)" }.uppercased()
      #expect(name(error.status) == "HR_ERROR_\(words)")
    }
    let names = (0...33).map { name(hr_status(rawValue: $0)) }
    #expect(Set(names).count == 34)
    #expect(names.allSatisfy { $0.hasPrefix("HR_") })
    #expect(name(hr_status(rawValue: 34)) == "unknown status")
    #expect(name(hr_status(rawValue: .max)) == "unknown status")
  }

  @Test("The version is the header's")
  func version() throws {
    #expect(String(cString: try #require(hr_version())) == HR_VERSION)
  }

  @Test("A success leaves the last error as it was, a failure says what was found and expected")
  func lastErrors() {
    var desc = hr_gemm_desc()
    #expect(hr_gemm_desc_init(&desc, 3, 1, 1, 1) == HR_ERROR_STRUCT_SIZE)
    let expected =
      "the size of hr_gemm_desc is none that this library knows: found 3, expected \(MemoryLayout<hr_gemm_desc>.size)"
    #expect(lastError() == expected)
    #expect(desc.size == 0)
    #expect(hr_gemm_desc_init(&desc, MemoryLayout<hr_gemm_desc>.size, 1, 1, 1) == HR_OK)
    #expect(lastError() == expected)
  }

  @Test("Each thread has a last error of its own")
  func threads() async {
    await withTaskGroup(of: Bool.self) { group in
      for thread in 1...8 {
        group.addTask {
          // No suspension in here: one thread runs it from begin to end.
          (0..<200).allSatisfy { turn in
            let size = thread * 1000 + turn
            var desc = hr_conv_desc()
            let status = hr_conv_desc_init(&desc, size)
            return status == HR_ERROR_STRUCT_SIZE && lastError().contains("found \(size),")
          }
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }
}
