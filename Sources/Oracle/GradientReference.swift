import Tensors

/// A gradient of a 2-D convolution by its definition, in Double: each product of the forward pass adds one to an element of the gradient.
///
/// Padding adds no term, as in `ConvolutionReference`.
public struct GradientReference {
  public var shape: ConvolutionShape
  /// `backwardData` or `backwardWeights`.
  public var pass: ConvolutionPass
  /// Of the output: image, output channel, row, column.
  public var outputGradient: TensorView
  /// What the other operand of the forward pass was: the weights for the gradient of the input, the input for that of the weights.
  public var other: TensorView
  /// On the gradient of the input; a bias has a value for each input channel.
  public var epilogue: ConvolutionReference.Epilogue

  public init(
    shape: ConvolutionShape, pass: ConvolutionPass, outputGradient: TensorView, other: TensorView,
    epilogue: ConvolutionReference.Epilogue = .init()
  ) {
    precondition(pass != .forward, "the forward pass has no gradient: see ConvolutionReference")
    self.shape = shape
    self.pass = pass
    self.outputGradient = outputGradient
    self.other = other
    self.epilogue = epilogue
  }

  /// Sizes of the gradient: image, input channel, row, column, or output channel, input channel of its group, row, column.
  public func axes(_ images: ImageLayout, _ weights: WeightLayout) -> TensorAxes {
    pass == .backwardData ? .input(of: shape, images) : .weights(of: shape, weights)
  }

  /// The most products that an element sums.
  public var depth: Int {
    pass == .backwardData
      ? shape.channelsPerOutputGroup * shape.kernel.height * shape.kernel.width
      : shape.batch * shape.outputHeight * shape.outputWidth
  }

  /// All elements before rounding, in the order of `TensorView.values()`, each with the magnitudes of its terms. Cost: twice all multiplications.
  public func entries() -> [ReferenceEntry] {
    let sizes = axes(.nchw, .oihw).sizes
    var sums = [Double](repeating: 0, count: sizes[0] * sizes[1] * sizes[2] * sizes[3])
    var magnitudes = sums
    let (gradient, others) = (outputGradient.values(), other.values())
    forEachProduct { input, weight, output in
      let (to, from) = pass == .backwardData ? (input, weight) : (weight, input)
      let term = gradient[output] * others[from]
      sums[to] += term
      magnitudes[to] += term.magnitude
    }
    let plane = max(sizes[2] * sizes[3], 1)
    return sums.indices.map { index in
      let bias = epilogue.bias?[index / plane % sizes[1]] ?? 0
      let magnitude = epilogue.scale.magnitude * magnitudes[index] + bias.magnitude
      return ReferenceEntry(
        value: epilogue.activation(epilogue.scale * sums[index] + bias), magnitude: epilogue.activation.growth * magnitude)
    }
  }

  /// Writes the correct gradient, rounded once to its type.
  public func write(to gradient: MutableTensorView) {
    let entries = entries()
    var next = 0
    gradient.axes.forEachIndex {
      gradient[$0] = entries[next].value
      next += 1
    }
  }

  /// Calls `body` with the places of input, weight and output of every product of the forward pass, each counted in the order of
  /// `TensorView.values()`.
  private func forEachProduct(_ body: (_ input: Int, _ weight: Int, _ output: Int) -> Void) {
    let (rows, columns) = (shape.outputHeight, shape.outputWidth)
    for n in 0..<shape.batch {
      for k in 0..<shape.outputChannels {
        for (channel, c) in shape.inputChannels(for: k).enumerated() {
          let weights = (k * shape.channelsPerGroup + channel) * shape.kernel.height
          let (image, plane) = ((n * shape.inputChannels + c) * shape.height, (n * shape.outputChannels + k) * rows)
          for r in 0..<shape.kernel.height {
            for p in 0..<rows {
              let y = p * shape.stride.height + r * shape.dilation.height - shape.padding.top
              if !(0..<shape.height).contains(y) { continue }
              for s in 0..<shape.kernel.width {
                let start = s * shape.dilation.width - shape.padding.left
                for q in 0..<columns where (0..<shape.width).contains(q * shape.stride.width + start) {
                  body(
                    (image + y) * shape.width + q * shape.stride.width + start, (weights + r) * shape.kernel.width + s,
                    (plane + p) * columns + q)
                }
              }
            }
          }
        }
      }
    }
  }
}

extension GradientReference {
  /// Compares a gradient with the definition. Cost: that of `entries`.
  public func verify(_ gradient: TensorView, tolerance: Tolerance = .statistical) -> Verdict {
    let sizes = axes(.nchw, .oihw).sizes
    precondition(gradient.axes.sizes == sizes, "the gradient has the sizes \(gradient.axes.sizes) in \(shape)")
    let bound = ErrorBound(
      tolerance, depth: depth, inputType: outputGradient.type, type: gradient.type, factor: epilogue.scale.magnitude)
    let found = gradient.values()
    for (index, entry) in entries().enumerated() where !bound.isSurelyWithin(found[index], entry.value) {
      let (plane, column) = index.quotientAndRemainder(dividingBy: sizes[3])
      let place = Mismatch.Place.pixel(
        n: plane / sizes[2] / sizes[1], k: plane / sizes[2] % sizes[1], p: plane % sizes[2], q: column)
      if let mismatch = bound.mismatch(found[index], entry, at: place) { return .failed(mismatch) }
    }
    return .passed(checked: found.count)
  }
}
