import Oracle
import Tensors
import Workloads

/// Input, weights and output of one convolution in memory: input and weights random in (-1, 1) without zeros, the output to be written and NaN
/// until then. Each starts at a multiple of 64 bytes and has no gaps.
public final class ConvolutionOperands: Operands {
  public let shape: ConvolutionShape
  /// Of input and output.
  public let layout: ImageLayout
  public let format: NumericFormat
  public let input: UnsafeRawPointer
  public let weights: UnsafeRawPointer
  public let output: UnsafeMutableRawPointer

  private let memory: OperandMemory

  /// - Throws: `BenchError.outOfMemory`, also for more than the machine has.
  public init(shape: ConvolutionShape, layout: ImageLayout, format: NumericFormat, seed: UInt64) throws(BenchError) {
    self.shape = shape
    self.layout = layout
    self.format = format
    let (input, output) = (format.inputElement, format.outputElement)
    memory = try OperandMemory(byteCounts: [
      shape.inputCount * input.byteCount, shape.weightCount * input.byteCount, shape.outputCount * output.byteCount,
    ])
    self.input = UnsafeRawPointer(memory[0])
    weights = UnsafeRawPointer(memory[1])
    self.output = memory[2]
    MutableTensorView(base: memory[0], type: input, axes: .input(of: shape, layout)).fill(.uniform, seed: seed)
    MutableTensorView(base: memory[1], type: input, axes: .weights(of: shape, layout.weights)).fill(.uniform, seed: ~seed)
  }

  public var inputType: ElementType { format.inputElement }
  public var outputType: ElementType { format.outputElement }
  /// As is usual beside the images' layout.
  public var weightLayout: WeightLayout { layout.weights }
  public var byteCount: Int { memory.byteCount }

  public func poisonResult() { memory.poison(2) }

  public func verify() -> Verdict {
    let reference = ConvolutionReference(
      shape: shape, input: TensorView(base: input, type: inputType, axes: .input(of: shape, layout)),
      weights: TensorView(base: weights, type: inputType, axes: .weights(of: shape, weightLayout)))
    return reference.verify(TensorView(base: output, type: outputType, axes: .output(of: shape, layout)))
  }
}

extension ImageLayout {
  /// How weights usually lie beside such images.
  public var weights: WeightLayout { self == .nchw ? .oihw : .hwio }
}
