import Tensors

/// An element of a result before it is rounded to the result's type, and the sum of the magnitudes of all its terms, to which its
/// error is proportional.
public struct ReferenceEntry: Sendable, Equatable {
  public var value: Double
  public var magnitude: Double

  public init(value: Double, magnitude: Double) {
    self.value = value
    self.magnitude = magnitude
  }
}

/// How far an element of a result may lie from its exact value: before its rounding to the result's type, `relative` times its
/// magnitude plus `absolute`.
struct ErrorBound {
  /// Up to which operands the allowance for flushed denormals is enough.
  static let largestBFloat16Operand = 0x1p8

  /// Of the result.
  let type: ElementType
  let relative: Double
  let absolute: Double
  /// Magnitudes are those of whole tiles, of so many elements along each axis,
  var tileSize: Int
  /// which are so many rows and columns apart, outputs of a dilated convolution, and lie in one slice of so many rows.
  var tileStep = Extent(1)
  var sliceRows = Int.max

  /// - Parameters:
  ///   - depth: the number of products in a sum.
  ///   - inputType: of the operands.
  ///   - type: of the result.
  ///   - factor: what the sums are multiplied with.
  ///   - precision: of fp32 products.
  init(
    _ tolerance: Tolerance, depth: Int, inputType: ElementType, type: ElementType, factor: Double,
    precision: ReferencePrecision = .full
  ) {
    self.type = type
    tileSize = tolerance.tileSize
    if tolerance == .exact {
      relative = 0
      absolute = 0
      return
    }
    let depth = Double(depth * precision.productCount)
    let roundings = (tolerance == .proven ? depth : min(depth, 8 * depth.squareRoot())) + 10 + tolerance.transformRoundings
    let accumulator = inputType.accumulator
    // The reference is summed in Double and has an error of its own.
    relative = roundings * (accumulator.unitRoundoff + ElementType.float64.unitRoundoff) * 1.01 + precision.productError
    // Underflow, once per term: the spacing of the denormals. VDPBF16PS takes denormal operands and results for zero, whatever
    // the mode, so that a term may lose the least normal number times the other operand.
    let spacing = accumulator.leastNormal * 2 * accumulator.unitRoundoff
    let lost = inputType == .bfloat16 || precision != .full ? accumulator.leastNormal * Self.largestBFloat16Operand : spacing
    // VCVTNEPS2BF16 takes a denormal for zero as well.
    absolute = (depth + 10) * lost * max(1, factor) + (type == .bfloat16 ? type.leastNormal : 0)
  }

  /// `nil` if the element is right. The bound is on the unrounded value; rounding is monotonic, so it may be applied to both its
  /// ends.
  func mismatch(_ found: Double, _ entry: ReferenceEntry, at place: Mismatch.Place) -> Mismatch? {
    let bound = entry.magnitude.isFinite ? relative * entry.magnitude + absolute : 0
    if entry.value.isNaN ? found.isNaN : isWithin(found, entry.value, bound) { return nil }
    return Mismatch(place: place, found: found, expected: entry.value, bound: bound)
  }

  /// The same, by the largest magnitude in the element's tile.
  ///
  /// - Parameters:
  ///   - index: of the element: image, channel, row, column.
  ///   - sizes: of the result.
  ///   - entry: its reference, and those of its neighbours.
  func mismatch(_ found: Double, at index: SIMD4<Int>, sizes: SIMD4<Int>, entry: (SIMD4<Int>) -> ReferenceEntry) -> Mismatch? {
    let place = Mismatch.Place.pixel(n: index[0], k: index[1], p: index[2], q: index[3])
    var own = entry(index)
    guard let alone = mismatch(found, own, at: place) else { return nil }
    if tileSize == 1 { return alone }
    let slice = index[2] / sliceRows * sliceRows
    for rowOfSlice in tile(of: index[2] - slice, step: tileStep.height, size: min(sliceRows, sizes[2])) {
      let row = slice + rowOfSlice
      for column in tile(of: index[3], step: tileStep.width, size: sizes[3]) {
        let neighbour = entry(SIMD4(index[0], index[1], row, column)).magnitude
        guard neighbour > own.magnitude else { continue }
        own.magnitude = neighbour
        if mismatch(found, own, at: place) == nil { return nil }
      }
    }
    return mismatch(found, own, at: place)
  }

  /// Along one axis, the places that share a tile with `place`.
  private func tile(of place: Int, step: Int, size: Int) -> StrideTo<Int> {
    let first = place / step / tileSize * tileSize * step + place % step
    return stride(from: first, to: min(first + tileSize * step, size), by: step)
  }

  func isWithin(_ found: Double, _ expected: Double, _ bound: Double) -> Bool {
    type.rounded(expected - bound) <= found && found <= type.rounded(expected + bound)
  }

  /// No element's magnitude is below its value's, but for the ends of a clamp, which are exact: what is within this needs no magnitude worked out.
  func isSurelyWithin(_ found: Double, _ value: Double) -> Bool {
    isWithin(found, value, relative * value.magnitude)
  }

  /// How far rounding to the result's type may have moved a value that became `found`.
  func outputRounding(_ found: Double) -> Double {
    type == .bfloat16 ? type.unitRoundoff * 1.01 * found.magnitude : 0
  }
}
