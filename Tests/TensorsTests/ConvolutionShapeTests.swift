import Tensors
import Testing

@Suite("Sizes of convolutions")
struct ConvolutionShapeTests {
  @Test("A convolution in one dimension is one of height 1")
  func oneDimension() {
    let shape = ConvolutionShape(
      batch: 2, inputChannels: 6, length: 100, outputChannels: 9, kernel: 5, stride: 3, padding: (before: 2, after: 4),
      dilation: 2,
      groups: 3)
    #expect((shape.inputCount, shape.weightCount) == (2 * 6 * 100, 9 * 2 * 5))
    #expect((shape.outputHeight, shape.outputWidth) == (1, (100 + 6 - 9) / 3 + 1))
    let plain = ConvolutionShape(inputChannels: 1, length: 7, outputChannels: 1, kernel: 3)
    #expect(
      plain
        == ConvolutionShape(inputChannels: 1, height: 1, width: 7, outputChannels: 1, kernel: Extent(height: 1, width: 3)))
  }
}
