import Tensors

/// A broken gradient: what a kernel with one typical defect would leave. A check that lets one pass is no check.
public struct GradientMutant: Sendable {
  public let name: String
  private let change: @Sendable (inout GradientReference) -> Void
  private let damage: @Sendable (inout [Double], SIMD4<Int>) -> Void

  private init(
    _ name: String, change: @escaping @Sendable (inout GradientReference) -> Void = { _ in },
    damage: @escaping @Sendable (inout [Double], SIMD4<Int>) -> Void = { _, _ in }
  ) {
    self.name = name
    self.change = change
    self.damage = damage
  }

  /// What it leaves, before rounding, in the order of `TensorView.values()`.
  private func values(_ reference: GradientReference) -> [Double] {
    var copy = reference
    change(&copy)
    var values = copy.entries().map(\.value)
    if !values.isEmpty { damage(&values, reference.axes(.nchw, .oihw).sizes) }
    return values
  }

  /// Whether the defect shows in this problem with a gradient of this type.
  public func shows(in reference: GradientReference, type: ElementType) -> Bool {
    zip(values(reference), reference.entries()).contains { type.rounded($0) != type.rounded($1.value) }
  }

  /// Writes the damaged gradient, rounded to its type.
  public func write(_ reference: GradientReference, to gradient: MutableTensorView) {
    let values = values(reference)
    var next = 0
    gradient.axes.forEachIndex {
      gradient[$0] = values[next]
      next += 1
    }
  }

  /// A mutant of another geometry; padding below and on the right is adapted so that the output keeps its size.
  private static func misplaced(_ name: String, _ change: @escaping @Sendable (inout ConvolutionShape) -> Void) -> GradientMutant
  {
    GradientMutant(name) {
      let (rows, columns) = ($0.shape.outputHeight, $0.shape.outputWidth)
      change(&$0.shape)
      let s = $0.shape
      $0.shape.padding.bottom =
        (rows - 1) * s.stride.height + (s.kernel.height - 1) * s.dilation.height + 1 - s.height - s.padding.top
      $0.shape.padding.right =
        (columns - 1) * s.stride.width + (s.kernel.width - 1) * s.dilation.width + 1 - s.width - s.padding.left
    }
  }

  /// Every mutant.
  public static let all = [
    misplaced("one row too much padding above") { $0.padding.top += 1 },
    misplaced("one column too little padding on the left") { $0.padding.left -= 1 },
    misplaced("padding above and on the left exchanged") { swap(&$0.padding.top, &$0.padding.left) },
    misplaced("dilation ignored") { $0.dilation = Extent(1) },
    misplaced("stride down ignored") { $0.stride.height = 1 },
    misplaced("stride across ignored") { $0.stride.width = 1 },
    misplaced("strides exchanged") { $0.stride = Extent(height: $0.stride.width, width: $0.stride.height) },
    GradientMutant("images of the output gradient read as if laid out otherwise") {
      let strides = $0.outputGradient.axes.strides
      let other = [ImageLayout.nchw, .nhwc].map { [shape = $0.shape] in TensorAxes.output(of: shape, $0).strides }
      $0.outputGradient.axes.strides = other.first { $0 != strides } ?? strides
    },
    GradientMutant("epilogue skipped") { $0.epilogue = .init() },
    GradientMutant("bias of the next channel") { $0.epilogue.bias = $0.epilogue.bias.map { Array($0[1...] + $0[..<1]) } },
    GradientMutant("kernel flipped") { values, sizes in
      flip(&values, sizes)
    },
    GradientMutant("last column not summed") { values, sizes in
      for index in values.indices where (index + 1) % sizes[3] == 0 { values[index] = 0 }
    },
    GradientMutant("last element of the first axis left out") { values, sizes in
      for index in values.count / sizes[0] * (sizes[0] - 1)..<values.count { values[index] = 0 }
    },
    GradientMutant("last channel of the second axis left out") { values, sizes in
      let plane = sizes[2] * sizes[3]
      for index in values.indices where index / plane % sizes[1] == sizes[1] - 1 { values[index] = 0 }
    },
    GradientMutant("added to what was there") { values, _ in
      for index in values.indices { values[index] += 1 }
    },
    GradientMutant("one element wrong") { values, _ in
      values[values.count / 2] += max(1, values[values.count / 2].magnitude / 16)
    },
  ]

  private init(_ name: String, _ damage: @escaping @Sendable (inout [Double], SIMD4<Int>) -> Void) {
    self.init(name, damage: damage)
  }

  /// Each plane turned by half a circle.
  private static func flip(_ values: inout [Double], _ sizes: SIMD4<Int>) {
    let plane = sizes[2] * sizes[3]
    let right = values
    for index in values.indices { values[index] = right[index / plane * plane + plane - 1 - index % plane] }
  }
}
