import Tensors

/// A convolution by its definition (`ConvolutionShape`), in Double: activation(scale * convolution + bias + residual).
///
/// Padding adds no term: it is not multiplied, even with an infinite weight.
public struct ConvolutionReference {
  /// What follows the convolution.
  public struct Epilogue: Sendable, Equatable {
    public var scale: Double
    /// One value for each output channel; `nil`: none.
    public var bias: [Double]?
    /// One value for each element, in the order of `ConvolutionReference.values()`; `nil`: none.
    public var residual: [Double]?
    public var activation: ReferenceActivation

    public init(
      scale: Double = 1, bias: [Double]? = nil, residual: [Double]? = nil, activation: ReferenceActivation = .none
    ) {
      self.scale = scale
      self.bias = bias
      self.residual = residual
      self.activation = activation
    }
  }

  public var shape: ConvolutionShape
  /// image, channel, row, column
  public var input: TensorView
  /// output channel, input channel of its group, row, column
  public var weights: TensorView
  public var epilogue: Epilogue

  public init(shape: ConvolutionShape, input: TensorView, weights: TensorView, epilogue: Epilogue = .init()) {
    precondition(
      input.axes.sizes == TensorAxes.input(of: shape, .nchw).sizes, "the input has the sizes \(input.axes.sizes) in \(shape)")
    precondition(
      weights.axes.sizes == TensorAxes.weights(of: shape, .oihw).sizes,
      "the weights have the sizes \(weights.axes.sizes) in \(shape)")
    precondition(
      epilogue.bias.map { $0.count == shape.outputChannels } ?? true,
      "a bias has a value for each of \(shape.outputChannels) channels")
    self.shape = shape
    self.input = input
    self.weights = weights
    self.epilogue = epilogue
  }

  /// The most products that an element sums; fewer at the border.
  public var depth: Int { shape.reductionDepth }
}

extension ConvolutionReference.Epilogue {
  /// Of the sum of products of element `index`, in channel `k`.
  func value(_ sum: Double, _ k: Int, _ index: Int) -> Double {
    activation(scale * sum + (bias?[k] ?? 0) + (residual?[index] ?? 0))
  }

  /// The magnitude of that of such a sum, by the magnitudes of its terms.
  func growth(_ magnitude: Double, _ k: Int, _ index: Int) -> Double {
    activation.growth * (scale.magnitude * magnitude + (bias?[k].magnitude ?? 0) + (residual?[index].magnitude ?? 0))
  }
}

extension ConvolutionShape {
  /// The products in a sum where no padding is met.
  public var reductionDepth: Int { channelsPerGroup * kernelRows * kernel.width }

  /// Rows of all slices, one slice after another.
  var inputRows: Int { depth * height }
  var outputRows: Int { outputDepth * outputHeight }
  var kernelRows: Int { kernel.depth * kernel.height }

  /// The row of the input that row `p` of the output meets with row `r` of the kernel; `nil`: padding.
  func inputRow(_ p: Int, _ r: Int) -> Int? {
    let slice = p / outputHeight * stride.depth + r / kernel.height * dilation.depth - padding.front
    let row = p % outputHeight * stride.height + r % kernel.height * dilation.height - padding.top
    return (0..<depth).contains(slice) && (0..<height).contains(row) ? slice * height + row : nil
  }

  var channelsPerOutputGroup: Int { groups == 0 ? 0 : outputChannels / groups }

  /// The input channels that output channel `k` sums over.
  func inputChannels(for k: Int) -> Range<Int> {
    let first = k / channelsPerOutputGroup * channelsPerGroup
    return first..<first + channelsPerGroup
  }
}

extension ConvolutionReference {
  /// Output channel `k` of image `n` at row `p` and column `q`. Cost: `depth` multiplications.
  public func entry(_ n: Int, _ k: Int, _ p: Int, _ q: Int) -> ReferenceEntry {
    var sum = 0.0
    var magnitude = 0.0
    forEachTerm(n, k, p, q) { term in
      sum += term
      magnitude += term.magnitude
    }
    let index = firstIndex(n, k) + p * shape.outputWidth + q
    return ReferenceEntry(
      value: finish(sum, k, index),
      magnitude: epilogue.growth(magnitude, k, index))
  }

  /// The products of one sum, channel after channel.
  func forEachTerm(_ n: Int, _ k: Int, _ p: Int, _ q: Int, _ body: (Double) -> Void) {
    for (channel, c) in shape.inputChannels(for: k).enumerated() {
      for r in 0..<shape.kernelRows {
        guard let y = shape.inputRow(p, r) else { continue }
        for s in 0..<shape.kernel.width {
          let x = q * shape.stride.width + s * shape.dilation.width - shape.padding.left
          if !(0..<shape.width).contains(x) { continue }
          body(input[SIMD4(n, c, y, x)] * weights[SIMD4(k, channel, r, s)])
        }
      }
    }
  }

  /// The whole output: image after image, in each channel after channel, in each row after row.
  public func values() -> [Double] {
    var result: [Double] = []
    result.reserveCapacity(shape.outputCount)
    forEachPlane { _, k, sums in
      for sum in sums { result.append(finish(sum, k, result.count)) }
      return true
    }
    return result
  }

  /// Writes the correct output, rounded once to its type.
  public func write(to output: MutableTensorView) {
    let columns = shape.outputWidth
    forEachPlane { n, k, sums in
      for (place, sum) in sums.enumerated() {
        output[SIMD4(n, k, place / columns, place % columns)] = finish(sum, k, firstIndex(n, k) + place)
      }
      return true
    }
  }

  /// Where a plane of the output begins among all values.
  func firstIndex(_ n: Int, _ k: Int) -> Int { (n * shape.outputChannels + k) * shape.outputRows * shape.outputWidth }

  /// The epilogue on the sum of products of element `index`, with the bias of channel `k`.
  func finish(_ sum: Double, _ k: Int, _ index: Int) -> Double { epilogue.value(sum, k, index) }

  /// Calls `body` with the sums of products of each output channel of each image, row after row, until it returns false.
  func forEachPlane(_ body: (_ n: Int, _ k: Int, _ sums: [Double]) -> Bool) {
    let channels = shape.channelsPerOutputGroup
    if shape.outputCount <= 0 { return }
    let weights = weights.values()
    for n in 0..<shape.batch {
      for group in 0..<shape.groups {
        let image = input.values(n, shape.inputChannels(for: group * channels))
        for k in group * channels..<(group + 1) * channels {
          if !body(n, k, shape.plane(image, weights[k * depth..<(k + 1) * depth])) { return }
        }
      }
    }
  }
}

extension ConvolutionShape {
  /// One output plane: the sums of products of one group's channels of an image with the weights of one output channel, both
  /// channel after channel, in each row after row.
  func plane(_ image: [Double], _ weights: ArraySlice<Double>) -> [Double] {
    let rows = (0..<kernelRows).map { r in (0..<outputRows).compactMap { p in inputRow(p, r).map { (output: p, input: $0) } } }
    let columns = (0..<kernel.width).map(columnTaps)
    var sums = [Double](repeating: 0, count: outputRows * outputWidth)
    sums.withUnsafeMutableBufferPointer { sums in
      image.withUnsafeBufferPointer { image in
        guard let image = image.baseAddress, let sums = sums.baseAddress else { return }
        var tap = weights.startIndex
        for c in 0..<channelsPerGroup {
          for pairs in rows {
            for horizontal in columns {
              for (p, y) in pairs {
                addMultiple(
                  weights[tap], of: image + (c * inputRows + y) * width + horizontal.place(horizontal.outputs.lowerBound),
                  step: stride.width,
                  to: sums + p * outputWidth + horizontal.outputs.lowerBound, count: horizontal.outputs.count)
              }
              tap += 1
            }
          }
        }
      }
    }
    return sums
  }

  /// Where column `s` of the kernel meets a row of the image.
  func columnTaps(_ s: Int) -> Taps {
    Taps(outputWidth, width, step: stride.width, offset: s * dilation.width - padding.left)
  }
}

/// Where one place of the kernel meets the image along one axis.
struct Taps {
  /// Those outputs whose place lies in the image.
  let outputs: Range<Int>
  private let step: Int
  private let offset: Int

  init(_ count: Int, _ size: Int, step: Int, offset: Int) {
    self.step = step
    self.offset = offset
    let inside = (0..<count).filter { (0..<size).contains($0 * step + offset) }
    outputs = inside.first.map { $0..<$0 + inside.count } ?? 0..<0
  }

  func place(_ output: Int) -> Int { output * step + offset }
}

/// sums[j] += factor * values[j * step]
private func addMultiple(
  _ factor: Double, of values: UnsafePointer<Double>, step: Int, to sums: UnsafeMutablePointer<Double>, count: Int
) {
  if step == 1 {
    addMultiple(
      factor, of: UnsafeBufferPointer(start: values, count: count), to: UnsafeMutableBufferPointer(start: sums, count: count))
  } else {
    for j in 0..<count { sums[j] += factor * values[j &* step] }
  }
}
