import Measurement
import Oracle
import Results
import Tensors
import Testing
import Workloads

@Suite("Convolutions")
struct ConvolutionTests {
  private static let shape = ConvolutionShape(
    batch: 2, inputChannels: 6, height: 5, width: 4, outputChannels: 4, kernel: Extent(3), padding: Padding(1), groups: 2)

  private static func write(_ operands: ConvolutionOperands) {
    let reference = ConvolutionReference(
      shape: operands.shape,
      input: TensorView(base: operands.input, type: operands.inputType, axes: .input(of: operands.shape, operands.layout)),
      weights: TensorView(
        base: operands.weights, type: operands.inputType, axes: .weights(of: operands.shape, operands.weightLayout)))
    reference.write(
      to: MutableTensorView(base: operands.output, type: operands.outputType, axes: .output(of: operands.shape, operands.layout)))
  }

  @Test(
    "The oracle's verdict: unwritten, right, wrong by one element", arguments: ImageLayout.allCases, [NumericFormat.f32, .bf16])
  func verification(layout: ImageLayout, format: NumericFormat) throws {
    let operands = try ConvolutionOperands(shape: Self.shape, layout: layout, format: format, seed: 3)
    #expect(operands.byteCount == Problem.convolution(Self.shape, layout).footprintBytes(format))
    #expect(!operands.verify().isPassed)
    Self.write(operands)
    #expect(operands.verify().isPassed)
    operands.output.storeBytes(of: 0x7f7f, as: UInt16.self)
    (operands.output + 2).storeBytes(of: 0x4f7f, as: UInt16.self)
    #expect(!operands.verify().isPassed)
    Self.write(operands)
    operands.poisonResult()
    #expect(!operands.verify().isPassed)
  }

  @Test("A row is a convolution's, with its layout and without leading dimensions")
  func row() throws {
    let contestant = Contestant(
      variant: "a", isa: .sse2, threads: 1, format: .f32, note: "a note", command: ""
    ) { (operands: ConvolutionOperands) in { Self.write(operands) } }
    var settings = Bench.Settings()
    settings.secondsPerPoint = 1e-3
    let problem = Problem.convolution(Self.shape, .nchw)
    let comparison = try Bench(settings: settings).measure(problem, contestants: [contestant])
    let row = try #require(comparison.points.first?.measurement)
    #expect(row.op == "conv" && row.layout == "nchw" && row.shape == problem.description && row.note == "a note" && row.verified)
    // 2 images, 4 output channels of 3 input channels each; along 5 rows 13 places meet the image, along 4 columns 10.
    #expect(problem.operations == 2 * 2 * 4 * 3 * 13 * 10)
    #expect(abs(row.gflops * 1e9 * row.seconds.median / problem.operations - 1) < 1e-12)
  }

  @Test(
    "What Winograd's algorithm may be off by is wrong of any other", arguments: [Tolerance.statistical, .winograd(outputs: 6)])
  func tolerance(tolerance: Tolerance) throws {
    var contestant = Contestant(variant: "a", isa: .sse2, threads: 1, format: .f32, command: "") {
      (operands: ConvolutionOperands) in
      {
        Self.write(operands)
        operands.output.assumingMemoryBound(to: Float.self)[0] += 5e-5
      }
    }
    contestant.tolerance = tolerance
    var settings = Bench.Settings()
    settings.secondsPerPoint = 1e-3
    let comparison = try Bench(settings: settings).measure(.convolution(Self.shape, .nhwc), contestants: [contestant])
    #expect(comparison.refused.map(\.isWrong) == (tolerance == .statistical ? [true] : []))
  }

  @Test("A contestant of products is refused on a convolution")
  func otherOperands() throws {
    let contestant = Contestant(variant: "a", isa: .sse2, threads: 1, format: .f32, command: "") { (_: GEMMOperands) in {} }
    let comparison = try Bench().measure(.convolution(Self.shape, .nhwc), contestants: [contestant])
    #expect(comparison.points.isEmpty && comparison.refused.map(\.isWrong) == [false])
    #expect(comparison.refused.first?.reason.contains("GEMMOperands") == true)
  }
}
