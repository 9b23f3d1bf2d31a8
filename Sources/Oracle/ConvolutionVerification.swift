import Tensors

extension ConvolutionReference {
  /// Compares an output with the definition.
  ///
  /// Cost: all multiplications for `whole`, `sampled` 1/32 of them, or twice those of a depthwise convolution.
  public func verify(_ output: TensorView, tolerance: Tolerance = .statistical, coverage: Coverage = .automatic) -> Verdict {
    precondition(
      output.axes.sizes == TensorAxes.output(of: shape, .nchw).sizes, "the output has the sizes \(output.axes.sizes) in \(shape)")
    if shape.outputCount <= 0 { return .passed(checked: 0) }
    let judge = ConvolutionJudge(reference: self, output: output, tolerance: tolerance)
    let multiplications = Double(shape.outputCount) * Double(depth)
    if let seed = coverage.sampleSeed(multiplications: multiplications) { return judge.verifySample(seed: seed) }
    return judge.verifyAll()
  }
}

/// One output, its bound and the comparisons with it.
struct ConvolutionJudge {
  let reference: ConvolutionReference
  let output: TensorView
  let bound: ErrorBound

  init(reference: ConvolutionReference, output: TensorView, tolerance: Tolerance) {
    self.reference = reference
    self.output = output
    var bound = ErrorBound(
      tolerance, depth: reference.depth, inputType: reference.input.type, type: output.type,
      factor: reference.epilogue.scale.magnitude)
    (bound.tileStep, bound.sliceRows) = (reference.shape.dilation, max(reference.shape.outputHeight, 1))
    self.bound = bound
  }

  /// `nil` if the element is right.
  func check(_ place: SIMD4<Int>) -> Mismatch? {
    bound.mismatch(output[place], at: place, sizes: output.axes.sizes) { reference.entry($0[0], $0[1], $0[2], $0[3]) }
  }

  func verifyAll() -> Verdict {
    let columns = reference.shape.outputWidth
    var wrong: Mismatch?
    reference.forEachPlane { n, k, sums in
      let found = output.values(n, k..<k + 1)
      let first = reference.firstIndex(n, k)
      for (place, sum) in sums.enumerated() where !bound.isSurelyWithin(found[place], reference.finish(sum, k, first + place)) {
        wrong = check(SIMD4(n, k, place / columns, place % columns))
        if wrong != nil { return false }
      }
      return true
    }
    return wrong.map(Verdict.failed) ?? .passed(checked: reference.shape.outputCount)
  }

  func verifySample(seed: UInt64) -> Verdict {
    var generator = SplitMix64(seed: seed)
    let last = output.axes.sizes &- 1
    // The corners of the first and the last image in the first and the last channel.
    var places = (0..<16).map { corner in last &* SIMD4(corner >> 3 & 1, corner >> 2 & 1, corner >> 1 & 1, corner & 1) }
    for _ in 0..<Coverage.sampleCount(isLinear: reference.epilogue.activation.isLinear) {
      places.append(SIMD4((0..<4).map { Int.random(in: 0...last[$0], using: &generator) }))
    }
    for place in places {
      if let mismatch = check(place) { return .failed(mismatch) }
    }
    if reference.epilogue.activation.isLinear, let mismatch = ChannelSums(judge: self, generator: &generator).firstMismatch() {
      return .failed(mismatch)
    }
    return .passed(checked: places.count)
  }
}
