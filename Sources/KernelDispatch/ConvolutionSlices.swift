import CKernels
import Tensors

/// The axis along which volumes are cut.
struct DepthAxis {
  let size: Int
  let kernel: Int
  let stride: Int
  let dilation: Int
  /// May be negative.
  let padding: Int
  let outputs: Int

  /// Slices of the output that meet the same slices of the kernel, all of them inside the volume: images of one 2-D convolution.
  struct Run {
    /// The first slice of the output, and how many there are.
    let first: Int
    let count: Int
    /// The first slice of the kernel, and how many there are.
    let tap: Int
    let taps: Int
    /// The slice of the input that the first of both meet.
    let input: Int
  }

  /// Those that meet anything. Cost: by the size of the kernel.
  var runs: [Run] {
    var (runs, output): ([Run], Int) = ([], 0)
    while output < outputs {
      let start = output * stride - padding
      if start >= size { break }
      let tap = start < 0 ? min(kernel, (-start - 1) / dilation + 1) : 0
      let end = min(kernel, (size - 1 - start) / dilation + 1)
      // The last start of which both are true.
      let last = min(tap > 0 ? -(tap - 1) * dilation - 1 : Int.max / 2, size - 1 - (end - 1) * dilation)
      let next = min(outputs, (last + padding) / stride + 1)
      if tap < end {
        runs.append(Run(first: output, count: next - output, tap: tap, taps: end - tap, input: start + tap * dilation))
      }
      output = next
    }
    return runs
  }

  /// Of one slice of the kernel, those of the output that meet the volume with it.
  func run(tap: Int) -> Run {
    let start = tap * dilation - padding
    let first = start < 0 ? (-start - 1) / stride + 1 : 0
    let end = start < size ? min(outputs, (size - 1 - start) / stride + 1) : 0
    return Run(first: first, count: max(0, end - first), tap: tap, taps: 1, input: first * stride + start)
  }
}

/// A 2-D convolution of slices of volumes by their strides.
struct SlicedConvolution {
  /// Of the slices; `batch`: volumes.
  var shape: ConvolutionShape
  /// Rows and columns of a slice of the output.
  var outputs: Extent
  var axis: DepthAxis
  var input: ImageStrides
  var weights: WeightStrides
  var output: ImageStrides
  var offsets = ck_conv_offsets()

  /// Elements from one volume to the next, and from one of its images to the next.
  typealias Step = (volume: Int64, slice: Int64)

  /// A convolution for each run of slices that meet the same slices of the kernel.
  func problems(_ descriptor: ConvolutionDescriptor) -> [ConvolutionProblem] {
    axis.runs.map { run in
      var part = self
      part.offsets.input += Int64(run.input) * input.slice
      part.offsets.weights += Int64(run.tap) * weights.slice
      part.offsets.output += Int64(run.first) * output.slice
      return ConvolutionProblem(part, run, descriptor)
    }
  }

  /// Of the gradient of the weights, one for each slice of the kernel.
  func gradientProblems(_ descriptor: ConvolutionDescriptor) -> [ConvolutionProblem] {
    (0..<axis.kernel).map { tap in
      let run = axis.run(tap: tap)
      var part = self
      // Without a slice no operand is read.
      if run.count > 0 {
        part.offsets.input += Int64(run.input) * input.slice
        part.offsets.weights += Int64(run.first) * output.slice
      }
      part.offsets.output += Int64(tap) * weights.slice
      var problem = ConvolutionProblem(part, run, descriptor)
      problem.isUnmet = run.count == 0
      return problem
    }
  }

  /// Leaves out the rows that a kernel of one row steps over, and the columns of channels that are adjacent: of an image whose rows (columns) are so
  /// much further apart.
  mutating func skipUnmet() {
    // Kernels of depthwise convolution, and of narrow groups, step over them.
    if shape.groups > 1 { return }
    let padding = shape.padding
    if shape.kernel.height == 1 && padding.top == 0 && padding.bottom == 0 {
      input.row *= Int64(shape.stride.height)
      (shape.height, shape.stride.height) = (outputs.height, 1)
    }
    if shape.kernel.width == 1 && padding.left == 0 && padding.right == 0 && input.channel == 1 {
      input.column *= Int64(shape.stride.width)
      (shape.width, shape.stride.width) = (outputs.width, 1)
    }
  }

  /// Takes the columns of a kernel as large as its stride for channels, which are then adjacent: of an image channels first its own channels become
  /// slices, of which there must be few, as each is a plan of the weights' gradient.
  mutating func foldColumns() {
    let (columns, channels) = (shape.kernel.width, shape.inputChannels)
    let isCut =
      columns > 1 && (shape.stride.width == columns || outputs.width == 1) && shape.dilation.width == 1 && shape.padding.left == 0
      && outputs.width * columns == shape.width
    guard isCut, shape.groups == 1, channels > 0, axis.size == 1, axis.kernel == 1, axis.outputs == 1 else { return }
    if input.column == Int64(channels) * input.channel && weights.column == Int64(channels) * weights.input {
      shape.inputChannels *= columns
    } else if input.column == 1 && channels < columns && channels <= Self.mostFoldedSlices {
      axis = DepthAxis(size: channels, kernel: channels, stride: 1, dilation: 1, padding: 0, outputs: 1)
      shape.inputChannels = columns
      (input.slice, weights.slice) = (input.channel, weights.input)
      (input.channel, weights.input) = (input.column, weights.column)
    } else {
      return
    }
    input.column *= Int64(columns)
    weights.column *= Int64(columns)
    (shape.width, shape.kernel.width, shape.stride.width, shape.padding.right) = (outputs.width, 1, 1, 0)
  }

  private static let mostFoldedSlices = 8

  /// A run as images: where the slices of all volumes are equally far apart, each is a volume of its own.
  func images(_ run: DepthAxis.Run) -> (perVolume: Int64, input: Step, output: Step) {
    let (count, between, outputBetween) = (Int64(run.count), Int64(axis.stride) * input.slice, output.slice)
    let isEven = input.volume == count * between && output.volume == count * outputBetween
    if count > 1 && (shape.batch == 1 || isEven) { return (1, (between, 0), (outputBetween, 0)) }
    return (max(1, count), (input.volume, between), (output.volume, outputBetween))
  }
}
