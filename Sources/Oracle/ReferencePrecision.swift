/// How accurately products of fp32 numbers are formed: as such, or of one, two or three parts in bfloat16.
public enum ReferencePrecision: Int, Sendable, Hashable, CaseIterable {
  case full, bfloat16x1, bfloat16x2, bfloat16x3

  /// Products that are summed for one.
  var productCount: Int { self == .full ? 1 : rawValue * (rawValue + 1) / 2 }

  /// The error of a product relative to it, beside that of its summation.
  ///
  /// Each part is the bfloat16 nearest to what the ones before have left, of 8 digits: one part leaves at most 2^-8 of a number, two 2^-17, three
  /// nothing. Left out are the products that an operand's rest would make, and those of parts i and j, from 0, with i + j >= n.
  var productError: Double {
    switch self {
    case .full: 0
    case .bfloat16x1: 0x1p-7 + 0x1p-16
    case .bfloat16x2: 1.01 * 0x1p-15
    case .bfloat16x3: 1.01 * 0x1p-24
    }
  }
}
