import Testing
import Workloads

@Suite("GEMMShape")
struct GEMMShapeTests {
  @Test(
    "Text becomes a shape",
    arguments: [
      ("1024x1024x1024", GEMMShape(m: 1024, n: 1024, k: 1024)),
      ("8x4096x11008:nt", GEMMShape(m: 8, n: 4096, k: 11008, transposeB: true)),
      ("3x5x7:tn", GEMMShape(m: 3, n: 5, k: 7, transposeA: true)),
      ("3x5x7:tt", GEMMShape(m: 3, n: 5, k: 7, transposeA: true, transposeB: true)),
      ("3x5x7:nn", GEMMShape(m: 3, n: 5, k: 7)),
    ])
  func parsing(text: String, shape: GEMMShape) throws {
    #expect(try GEMMShape(parsing: text) == shape)
  }

  @Test("A shape's text is read back as the same shape", arguments: [false, true], [false, true])
  func roundTrip(transposeA: Bool, transposeB: Bool) throws {
    let shape = GEMMShape(m: 17, n: 1, k: 65, transposeA: transposeA, transposeB: transposeB)
    #expect(try GEMMShape(parsing: shape.description) == shape)
  }

  @Test(
    "Malformed text is refused with the text and what is wrong",
    arguments: [
      ("", "no sizes"), (":nt", "no sizes"), ("1024", "1 size"), ("2x3", "2 sizes"), ("2x3x4x5", "4 sizes"),
      ("2x3x", "'' is no whole number"),
      ("2xx4", "'' is no whole number"), ("2x3x4.5", "'4.5' is no whole number"), ("-2x3x4", "'-2' is no whole number"),
      ("+2x3x4", "'+2' is no whole number"), ("2x3x 4", "' 4' is no whole number"), ("٣x3x4", "'٣' is no whole number"),
      ("0x3x4", "a size of 0"), ("2x3x4:", "the transposes are ''"), ("2x3x4:NT", "the transposes are 'NT'"),
      ("2x3x4:nt:nt", "2 colons"),
      ("99999999999999999999x1x1", "99999999999999999999 is beyond 2^63"),
    ])
  func malformed(text: String, problem: String) {
    #expect(throws: WorkloadError.malformedShape(text: text, problem: problem, expected: GEMMShape.expectedForm)) {
      try GEMMShape(parsing: text)
    }
  }

  @Test("m n k below 2^63 is a shape, from 2^63 on an error")
  func overflow() throws {
    let largest = try GEMMShape(parsing: "\(Int.max)x1x1")
    #expect(largest.m == Int.max)
    for text in ["2097152x2097152x2097152", "4294967296x2147483648x1", "4294967296x4294967296x1"] {
      #expect(throws: WorkloadError.malformedShape(text: text, problem: "m n k is beyond 2^63", expected: GEMMShape.expectedForm))
      {
        try GEMMShape(parsing: text)
      }
    }
  }

  @Test("Operations, bytes and intensity of a shape, counted by hand")
  func quantities() {
    let shape = GEMMShape(m: 2, n: 3, k: 5)
    #expect(shape.operations == 60)
    #expect(shape.footprintBytes(.f32) == (10 + 15 + 6) * 4)
    #expect(shape.footprintBytes(.f64) == (10 + 15 + 6) * 8)
    #expect(shape.footprintBytes(.bf16) == (10 + 15 + 6) * 2)
    #expect(shape.footprintBytes(.bf16f32) == (10 + 15) * 2 + 6 * 4)
    #expect(shape.intensity(.f32) == 60.0 / 124)
  }

  @Test(
    "A format's name says its types",
    arguments: [
      (NumericFormat.f32, "f32", "f32"), (.f64, "f64", "f64"), (.bf16, "bf16", "bf16"), (.bf16f32, "bf16", "f32"),
      (.f32Bf16x3, "f32", "f32"),
    ])
  func formats(format: NumericFormat, input: String, output: String) {
    #expect(format.inputType == input)
    #expect(format.outputType == output)
  }
}
