import Tensors

/// Four sizes and the steps in elements along them: of images (image, channel, row, column), of weights (output channel, input
/// channel of the group, row, column). The rows of a volume, or of a kernel with depth, are those of all its slices.
public struct TensorAxes: Sendable, Hashable {
  public var sizes: SIMD4<Int>
  public var strides: SIMD4<Int>

  /// Without gaps; `order` lists the axes from the one with the largest step to the one with step 1.
  private init(_ sizes: SIMD4<Int>, order: [Int]) {
    self.sizes = sizes
    strides = SIMD4(repeating: 0)
    var step = 1
    for axis in order.reversed() {
      strides[axis] = step
      step *= sizes[axis]
    }
  }

  private init(images sizes: SIMD4<Int>, _ layout: ImageLayout) {
    self.init(sizes, order: layout == .nchw ? [0, 1, 2, 3] : [0, 2, 3, 1])
  }

  public static func input(of shape: ConvolutionShape, _ layout: ImageLayout) -> TensorAxes {
    TensorAxes(images: SIMD4(shape.batch, shape.inputChannels, shape.inputRows, shape.width), layout)
  }

  public static func output(of shape: ConvolutionShape, _ layout: ImageLayout) -> TensorAxes {
    TensorAxes(images: SIMD4(shape.batch, shape.outputChannels, shape.outputRows, shape.outputWidth), layout)
  }

  public static func weights(of shape: ConvolutionShape, _ layout: WeightLayout) -> TensorAxes {
    let sizes = SIMD4(shape.outputChannels, shape.channelsPerGroup, shape.kernelRows, shape.kernel.width)
    return switch layout {
    case .oihw: TensorAxes(sizes, order: [0, 1, 2, 3])
    case .ohwi: TensorAxes(sizes, order: [0, 2, 3, 1])
    case .hwio: TensorAxes(sizes, order: [2, 3, 1, 0])
    }
  }

  /// One element for each channel, such as a bias.
  public static func channels(_ count: Int) -> TensorAxes {
    TensorAxes(SIMD4(1, count, 1, 1), order: [0, 1, 2, 3])
  }

  public var count: Int { sizes[0] * sizes[1] * sizes[2] * sizes[3] }

  func offset(_ index: SIMD4<Int>) -> Int { (index &* strides).wrappedSum() }

  /// Calls `body` with every index, the last axis fastest.
  package func forEachIndex(_ body: (SIMD4<Int>) -> Void) {
    for i in 0..<sizes[0] {
      for j in 0..<sizes[1] {
        for y in 0..<sizes[2] {
          for x in 0..<sizes[3] { body(SIMD4(i, j, y, x)) }
        }
      }
    }
  }
}

/// Images or weights in memory, read element by element as `Double`. Unchecked: the memory must be large enough, and kept alive
/// by the caller or by the `owner`.
public struct TensorView {
  public var base: UnsafeRawPointer
  public var type: ElementType
  public var axes: TensorAxes
  /// Lives as long as the view.
  public var owner: AnyObject?

  public init(base: UnsafeRawPointer, type: ElementType, axes: TensorAxes, owner: AnyObject? = nil) {
    self.base = base
    self.type = type
    self.axes = axes
    self.owner = owner
  }

  /// The exact value of an element: every element type is a subset of `Double`.
  public subscript(index: SIMD4<Int>) -> Double { plane(index[0], index[1])[index[2], index[3]] }

  /// All elements, the last axis fastest.
  public func values() -> [Double] {
    (0..<axes.sizes[0]).flatMap { values($0, 0..<axes.sizes[1]) }
  }

  /// The planes `second` of one index along the first axis, row after row.
  func values(_ first: Int, _ second: Range<Int>) -> [Double] {
    let (height, width) = (axes.sizes[2], axes.sizes[3])
    return [Double](unsafeUninitializedCapacity: second.count * height * width) { buffer, initialized in
      for (row, start) in stride(from: 0, to: buffer.count, by: max(width, 1)).enumerated() where height > 0 {
        plane(first, second.lowerBound + row / height)
          .readRow(row % height, into: UnsafeMutableBufferPointer(rebasing: buffer[start..<start + width]))
      }
      initialized = second.count * height * width
    }
  }

  private func plane(_ first: Int, _ second: Int) -> MatrixView {
    MatrixView(
      base: base + axes.offset(SIMD4(first, second, 0, 0)) * type.byteCount, type: type,
      layout: MatrixLayout(
        rows: axes.sizes[2], columns: axes.sizes[3], rowStride: axes.strides[2], columnStride: axes.strides[3]))
  }
}

/// Images or weights in memory that are written too. Unchecked, as `TensorView`.
public struct MutableTensorView {
  public let base: UnsafeMutableRawPointer
  public let type: ElementType
  public let axes: TensorAxes
  public let owner: AnyObject?

  public init(base: UnsafeMutableRawPointer, type: ElementType, axes: TensorAxes, owner: AnyObject? = nil) {
    self.base = base
    self.type = type
    self.axes = axes
    self.owner = owner
  }

  public var readOnly: TensorView { TensorView(base: base, type: type, axes: axes, owner: owner) }

  /// Writing rounds to the element type: to nearest, ties to even.
  public subscript(index: SIMD4<Int>) -> Double {
    get { flat[0, axes.offset(index)] }
    nonmutating set { flat[0, axes.offset(index)] = newValue }
  }

  /// Fills every element; the same numbers for a seed, whatever the layout.
  public func fill(_ fill: Fill, seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    let flat = flat
    axes.forEachIndex { flat[0, axes.offset($0)] = fill.next(&generator) }
  }

  /// All memory as one row.
  private var flat: MutableMatrixView {
    MutableMatrixView(base: base, type: type, layout: .rowMajor(rows: 1, columns: axes.count))
  }
}
