/// How accurately products of fp32 numbers are formed: as such, or of one, two or three parts in bfloat16.
public enum ReferencePrecision: Int, Sendable, Hashable, CaseIterable {
  case full, bfloat16x1, bfloat16x2, bfloat16x3

  /// Products that are summed for one.
  var productCount: Int { self == .full ? 1 : rawValue * (rawValue + 1) / 2 }

  /// The error of a product relative to it, beside that of its summation.
  ///
  /// Each part is the bfloat16 nearest to what the ones before have left, so that n parts leave at most u^n of a number, u = 2^-9. Left out are the
  /// products that this makes of an operand's rest, and those of parts i and j with i + j >= n.
  var productError: Double {
    let u = 0x1p-9
    switch self {
    case .full: return 0
    case .bfloat16x1: return 2 * u + u * u
    case .bfloat16x2: return 3 * u * u * (1 + 4 * u)
    case .bfloat16x3: return 4 * u * u * u * (1 + 4 * u)
    }
  }
}
