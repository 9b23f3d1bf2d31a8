import Tensors
import Testing
import Workloads

@Suite("ConvolutionShape as text")
struct ConvolutionShapeTests {
  private static let small = ConvolutionShape(inputChannels: 3, height: 8, width: 8, outputChannels: 4, kernel: Extent(3))

  private static func small(_ change: (inout ConvolutionShape) -> Void) -> ConvolutionShape {
    var shape = small
    change(&shape)
    return shape
  }

  @Test(
    "Text becomes a shape",
    arguments: [
      (
        "n16 c64 h56 w56 k64 r3 s3 p1",
        ConvolutionShape(
          batch: 16, inputChannels: 64, height: 56, width: 56, outputChannels: 64, kernel: Extent(3), padding: Padding(1))
      ),
      ("c3 h8 k4 r3", small),
      ("  r3\tk4 h8  c3 ", small),
      ("c3 h8 w9 k4 r3 s2", small { ($0.width, $0.kernel.width) = (9, 2) }),
      ("c3 h8 k4 r3 p0", small),
      ("c3 h8 k4 r3 pl4 p2 pt0", small { $0.padding = Padding(top: 0, bottom: 2, left: 4, right: 2) }),
      ("c3 h8 k4 r3 pb1 pr3", small { $0.padding = Padding(top: 0, bottom: 1, left: 0, right: 3) }),
      ("c3 h8 k4 r3 u2", small { $0.stride = Extent(2) }),
      ("c3 h8 k4 r3 uw3 u2 dh2", small { ($0.stride, $0.dilation) = (Extent(height: 2, width: 3), Extent(height: 2, width: 1)) }),
      (
        "c3 z6 h8 k4 r3 p1 pk2 uz2",
        small {
          ($0.depth, $0.kernel, $0.stride) = (6, Extent(depth: 3, height: 3, width: 3), Extent(depth: 2, height: 1, width: 1))
          $0.padding = Padding(front: 1, back: 2, top: 1, bottom: 1, left: 1, right: 1)
        }
      ),
      ("c3 h8 k6 r3 d2 g3", small { ($0.dilation, $0.groups, $0.outputChannels) = (Extent(2), 3, 6) }),
    ])
  func parsing(text: String, shape: ConvolutionShape) throws {
    #expect(try ConvolutionShape(parsing: text) == shape)
    #expect(try ConvolutionShape(parsing: shape.description) == shape)
  }

  @Test(
    "A shape is written with what differs from the usual",
    arguments: [
      ("s3 r3 k4 w8 h8 c3 n1 u1 d1 g1 p0", "c3 h8 k4 r3"),
      ("n2 c4 h8 w9 k4 r3 s2 p1 u2 d2 g4", "n2 c4 h8 w9 k4 r3 s2 p1 u2 d2 g4"),
      ("z5 t3 c3 h8 k4 r3 p1 u2", "c3 z5 h8 k4 r3 p1 u2"),
      ("z5 c3 h8 k4 r3 t1 pf0 pk0 p1 uz1 u2 dz1", "c3 z5 h8 k4 t1 r3 pt1 pb1 pl1 pr1 uh2 uw2"),
      ("c4 h8 k4 r3 p2 pl0 uw2 dh2", "c4 h8 k4 r3 pt2 pb2 pr2 uw2 dh2"),
    ])
  func description(text: String, written: String) throws {
    #expect("\(try ConvolutionShape(parsing: text))" == written)
  }

  @Test(
    "Malformed text is refused with the text and what is wrong",
    arguments: [
      ("", "no c, h, k, r"), ("c3 h8 r3", "no k"), ("64x64x64", "'64x64x64' is no size"), ("c3 h8 k4 r3 q1", "'q1' is no size"),
      ("c3 h8 k4 r3 y1", "'y1' is no size"), ("C3 h8 k4 r3", "'C3' is no size"), ("c h8 k4 r3", "'c' has no whole number"),
      ("c3 h8.5 k4 r3", "'h8.5' has no whole number"), ("c-3 h8 k4 r3", "'c-3' is no size"),
      ("c٣ h8 k4 r3", "'c٣' has no whole number"),
      ("c3 h8 k4 r3 h8", "h is there twice"), ("c0 h8 k4 r3", "c0 is a size of 0"), ("c3 h8 k4 r3 u0", "u0 is a size of 0"),
      ("c3 h8 k4 r3 g2", "2 groups don't divide 3 input channels"), ("c3 h8 k4 r3 g3", "3 groups don't divide 4 output channels"),
      ("c3 h8 z2 k4 r3", "the kernel reaches over 3 slices, the padded volume has 2"),
      ("c3 h8 k4 r9", "the kernel reaches over 9 rows, the padded image has 8"),
      ("c3 h8 w2 k4 r3 pl1 pr1 dw2", "the kernel reaches over 5 columns, the padded image has 4"),
      ("c2147483648 h8 k4 r3", "c2147483648 is beyond 2^31"),
      ("n2147483647 c2147483647 h2 k1 r2", "2^63 or more elements of the input"),
      ("c2147483647 h4 k2147483647 r1", "2^63 or more multiplications"),
    ])
  func malformed(text: String, problem: String) {
    #expect(throws: WorkloadError.malformedShape(text: text, problem: problem, expected: ConvolutionShape.expectedForm)) {
      try ConvolutionShape(parsing: text)
    }
  }

  @Test("Operations, bytes and intensity of a shape, counted by hand")
  func quantities() throws {
    // Two places of the kernel of three meet the image in the outer of three rows, all three in the middle one: 7 of 9, both ways.
    let shape = try ConvolutionShape(parsing: "n2 c4 h3 k6 r3 p1 g2")
    #expect(shape.operations == 2 * 2 * 6 * 2 * 49)
    let (operands, output) = (2 * 4 * 9 + 6 * 2 * 9, 2 * 6 * 9)
    #expect(shape.footprintBytes(.f32) == (operands + output) * 4)
    #expect(shape.footprintBytes(.bf16) == (operands + output) * 2)
    #expect(shape.footprintBytes(.bf16f32) == operands * 2 + output * 4)
    #expect(shape.intensity(.f32) == shape.operations / Double((operands + output) * 4))
  }
}
