import Tensors

/// A way to run a product: a family of micro-kernels and what is done to the operands first.
public struct Variant: Sendable, Hashable {
  public let name: String
  public let family: Family
  public let packsA: Bool
  public let packsB: Bool
  /// Whether bf16 operands become fp32 panels: bf16 by emulation, on any instruction set.
  public let widens: Bool
  /// Levels of Strassen's algorithm, which multiplies fewer times and has another error bound: where the descriptor allows so many.
  public let strassenLevels: Int
  /// Whether fp32 operands become bf16 panels in parts, whose products are less accurate: where the descriptor allows it.
  public let splits: Bool
  public let summary: String

  private init(
    name: String, family: Family, packsA: Bool, packsB: Bool, widens: Bool = false, strassenLevels: Int = 0,
    splits: Bool = false, summary: String
  ) {
    self.name = name
    self.family = family
    self.packsA = packsA
    self.packsB = packsB
    self.widens = widens
    self.strassenLevels = strassenLevels
    self.splits = splits
    self.summary = summary
  }

  /// Whether it packs what a micro-kernel can read only when packed, and nothing that one reads only where it lies: bf16 that is packed is better
  /// widened then.
  func packs(for kernel: Microkernel) -> Bool {
    if kernel.family == .outer && kernel.types.a == .bfloat16 { return !packsA && !packsB }
    return (packsA || !kernel.packedA) && (packsB || !kernel.packedB)
  }

  /// The techniques it can use. SIMD depends on the micro-kernel.
  public var techniques: TechniqueSet {
    var all: TechniqueSet = [.cacheBlocking, .registerTile, .simd, .threads]
    if packsA || packsB { all.insert(.packing) }
    return all
  }

  /// Every variant. A row here is all that dispatch needs to consider one.
  static let all = [
    Variant(
      name: "outer.direct", family: .outer, packsA: false, packsB: false,
      summary: "both operands where they lie"),
    Variant(
      name: "outer.packed-b", family: .outer, packsA: false, packsB: true,
      summary: "panels of B; A where it lies"),
    Variant(
      name: "outer.packed", family: .outer, packsA: true, packsB: true,
      summary: "panels of A and B"),
    Variant(
      name: "outer.strassen", family: .outer, packsA: true, packsB: true, strassenLevels: 1,
      summary: "7 products of halves instead of 8: panels of sums of A and of B"),
    Variant(
      name: "outer.strassen2", family: .outer, packsA: true, packsB: true, strassenLevels: 2,
      summary: "49 products of quarters instead of 64"),
    Variant(
      name: "outer.widened", family: .outer, packsA: true, packsB: true, widens: true,
      summary: "bf16 widened to fp32 panels: exact products, fp32 sums, one rounding on store"),
    Variant(
      name: "pair.packed-b", family: .pair, packsA: false, packsB: true,
      summary: "bf16 pairs: panels of B; pairs of A where they lie"),
    Variant(
      name: "pair.packed", family: .pair, packsA: true, packsB: true,
      summary: "bf16 pairs: panels of A and B"),
    Variant(
      name: "pair.split", family: .pair, packsA: true, packsB: true, splits: true,
      summary: "fp32 as the sum of one, two or three bf16: 1, 3 or 6 products in bf16, fp32 sums"),
    Variant(
      name: "matrix.packed-b", family: .matrix, packsA: false, packsB: true,
      summary: "bf16 by tile registers: panels of B; rows of A where they lie"),
    Variant(
      name: "matrix.packed", family: .matrix, packsA: true, packsB: true,
      summary: "bf16 by tile registers: panels of A and B"),
    Variant(
      name: "dot.direct", family: .dot, packsA: false, packsB: false,
      summary: "few rows against a transposed B, both where they lie"),
  ]
}
