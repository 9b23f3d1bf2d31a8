import Oracle
import Tensors
import Workloads

/// Input, weights and output of one convolution in memory, or in the backward passes the gradient of the one that is computed and of the output:
/// those that are read random in (-1, 1) without zeros, the result to be written and NaN until then. Each starts at a multiple of 64 bytes and has no
/// gaps.
public final class ConvolutionOperands: Operands {
  public let shape: ConvolutionShape
  /// Of input and output.
  public let layout: ImageLayout
  public let pass: ConvolutionPass
  public let format: NumericFormat
  public let input: UnsafeMutableRawPointer
  public let weights: UnsafeMutableRawPointer
  public let output: UnsafeMutableRawPointer

  private let memory: OperandMemory

  /// - Throws: `BenchError.outOfMemory`, also for more than the machine has.
  public init(
    shape: ConvolutionShape, layout: ImageLayout, pass: ConvolutionPass = .forward, format: NumericFormat, seed: UInt64
  ) throws(BenchError) {
    self.shape = shape
    self.layout = layout
    self.pass = pass
    self.format = format
    let counts = [shape.inputCount, shape.weightCount, shape.outputCount]
    let result = Self.result(of: pass)
    memory = try OperandMemory(
      byteCounts: counts.enumerated().map {
        $1 * ($0 == result ? format.outputElement : format.inputElement).byteCount
      })
    (input, weights, output) = (memory[0], memory[1], memory[2])
    for tensor in 0..<3 where tensor != result {
      let seeds = [seed, ~seed, seed &+ 1]
      MutableTensorView(base: memory[tensor], type: format.inputElement, axes: axes(tensor)).fill(.uniform, seed: seeds[tensor])
    }
  }

  /// Its place among input, weights and output.
  private static func result(of pass: ConvolutionPass) -> Int {
    switch pass {
    case .forward: 2
    case .backwardData: 0
    case .backwardWeights: 1
    }
  }

  private func axes(_ tensor: Int) -> TensorAxes {
    switch tensor {
    case 0: .input(of: shape, layout)
    case 1: .weights(of: shape, weightLayout)
    default: .output(of: shape, layout)
    }
  }

  public var inputType: ElementType { format.inputElement }
  public var outputType: ElementType { format.outputElement }
  /// As is usual beside the images' layout.
  public var weightLayout: WeightLayout { layout.weights }
  public var byteCount: Int { memory.byteCount }

  public func poisonResult() { memory.poison(Self.result(of: pass)) }

  public func verify(tolerance: Tolerance) -> Verdict {
    let result = Self.result(of: pass)
    func view(_ tensor: Int) -> TensorView {
      TensorView(base: memory[tensor], type: tensor == result ? outputType : inputType, axes: axes(tensor))
    }
    if pass == .forward {
      return ConvolutionReference(shape: shape, input: view(0), weights: view(1)).verify(view(2), tolerance: tolerance)
    }
    let other = view(pass == .backwardData ? 1 : 0)
    return GradientReference(shape: shape, pass: pass, outputGradient: view(2), other: other)
      .verify(view(result), tolerance: tolerance)
  }
}

extension ImageLayout {
  /// How weights usually lie beside such images.
  public var weights: WeightLayout { self == .nchw ? .oihw : .hwio }
}
