import Oracle
import Tensors
import TestSupport
import Testing

@Suite("The reference convolution")
struct ConvolutionReferenceTests {
  /// A trial whose operands count up from 1, whatever their layout.
  private func counting(
    _ shape: ConvolutionShape, with change: (inout ConvolutionSetting) -> Void = { _ in }
  ) throws -> ConvolutionTrial {
    let trial = try ConvolutionTrial(ConvolutionSetting(shape, with: change))
    for tensor in [trial.input, trial.weights] {
      let sizes = tensor.view.axes.sizes
      for index in 0..<tensor.view.axes.count {
        let (x, y, inner) = (index % sizes[3], index / sizes[3] % sizes[2], index / (sizes[3] * sizes[2]))
        tensor.view[SIMD4(inner / sizes[1], inner % sizes[1], y, x)] = Double(index + 1)
      }
    }
    return trial
  }

  @Test(
    "Worked out by hand: a 2x2 kernel on a 3x3 image, in every layout", arguments: ImageLayout.allCases, WeightLayout.allCases)
  func byHand(image: ImageLayout, weights: WeightLayout) throws {
    // Channel 0 counts from 1 to 9, channel 1 from 10 to 18; the kernel is 1 2; 3 4 and 5 6; 7 8.
    let shape = ConvolutionShape(inputChannels: 2, height: 3, width: 3, outputChannels: 1, kernel: Extent(2))
    let trial = try counting(shape) { ($0.inputLayout, $0.weightLayout) = (image, weights) }
    #expect(trial.reference.values() == [356, 392, 464, 500])
    #expect(trial.reference.entry(0, 0, 1, 0) == ReferenceEntry(value: 464, magnitude: 464))
  }

  @Test("Worked out by hand: stride, padding and dilation of each side")
  func geometry() throws {
    // Rows of the image: 1 2 3 4, 5 6 7 8, with a row of zeros above and two columns of zeros on the right.
    let shape = ConvolutionShape(
      inputChannels: 1, height: 2, width: 4, outputChannels: 1, kernel: Extent(height: 2, width: 2),
      stride: Extent(height: 1, width: 2),
      padding: Padding(top: 1, bottom: 0, left: 0, right: 2), dilation: Extent(height: 1, width: 3))
    #expect(try counting(shape).reference.values() == [19, 9, 56, 24])
  }

  @Test("Worked out by hand: groups, scale, bias and ReLU")
  func groups() throws {
    let shape = ConvolutionShape(inputChannels: 4, height: 1, width: 1, outputChannels: 2, kernel: Extent(1), groups: 2)
    let trial = try counting(shape)
    #expect(trial.reference.values() == [5, 25])
    var reference = trial.reference
    reference.epilogue = .init(scale: -2, bias: [4, 60])
    #expect(reference.values() == [-6, 10])
    #expect(reference.entry(0, 1, 0, 0) == ReferenceEntry(value: 10, magnitude: 110))
    reference.epilogue.activation = .relu
    #expect(reference.values() == [0, 10])
  }

  @Test("The output as a whole is that element by element", arguments: ConvolutionVerificationTests.settings)
  func wholeAndEntries(setting: ConvolutionSetting) throws {
    let trial = try ConvolutionTrial(setting.with { $0.data = .integers })
    let sizes = trial.output.view.axes.sizes
    for (index, value) in trial.reference.values().enumerated() {
      let (q, p, plane) = (index % sizes[3], index / sizes[3] % sizes[2], index / (sizes[3] * sizes[2]))
      #expect(trial.reference.entry(plane / sizes[1], plane % sizes[1], p, q).value == value)
    }
  }

  @Test("The same seed gives the same numbers whatever the layout")
  func fills() throws {
    let shape = ConvolutionVerificationTests.shapes[2]
    let one = try ConvolutionTrial(ConvolutionSetting(shape) { $0.data = .uniform })
    let other = try ConvolutionTrial(
      ConvolutionSetting(shape) { ($0.data, $0.inputLayout, $0.weightLayout) = (.uniform, .nhwc, .hwio) })
    #expect(one.reference.values() == other.reference.values())
    #expect(one.input.bytes != other.input.bytes)
  }

  @Test("A trial sees what is written beyond the output, and a written operand", arguments: GuardedBuffer.Placement.allCases)
  func sideEffects(placement: GuardedBuffer.Placement) throws {
    let setting = ConvolutionSetting(ConvolutionVerificationTests.shapes[1]) { ($0.placement, $0.hasBias) = (placement, true) }
    let trial = try ConvolutionTrial(setting)
    #expect(trial.finding { _ in trial.reference.write(to: trial.output.view) } == nil)
    let beyond = placement == .flushWithEnd ? -1 : setting.shape.outputCount * 4
    trial.output.base.storeBytes(of: 0, toByteOffset: beyond, as: UInt8.self)
    #expect(trial.finding() == "\(setting): byte \(beyond) of the output was written, which is none of its elements")
    #expect(trial.finding { _ in } != nil)
    trial.weights.view[SIMD4(0, 0, 0, 0)] = -trial.weights.view[SIMD4(0, 0, 0, 0)]
    #expect(trial.finding { _ in trial.reference.write(to: trial.output.view) } == "\(setting): weights written")
  }
}
