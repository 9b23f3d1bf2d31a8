import Oracle
import Tensors
import TestSupport
import Testing

@Suite("The gradients' reference")
struct GradientReferenceTests {
  static let shapes = [
    ConvolutionShape(inputChannels: 2, height: 5, width: 4, outputChannels: 3, kernel: Extent(3), padding: Padding(1)),
    ConvolutionShape(
      batch: 2, inputChannels: 4, height: 7, width: 8, outputChannels: 6, kernel: Extent(height: 2, width: 3), stride: Extent(2),
      padding: Padding(top: 1, bottom: 0, left: 2, right: 1), dilation: Extent(height: 2, width: 1), groups: 2),
    // A column of the kernel that meets padding alone.
    ConvolutionShape(
      inputChannels: 6, height: 5, width: 2, outputChannels: 3, kernel: Extent(height: 2, width: 3),
      stride: Extent(height: 1, width: 3),
      padding: Padding(top: 0, bottom: 0, left: 5, right: 3), dilation: Extent(height: 1, width: 2), groups: 3),
  ]

  /// Sum over all elements of the products of two tensors.
  private static func dot(_ left: TensorView, _ right: TensorView) -> Double {
    zip(left.values(), right.values()).reduce(0) { $0 + $1.0 * $1.1 }
  }

  @Test("Each gradient is adjoint to the forward pass", arguments: shapes, ImageLayout.allCases)
  func adjoint(shape: ConvolutionShape, layout: ImageLayout) throws {
    let setting = ConvolutionSetting(shape) { ($0.inputLayout, $0.outputLayout) = (layout, layout) }
    let forward = try ConvolutionTrial(setting, seed: 5)
    forward.reference.write(to: forward.output.view)
    for pass in [ConvolutionPass.backwardData, .backwardWeights] {
      let backward = try GradientTrial(setting, pass, seed: 9)
      // The same operand in both.
      let other = pass == .backwardData ? forward.weights : forward.input
      var reference = backward.reference
      reference.other = other.view.readOnly
      reference.write(to: backward.gradient.view)
      let expected = Self.dot(backward.outputGradient.view.readOnly, forward.output.view.readOnly)
      let varied = pass == .backwardData ? forward.input : forward.weights
      #expect(Self.dot(backward.gradient.view.readOnly, varied.view.readOnly) == expected)
    }
  }

  @Test("One element by itself is that of the whole, and a sample sees what is wrong everywhere", arguments: shapes)
  func single(shape: ConvolutionShape) throws {
    for pass in [ConvolutionPass.backwardData, .backwardWeights] {
      let trial = try GradientTrial(ConvolutionSetting(shape) { $0.hasBias = true }, pass)
      let entries = trial.reference.entries()
      var next = 0
      trial.gradient.view.axes.forEachIndex {
        #expect(trial.reference.entry($0) == entries[next])
        next += 1
      }
      trial.reference.write(to: trial.gradient.view)
      #expect(trial.reference.verify(trial.gradient.view.readOnly, tolerance: .exact, coverage: .sampled(seed: 2)).isPassed)
      for mutant in GradientMutant.all.dropLast() where mutant.shows(in: trial.reference, type: .float32) {
        mutant.write(trial.reference, to: trial.gradient.view)
        let verdict = trial.reference.verify(trial.gradient.view.readOnly, tolerance: .exact, coverage: .sampled(seed: 2))
        #expect(!verdict.isPassed, "\(mutant.name) passed")
      }
    }
  }
}
