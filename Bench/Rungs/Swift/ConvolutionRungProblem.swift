import CRungs
public import Tensors

/// A single-precision convolution without gaps: NCHW images with OIHW weights, or NHWC images with HWIO weights.
///
/// Pointers are to the first elements, unchecked. The output is written, not read.
public struct ConvolutionRungProblem {
  public var shape: ConvolutionShape
  /// Of input and output; the weights' follows from it.
  public var layout: ImageLayout
  public var input, weights: UnsafePointer<Float>
  public var output: UnsafeMutablePointer<Float>
  /// `columnCount(of: shape)` elements for the rungs by im2col, which overwrite them; the others need none.
  public var columns: UnsafeMutablePointer<Float>?

  public init(
    shape: ConvolutionShape, layout: ImageLayout, input: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>, columns: UnsafeMutablePointer<Float>? = nil
  ) {
    self.shape = shape
    self.layout = layout
    self.input = input
    self.weights = weights
    self.output = output
    self.columns = columns
  }

  /// The elements of the matrix that im2col makes of one image.
  public static func columnCount(of shape: ConvolutionShape) -> Int {
    shape.inputChannels * shape.kernel.height * shape.kernel.width * shape.outputHeight * shape.outputWidth
  }
}

extension TextbookRung<ConvolutionRungProblem> {
  /// Whether `ConvolutionRungProblem.columns` must be there.
  public var needsColumns: Bool { name.hasPrefix("im2col") }

  /// The call that is timed: what it needs beside the operands is allocated now, and freed with the closure.
  public func bind(_ problem: ConvolutionRungProblem) -> () -> Void {
    let run = run
    if !needsColumns || problem.columns != nil { return { run(problem) } }
    let columns = Columns(count: ConvolutionRungProblem.columnCount(of: problem.shape))
    return {
      var problem = problem
      problem.columns = columns.elements
      withExtendedLifetime(columns) { run(problem) }
    }
  }
}

/// Memory for the matrix that im2col makes; touched once, so that no call pays for its pages.
private final class Columns {
  let elements: UnsafeMutablePointer<Float>

  init(count: Int) {
    elements = .allocate(capacity: max(1, count))
    elements.initialize(repeating: 0, count: max(1, count))
  }

  deinit { elements.deallocate() }
}

extension ConvolutionRungProblem: TextbookProblem {
  public static var rungs: [ConvolutionRung] {
    cRows.compactMap { row in
      row.convolve.flatMap { convolve in
        ConvolutionRung(row: row) { problem in
          var problem = rung_convolution(problem)
          convolve(&problem)
        }
      }
    } + swiftConvolutions
  }
}

extension rung_convolution {
  fileprivate init(_ problem: ConvolutionRungProblem) {
    let shape = problem.shape
    self.init(
      n: Int64(shape.batch), c: Int64(shape.inputChannels), h: Int64(shape.height), w: Int64(shape.width),
      k: Int64(shape.outputChannels), r: Int64(shape.kernel.height), s: Int64(shape.kernel.width), p: Int64(shape.outputHeight),
      q: Int64(shape.outputWidth), stride_h: Int64(shape.stride.height), stride_w: Int64(shape.stride.width),
      dilation_h: Int64(shape.dilation.height), dilation_w: Int64(shape.dilation.width), groups: Int64(shape.groups),
      top: Int64(shape.padding.top), left: Int64(shape.padding.left), channels_last: problem.layout == .nhwc,
      input: problem.input, weights: problem.weights, output: problem.output, columns: problem.columns)
  }
}
