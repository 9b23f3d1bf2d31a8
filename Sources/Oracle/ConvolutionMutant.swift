import Tensors

/// A broken convolution: what a kernel with one typical defect would leave in the output. A check that lets one pass is no check.
public struct ConvolutionMutant: Sendable {
  public let name: String
  /// What it leaves before rounding to the output's type, ordered as `ConvolutionReference.values()`; `nil` where nothing is written.
  let values: @Sendable (ConvolutionReference, ElementType) -> [Double?]

  /// Every mutant.
  public static let all = operandMutants + geometryMutants + epilogueMutants + precisionMutants + outputMutants
  /// Those along the depth of volumes.
  public static let ofVolumes = volumeMutants

  /// Whether the defect shows in this problem with an output of this type: a skipped bias does not where there is none.
  public func shows(in reference: ConvolutionReference, type: ElementType) -> Bool {
    zip(values(reference, type), reference.values()).contains { left, right in left.map(type.rounded) != type.rounded(right) }
  }

  /// Writes the damaged output, rounded to its type.
  public func write(_ reference: ConvolutionReference, to output: MutableTensorView) {
    let values = values(reference, output.type)
    var next = 0
    output.axes.forEachIndex { place in
      if let value = values[next] { output[place] = value }
      next += 1
    }
  }
}

/// A mutant that computes another convolution instead, with as many outputs.
private func wrong(_ name: String, change: @escaping @Sendable (inout ConvolutionReference) -> Void) -> ConvolutionMutant {
  ConvolutionMutant(name: name) { reference, _ in
    var copy = reference
    change(&copy)
    return copy.values()
  }
}

/// A mutant that does something else with each sum of products.
private func wrong(
  _ name: String, finish: @escaping @Sendable (ConvolutionReference, _ sum: Double, _ place: SIMD4<Int>) -> Double
) -> ConvolutionMutant {
  ConvolutionMutant(name: name) { reference, _ in
    var plain = reference
    plain.epilogue = .init()
    return zip(plain.values(), places(reference)).map { finish(reference, $0, $1) }
  }
}

/// A mutant that damages a correct output.
private func damaged(
  _ name: String, _ damage: @escaping @Sendable (inout [Double?], ConvolutionShape) -> Void
) -> ConvolutionMutant {
  ConvolutionMutant(name: name) { reference, _ in
    var values: [Double?] = reference.values()
    if !values.isEmpty { damage(&values, reference.shape) }
    return values
  }
}

/// All places of the output, in the order of its values.
private func places(_ reference: ConvolutionReference) -> [SIMD4<Int>] {
  var places: [SIMD4<Int>] = []
  TensorAxes.output(of: reference.shape, .nchw).forEachIndex { places.append($0) }
  return places
}

/// A mutant that convolves other numbers: `read` takes the element that is read to the value that is used.
private func misread(
  _ name: String, _ operand: WritableKeyPath<ConvolutionReference, TensorView> & Sendable,
  sized: @escaping @Sendable (inout ConvolutionShape) -> Void = { _ in },
  read: @escaping @Sendable (ConvolutionReference, SIMD4<Int>) -> Double
) -> ConvolutionMutant {
  ConvolutionMutant(name: name) { reference, _ in
    var copy = reference
    sized(&copy.shape)
    let isInput = operand == \.input
    let axes = isInput ? TensorAxes.input(of: copy.shape, .nchw) : .weights(of: copy.shape, .oihw)
    var values: [Double] = []
    axes.forEachIndex { values.append(read(reference, $0)) }
    // One more than needed: an empty array has no address.
    return (values + [0]).withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return [] }
      copy[keyPath: operand] = TensorView(base: base, type: .float64, axes: axes)
      return copy.values()
    }
  }
}

private let operandMutants: [ConvolutionMutant] =
  [
    misread("kernel flipped", \.weights) { reference, place in
      let kernel = reference.shape.kernel
      return reference.weights[SIMD4(place[0], place[1], kernel.height - 1 - place[2], kernel.width - 1 - place[3])]
    },
    misread("kernel transposed", \.weights) { reference, place in
      let flat = place[3] * reference.shape.kernel.height + place[2]
      return reference.weights[
        SIMD4(place[0], place[1], flat / reference.shape.kernel.width, flat % reference.shape.kernel.width)]
    },
    misread("last channel dropped", \.weights) { reference, place in
      place[1] == reference.shape.channelsPerGroup - 1 ? 0 : reference.weights[place]
    },
    misread("last row of the kernel dropped", \.weights) { reference, place in
      place[2] == reference.shape.kernel.height - 1 ? 0 : reference.weights[place]
    },
    misread("the next group's channels", \.input) { reference, place in
      let channel = (place[1] + reference.shape.channelsPerGroup) % reference.shape.inputChannels
      return reference.input[SIMD4(place[0], channel, place[2], place[3])]
    },
    misread("the first image for every image", \.input) { reference, place in
      reference.input[SIMD4(0, place[1], place[2], place[3])]
    },
    misread("height and width of the input exchanged", \.input) { reference, place in
      let flat = place[3] * reference.shape.height + place[2]
      return reference.input[SIMD4(place[0], place[1], flat / reference.shape.width, flat % reference.shape.width)]
    },
    misread("nearest pixel in place of zero", \.input, sized: { enclosePadding(&$0) }) { reference, place in
      let shape = reference.shape
      let y = max(0, min(shape.height - 1, place[2] - shape.padding.top))
      let x = max(0, min(shape.width - 1, place[3] - shape.padding.left))
      return reference.input[SIMD4(place[0], place[1], y, x)]
    },
    misread("rows run on in place of zero", \.input, sized: { enclosePadding(&$0) }) { reference, place in
      let shape = reference.shape
      let flat = (place[2] - shape.padding.top) * shape.width + place[3] - shape.padding.left
      if !(0..<shape.height * shape.width).contains(flat) { return 0 }
      return reference.input[SIMD4(place[0], place[1], flat / shape.width, flat % shape.width)]
    },
  ]
  + ImageLayout.allCases.map { layout in
    wrong("input read as \(layout.rawValue)") { $0.input.axes.strides = TensorAxes.input(of: $0.shape, layout).strides }
  }
  + WeightLayout.allCases.map { layout in
    wrong("weights read as \(layout.rawValue)") { $0.weights.axes.strides = TensorAxes.weights(of: $0.shape, layout).strides }
  }

/// The padding becomes part of the image.
private func enclosePadding(_ shape: inout ConvolutionShape) {
  shape.height += shape.padding.top + shape.padding.bottom
  shape.width += shape.padding.left + shape.padding.right
  shape.padding = Padding(0)
}

/// A mutant that convolves with another geometry; padding behind, below and to the right is adapted so that the output keeps its size.
private func misplaced(_ name: String, change: @escaping @Sendable (inout ConvolutionShape) -> Void) -> ConvolutionMutant {
  wrong(name) {
    let (slices, rows, columns) = ($0.shape.outputDepth, $0.shape.outputHeight, $0.shape.outputWidth)
    change(&$0.shape)
    let shape = $0.shape
    $0.shape.padding.back =
      (slices - 1) * shape.stride.depth + (shape.kernel.depth - 1) * shape.dilation.depth + 1 - shape.depth - shape.padding.front
    $0.shape.padding.bottom =
      (rows - 1) * shape.stride.height + (shape.kernel.height - 1) * shape.dilation.height + 1 - shape.height - shape.padding.top
    $0.shape.padding.right =
      (columns - 1) * shape.stride.width + (shape.kernel.width - 1) * shape.dilation.width + 1 - shape.width - shape.padding.left
  }
}

private let geometryMutants: [ConvolutionMutant] = [
  misplaced("one row too much padding above") { $0.padding.top += 1 },
  misplaced("one column too little padding on the left") { $0.padding.left -= 1 },
  misplaced("padding below taken for above") { $0.padding.top = $0.padding.bottom },
  misplaced("padding on the right taken for the left") { $0.padding.left = $0.padding.right },
  misplaced("padding above and on the left exchanged") { swap(&$0.padding.top, &$0.padding.left) },
  misplaced("dilation ignored") { $0.dilation = Extent(1) },
  misplaced("dilations exchanged") { $0.dilation = Extent(height: $0.dilation.width, width: $0.dilation.height) },
  misplaced("stride down ignored") { $0.stride.height = 1 },
  misplaced("stride across ignored") { $0.stride.width = 1 },
  misplaced("strides exchanged") { $0.stride = Extent(height: $0.stride.width, width: $0.stride.height) },
]

private let volumeMutants: [ConvolutionMutant] = [
  misplaced("one slice too much padding in front") { $0.padding.front += 1 },
  misplaced("padding at the back taken for that in front") { $0.padding.front = $0.padding.back },
  misplaced("stride along the depth ignored") { $0.stride.depth = 1 },
  misplaced("dilation along the depth ignored") { $0.dilation.depth = 1 },
  misplaced("last slice of the kernel left out") { if $0.kernel.depth > 1 { $0.dilation.depth = $0.depth + $0.padding.front } },
  damaged("last slice not written") { values, shape in
    let (slice, volume) = (shape.outputHeight * shape.outputWidth, shape.outputDepth * shape.outputHeight * shape.outputWidth)
    for index in values.indices where index % volume >= volume - slice { values[index] = nil }
  },
]

private let epilogueMutants: [ConvolutionMutant] = [
  wrong("epilogue skipped") { $0.epilogue = .init() },
  wrong("scale skipped") { $0.epilogue.scale = 1 },
  wrong("bias skipped") { $0.epilogue.bias = nil },
  wrong("activation skipped") { $0.epilogue.activation = .none },
  wrong("bias scaled") {
    let scale = $0.epilogue.scale
    $0.epilogue.bias = $0.epilogue.bias?.map { $0 * scale }
  },
  wrong("bias of the next channel") { $0.epilogue.bias = $0.epilogue.bias.map { Array($0[1...] + $0[..<1]) } },
  wrong("bias by pixel") { reference, sum, place in
    let pixel = place[2] * reference.shape.outputWidth + place[3]
    return reference.finish(sum, pixel % reference.shape.outputChannels, reference.firstIndex(place[0], place[1]) + pixel)
  },
  wrong("activation before the bias") { reference, sum, place in
    let bias = reference.epilogue.bias?[place[1]] ?? 0
    let scaled = reference.epilogue.scale * sum
    return reference.epilogue.activation(scaled) + bias
  },
  wrong("residual skipped") { $0.epilogue.residual = nil },
  wrong("residual of the next element") {
    $0.epilogue.residual = $0.epilogue.residual.flatMap { $0.isEmpty ? nil : Array($0[1...] + $0[..<1]) }
  },
  wrong("residual scaled") {
    let scale = $0.epilogue.scale
    $0.epilogue.residual = $0.epilogue.residual?.map { $0 * scale }
  },
]

private let precisionMutants: [ConvolutionMutant] = [
  ConvolutionMutant(name: "rounded towards zero") { reference, type in
    reference.values().map { type == .bfloat16 ? Double(Float(bitPattern: Float($0).bitPattern & 0xFFFF_0000)) : $0 }
  },
  ConvolutionMutant(name: "sums kept in bfloat16") { reference, _ in
    if reference.input.type != .bfloat16 { return reference.values() }
    return places(reference).map { place in
      var sum = 0.0
      reference.forEachTerm(place[0], place[1], place[2], place[3]) { sum = ElementType.bfloat16.rounded(sum + $0) }
      let first = reference.firstIndex(place[0], place[1])
      return reference.finish(sum, place[1], first + place[2] * reference.shape.outputWidth + place[3])
    }
  },
]

private let outputMutants: [ConvolutionMutant] = [
  damaged("last column not written") { values, shape in
    for index in values.indices where (index + 1) % shape.outputWidth == 0 { values[index] = nil }
  },
  damaged("last row not written") { values, shape in
    let plane = shape.outputHeight * shape.outputWidth
    for index in values.indices where index % plane >= plane - shape.outputWidth { values[index] = nil }
  },
  damaged("last output channel not written") { values, shape in
    let (plane, image) = (shape.outputHeight * shape.outputWidth, values.count / shape.batch)
    for index in values.indices where index % image >= image - plane { values[index] = nil }
  },
  damaged("last image not written") { values, shape in
    for index in values.count / shape.batch * (shape.batch - 1)..<values.count { values[index] = nil }
  },
  damaged("one element beyond the first row written") { values, shape in
    if values.count > shape.outputWidth { values[shape.outputWidth] = 3.25 }
  },
  damaged("output channels and pixels exchanged") { values, shape in
    let (plane, channels) = (shape.outputHeight * shape.outputWidth, shape.outputChannels)
    let right = values
    for index in values.indices {
      let (image, k, pixel) = (index / (plane * channels), index / plane % channels, index % plane)
      values[image * plane * channels + pixel * channels + k] = right[index]
    }
  },
  damaged("two tiles exchanged") { values, _ in
    let count = min(4, values.count / 2)
    for index in 0..<count { values.swapAt(index, values.count - count + index) }
  },
  damaged("one element wrong") { values, _ in
    let middle = values.count / 2
    values[middle] = values[middle].map { $0 + max(1, $0.magnitude / 16) }
  },
]
