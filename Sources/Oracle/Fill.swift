import Tensors

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014): the same numbers from a seed
/// everywhere.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) {
    state = seed
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// What an operand is filled with. None yields a zero: a product with zeros hides defects and may run faster.
public enum Fill: Sendable, Hashable {
  /// Integers from -limit to limit without 0: with `limit` from `integers(depth:)`, every sum of products is exact.
  case integers(limit: Int)
  /// Uniform in (-1, 1), in steps of 2^-23 before rounding to the element type.
  case uniform

  /// Integers so small that sums of `depth` products are exact in float32 in any order, with room for a factor of 8 in alpha,
  /// beta and an epilogue. `depth` up to 2^21.
  public static func integers(depth: Int) -> Fill {
    precondition(depth <= 1 << 21, "exact sums need a depth up to 2^21, found \(depth)")
    let limit = (Double(1 << 21) / Double(max(depth, 1))).squareRoot()
    return .integers(limit: max(1, min(8, Int(limit))))
  }

  func next(_ generator: inout SplitMix64) -> Double {
    let bits = generator.next()
    switch self {
    case .integers(let limit):
      let magnitude = Int((bits >> 1) % UInt64(limit)) + 1
      return Double(bits & 1 == 0 ? magnitude : -magnitude)
    case .uniform:
      // Odd multiples of 2^-24, so that zero is not among them.
      return Double(Int64(bits >> 40) * 2 - 0xFF_FFFF) * 0x1p-24
    }
  }
}

extension MutableMatrixView {
  /// Fills every element (not the gaps between rows); the same numbers for a seed, whatever the layout.
  public func fill(_ fill: Fill, seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    for row in 0..<max(rows, 0) { writeRow(row) { fill.next(&generator) } }
  }
}

/// Bytes 0xFF: a NaN in every element type. What reads it shows in the result, what writes over it is found by `disturbance`.
public enum Poison {
  public static let byte: UInt8 = 0xFF

  /// Fills `memory` with NaN of every type.
  public static func fill(_ memory: UnsafeMutableRawBufferPointer) {
    memory.initializeMemory(as: UInt8.self, repeating: byte)
  }

  /// The byte offset of the first byte of `memory` outside the matrix that is no poison any more; `nil` if all are.
  ///
  /// - Parameter origin: the byte offset of element (0, 0) in `memory`.
  public static func disturbance(
    in memory: UnsafeRawBufferPointer, outside layout: MatrixLayout, type: ElementType, origin: Int = 0
  ) -> Int? {
    var live = [Bool](repeating: false, count: memory.count)
    for row in 0..<max(layout.rows, 0) {
      for column in 0..<max(layout.columns, 0) {
        let start = origin + (row * layout.rowStride + column * layout.columnStride) * type.byteCount
        for byte in start..<start + type.byteCount { live[byte] = true }
      }
    }
    return memory.indices.first { !live[$0] && memory[$0] != byte }
  }
}
