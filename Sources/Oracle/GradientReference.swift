import Tensors

/// A gradient of a convolution by its definition, in Double: each product of the forward pass adds one to an element of the gradient.
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
  /// On the gradient of the input; a bias has a value for each input channel, a residual one for each element.
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
      ? shape.channelsPerOutputGroup * shape.kernelRows * shape.kernel.width
      : shape.batch * shape.outputRows * shape.outputWidth
  }

  /// All elements before rounding, in the order of `TensorView.values()`, each with the magnitudes of its terms. Cost: twice all multiplications.
  public func entries() -> [ReferenceEntry] {
    let others = pass == .backwardData ? TensorAxes.weights(of: shape, .oihw) : .input(of: shape, .nchw)
    precondition(
      outputGradient.axes.sizes == TensorAxes.output(of: shape, .nchw).sizes && other.axes.sizes == others.sizes,
      "operands of \(outputGradient.axes.sizes) and \(other.axes.sizes) in \(shape)")
    let sizes = axes(.nchw, .oihw).sizes
    var sums = [Double](repeating: 0, count: sizes[0] * sizes[1] * sizes[2] * sizes[3])
    var magnitudes = sums
    let (gradient, factors) = (outputGradient.values(), other.values())
    sums.withUnsafeMutableBufferPointer { sums in
      magnitudes.withUnsafeMutableBufferPointer { magnitudes in
        gradient.withUnsafeBufferPointer { gradient in
          factors.withUnsafeBufferPointer { factors in
            forEachRun { run in
              for i in 0..<run.count {
                let input = run.input + i * shape.stride.width
                let (to, from) = pass == .backwardData ? (input, run.weight) : (run.weight, input)
                let term = gradient[run.output + i] * factors[from]
                sums[to] += term
                magnitudes[to] += term.magnitude
              }
            }
          }
        }
      }
    }
    let plane = max(sizes[2] * sizes[3], 1)
    return sums.indices.map { finished(sums[$0], magnitudes[$0], channel: $0 / plane % sizes[1], index: $0) }
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

  /// Products of one weight with inputs `stride.width` apart, for outputs side by side; places are counted in the order of
  /// `TensorView.values()`.
  private struct Run {
    var input, weight, output, count: Int
  }

  /// Calls `body` with runs that hold each product of the forward pass once. A run may be empty; its places then mean nothing.
  private func forEachRun(_ body: (Run) -> Void) {
    let (rows, columns) = (shape.outputRows, shape.outputWidth)
    let taps = (0..<shape.kernel.width).map(shape.columnTaps)
    for n in 0..<shape.batch {
      for k in 0..<shape.outputChannels {
        for (channel, c) in shape.inputChannels(for: k).enumerated() {
          let weights = (k * shape.channelsPerGroup + channel) * shape.kernelRows
          let (image, plane) = ((n * shape.inputChannels + c) * shape.inputRows, (n * shape.outputChannels + k) * rows)
          for r in 0..<shape.kernelRows {
            for p in 0..<rows {
              guard let y = shape.inputRow(p, r) else { continue }
              for (s, tap) in taps.enumerated() {
                let first = tap.outputs.lowerBound
                body(
                  Run(
                    input: (image + y) * shape.width + tap.place(first), weight: (weights + r) * shape.kernel.width + s,
                    output: (plane + p) * columns + first, count: tap.outputs.count))
              }
            }
          }
        }
      }
    }
  }
}

extension ConvolutionShape {
  /// The row of the output that meets row `y` of the input with row `r` of the kernel; `nil`: none.
  fileprivate func outputRow(_ y: Int, _ r: Int) -> Int? {
    let slice = y / height + padding.front - r / kernel.height * dilation.depth
    let row = y % height + padding.top - r % kernel.height * dilation.height
    let (d, p) = (slice / stride.depth, row / stride.height)
    let isMet = slice == d * stride.depth && row == p * stride.height
    return isMet && (0..<outputDepth).contains(d) && (0..<outputHeight).contains(p) ? d * outputHeight + p : nil
  }
}

extension GradientReference {
  /// One element before rounding, whose place is counted in the order of `TensorView.values()`. Cost: `depth` multiplications.
  package func entry(_ place: SIMD4<Int>) -> ReferenceEntry {
    var (sum, magnitude) = (0.0, 0.0)
    func add(_ gradient: SIMD4<Int>, _ from: SIMD4<Int>) {
      let term = outputGradient[gradient] * other[from]
      sum += term
      magnitude += term.magnitude
    }
    if pass == .backwardData {
      let (n, c, y, x) = (place[0], place[1], place[2], place[3])
      let group = c / shape.channelsPerGroup
      for k in group * shape.channelsPerOutputGroup..<(group + 1) * shape.channelsPerOutputGroup {
        for r in 0..<shape.kernelRows {
          guard let p = shape.outputRow(y, r) else { continue }
          for s in 0..<shape.kernel.width {
            let (q, rest) = (x + shape.padding.left - s * shape.dilation.width).quotientAndRemainder(
              dividingBy: shape.stride.width)
            if rest == 0 && (0..<shape.outputWidth).contains(q) {
              add(SIMD4(n, k, p, q), SIMD4(k, c % shape.channelsPerGroup, r, s))
            }
          }
        }
      }
    } else {
      let (k, channel, r, s) = (place[0], place[1], place[2], place[3])
      let c = shape.inputChannels(for: k).lowerBound + channel
      for n in 0..<shape.batch {
        for p in 0..<shape.outputRows {
          guard let y = shape.inputRow(p, r) else { continue }
          for q in 0..<shape.outputWidth {
            let x = q * shape.stride.width + s * shape.dilation.width - shape.padding.left
            if (0..<shape.width).contains(x) { add(SIMD4(n, k, p, q), SIMD4(n, c, y, x)) }
          }
        }
      }
    }
    let sizes = axes(.nchw, .oihw).sizes
    let index = ((place[0] * sizes[1] + place[1]) * sizes[2] + place[2]) * sizes[3] + place[3]
    return finished(sum, magnitude, channel: place[1], index: index)
  }

  private func finished(_ sum: Double, _ magnitude: Double, channel: Int, index: Int) -> ReferenceEntry {
    ReferenceEntry(value: epilogue.value(sum, channel, index), magnitude: epilogue.growth(magnitude, channel, index))
  }

  /// Inputs so far apart meet the same places of the kernel at outputs a step apart: what a tile of them holds.
  private var phaseStep: Extent {
    func step(_ stride: Int, _ dilation: Int) -> Int {
      var (a, b) = (stride, dilation)
      while b != 0 { (a, b) = (b, a % b) }
      return stride / a * dilation
    }
    return Extent(height: step(shape.stride.height, shape.dilation.height), width: step(shape.stride.width, shape.dilation.width))
  }

  /// Compares a gradient with the definition. Cost: that of `entries` for `whole`, which `automatic` is up to 2^27 multiplications; `sampled` looks at
  /// the corners and at 256 random elements. Who compares several gradients of the same operands hands their `entries` over, made once; they are asked
  /// for only where all are compared.
  public func verify(
    _ gradient: TensorView, tolerance: Tolerance = .statistical, coverage: Coverage = .automatic,
    entries known: (() -> [ReferenceEntry])? = nil
  ) -> Verdict {
    let sizes = axes(.nchw, .oihw).sizes
    precondition(gradient.axes.sizes == sizes, "the gradient has the sizes \(gradient.axes.sizes) in \(shape)")
    var bound = ErrorBound(
      tolerance, depth: depth, inputType: outputGradient.type, type: gradient.type, factor: epilogue.scale.magnitude)
    if pass == .backwardData && bound.tileSize > 1 {
      (bound.tileStep, bound.sliceRows) = (phaseStep, max(shape.height, 1))
    } else if bound.tileSize > 1 {
      // All weights of a pair of channels are made of the same sums.
      (bound.tileSize, bound.sliceRows) = (max(shape.kernel.height, shape.kernel.width), max(shape.kernel.height, 1))
    }
    if let seed = coverage.sampleSeed(multiplications: Double(gradient.axes.count) * Double(depth)), gradient.axes.count > 0 {
      let places = sample(sizes, seed: seed)
      for place in places {
        if let wrong = bound.mismatch(gradient[place], at: place, sizes: sizes, entry: entry) { return .failed(wrong) }
      }
      return .passed(checked: places.count)
    }
    let (found, entries) = (gradient.values(), known?() ?? entries())
    precondition(entries.count == found.count, "\(entries.count) entries for \(found.count) elements")
    for (index, entry) in entries.enumerated() where !bound.isSurelyWithin(found[index], entry.value) {
      let (plane, column) = index.quotientAndRemainder(dividingBy: sizes[3])
      let place = SIMD4(plane / sizes[2] / sizes[1], plane / sizes[2] % sizes[1], plane % sizes[2], column)
      let wrong = bound.mismatch(found[index], at: place, sizes: sizes) {
        entries[(($0[0] * sizes[1] + $0[1]) * sizes[2] + $0[2]) * sizes[3] + $0[3]]
      }
      if let wrong { return .failed(wrong) }
    }
    return .passed(checked: found.count)
  }

  /// The corners, and random places.
  private func sample(_ sizes: SIMD4<Int>, seed: UInt64) -> [SIMD4<Int>] {
    var generator = SplitMix64(seed: seed)
    let last = sizes &- 1
    let corners = (0..<16).map { corner in last &* SIMD4(corner >> 3 & 1, corner >> 2 & 1, corner >> 1 & 1, corner & 1) }
    return corners
      + (0..<Coverage.sampleCount(isLinear: true)).map { _ in
        SIMD4((0..<4).map { Int.random(in: 0...last[$0], using: &generator) })
      }
  }
}
