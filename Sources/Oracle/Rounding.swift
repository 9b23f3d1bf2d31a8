import Tensors

// bfloat16 is decoded and encoded here once more, from its definition, because `Tensors.BFloat16` is among what is judged.

/// The exact value of a bfloat16 bit pattern.
func widened(_ bits: UInt16) -> Double {
  Double(Float(bitPattern: UInt32(bits) << 16))
}

/// The bit pattern of the bfloat16 nearest to `value`, ties to even.
func narrowed(_ value: Double) -> UInt16 {
  // What `rounded` returns is a bfloat16 already, so that the low half of the Float is zero.
  UInt16(truncatingIfNeeded: Float(ElementType.bfloat16.rounded(value)).bitPattern >> 16)
}

extension ElementType {
  /// The largest relative error of one rounding to nearest: half a unit in the last place of 1.
  public var unitRoundoff: Double {
    switch self {
    case .float32: 0x1p-24
    case .bfloat16: 0x1p-8
    case .float64: 0x1p-53
    }
  }

  /// The smallest positive number that keeps all its digits.
  public var leastNormal: Double {
    switch self {
    case .float32, .bfloat16: 0x1p-126
    case .float64: 0x1p-1022
    }
  }

  /// The type that sums of this type's products are kept in.
  public var accumulator: ElementType {
    self == .float64 ? .float64 : .float32
  }

  /// The value of this type nearest to `value`, ties to even; beyond the largest finite one, infinity.
  public func rounded(_ value: Double) -> Double {
    switch self {
    case .float64: return value
    case .float32: return Double(Float(value))
    case .bfloat16:
      if !value.isFinite || value == 0 { return value }
      // Seven fraction bits below the leading one, but never finer than the spacing of the denormals.
      let unit = Double(sign: .plus, exponent: max(value.exponent, -126) - 7, significand: 1)
      let nearest = (value / unit).rounded(.toNearestOrEven) * unit
      return nearest.magnitude < 0x1p128 ? nearest : value * .infinity
    }
  }
}
