import CKernels
import Tensors

/// A product turned so that C has unit stride along N wherever it can, unless it is faster written across: what candidates are judged by and plans are made of.
struct OrientedProblem {
  let m: Int
  let n: Int
  let k: Int
  private(set) var aRowStride: Int
  let aColumnStride: Int
  let bRowStride: Int
  let bColumnStride: Int
  let cRowStride: Int
  let cColumnStride: Int
  /// A and B have changed places.
  let swapped: Bool
  let inputType: ElementType
  let outputType: ElementType
  /// Levels of Strassen's algorithm that the caller allows and the product can be cut into; 0: none.
  let strassenLevels: Int
  /// The bf16 that an fp32 operand may be cut into; 0: it may not.
  let parts: Int
  /// The operand comes packed.
  var readyA = false
  var readyB = false
  /// Most rows of a tile, even if its set has taller ones.
  private(set) var mostTileRows = Int.max
  /// The tile set that it is packed for; `nil`: any.
  var tileSetIndex: Int?

  /// - Parameters:
  ///   - turns: false leaves the product as it is described, whatever C's strides.
  ///   - isa: not `nil`: C is written across its unit stride where that suits the vectors or tile registers of this instruction set.
  ///   - packsAcross: so it is too where that packs the smaller operand by columns (`Microarchitecture.packsAcross`).
  ///   - turned: not `nil`: as operands are packed. A C that is a vector may be seen either way, and follows them.
  init(_ descriptor: GEMMDescriptor, turns: Bool = true, isa: ISA? = nil, packsAcross: Bool = false, turned: Bool? = nil) {
    let c = descriptor.c
    // A column vector is a row vector seen the other way.
    let alongUnit = turns && c.rowStride == 1 && (c.columns == 1 || c.columnStride != 1) && c.rows != 1
    if let turned, c.rows == 1 || c.columns == 1 {
      swapped = turned
    } else {
      swapped = isa.map { alongUnit != Self.suitsAcross(descriptor, swapped: alongUnit, $0, packs: packsAcross) } ?? alongUnit
    }
    let (a, b) = swapped ? (descriptor.b.transposed, descriptor.a.transposed) : (descriptor.a, descriptor.b)
    let out = swapped ? c.transposed : c
    m = out.rows
    n = out.columns
    k = a.columns
    // A stride along a size of 1 is never walked; 1 lets every variant take it.
    aRowStride = m == 1 ? max(k, 1) : a.rowStride
    aColumnStride = k == 1 ? 1 : a.columnStride
    bRowStride = k == 1 ? n : b.rowStride
    bColumnStride = n == 1 ? 1 : b.columnStride
    cRowStride = m == 1 ? n : out.rowStride
    cColumnStride = n == 1 ? 1 : out.columnStride
    inputType = descriptor.inputType
    outputType = descriptor.outputType
    let least = min(m, n, k)
    strassenLevels =
      inputType == outputType && inputType != .bfloat16 ? min(descriptor.strassenLevels, least < 2 ? 0 : least < 4 ? 1 : 2) : 0
    parts = descriptor.inputType == .float32 ? descriptor.precision.rawValue : 0
  }

  /// The same with the rows of A so many elements apart, of which a tile takes no more than `most`.
  func withRowsOfA(apart stride: Int, most: Int) -> OrientedProblem {
    var other = self
    (other.aRowStride, other.mostTileRows) = (stride, most)
    return other
  }

  private static func suitsAcross(_ descriptor: GEMMDescriptor, swapped: Bool, _ isa: ISA, packs: Bool) -> Bool {
    if packs && packsAcross(descriptor, swapped: swapped, isa) { return true }
    if descriptor.inputType == .bfloat16 && isa >= .amx { return readsAcross(descriptor, swapped: swapped) }
    return fillsAcross(descriptor, swapped: swapped, isa)
  }

  /// Whether the larger operand is read where it lies by tile registers, whose rows of A are along K, when C is written across: cycles that are
  /// saved by packing the smaller one instead against those of transposing C.
  private static func readsAcross(_ descriptor: GEMMDescriptor, swapped: Bool) -> Bool {
    let (a, b) = swapped ? (descriptor.b.transposed, descriptor.a.transposed) : (descriptor.a, descriptor.b)
    let (m, n, k) = (Double(a.rows), Double(b.columns), Double(a.columns))
    if a.columnStride != 1 || b.rowStride != 1 || a.rows < 2 { return false }
    let setUpOfPacking = 300.0
    return 0.5 * k * (n - m) > 2 * m * n + setUpOfPacking
  }

  /// Whether the larger of two operands, A by columns and B by rows, is packed in wider rows when C is written across: cycles that are saved for each of
  /// its elements beyond the smaller one's against those of transposing C. A is read where it lies for a single panel, and Strassen's algorithm takes no C
  /// across.
  private static func packsAcross(_ descriptor: GEMMDescriptor, swapped: Bool, _ isa: ISA) -> Bool {
    let (a, b) = swapped ? (descriptor.b.transposed, descriptor.a.transposed) : (descriptor.a, descriptor.b)
    let (m, n, k) = (Double(a.rows), Double(b.columns), Double(a.columns))
    let lanes = isa.vectorBytes(elementBytes: descriptor.accumulatorType.byteCount) / descriptor.accumulatorType.byteCount
    let isMeant = descriptor.inputType == .float32 && isa >= .avx2 && descriptor.strassenLevels == 0
    return isMeant && a.rowStride == 1 && b.columnStride == 1 && b.columns > 2 * lanes && 0.7 * k * (m - n) > 3 * m * n
  }

  /// Whether so much of the vectors along C's unit stride is empty that it pays to lay the other operand out the other way round: cycles of
  /// multiply-adds for each of its elements against those of packing it.
  private static func fillsAcross(_ descriptor: GEMMDescriptor, swapped: Bool, _ isa: ISA) -> Bool {
    if descriptor.k < 256 { return false }
    let bytes = descriptor.accumulatorType.byteCount
    let lanes = isa.vectorBytes(elementBytes: bytes) / bytes
    let (a, c) = swapped ? (descriptor.b.transposed, descriptor.c.transposed) : (descriptor.a, descriptor.c)
    if c.rows < lanes || c.columns < 2 || c.columns > 8 * lanes { return false }
    func filled(_ size: Int) -> Int { (size + lanes - 1) / lanes * lanes }
    let wasted = Double(filled(c.columns) - c.columns) - Double(filled(c.rows) - c.rows) * Double(c.columns) / Double(c.rows)
    let packing = a.rowStride == 1 ? 0.05 : a.columnStride == 1 ? 0.45 : 2.5
    return wasted > packing * Double(2 * lanes)
  }

  /// Whether C can't hold sums in fp32: its type is narrower, or its columns are apart.
  var sumsApart: Bool { cColumnStride != 1 || outputType == .bfloat16 }

  /// Rows so few that a panel of B is multiplied with all of them while it is in a near cache.
  var hasFewRows: Bool { m <= 128 }

  func rejection(of pair: CandidatePair) -> Rejection? {
    if readyA && !pair.packsA || readyB && !pair.packsB { return .layout(.packed) }
    if pair.strassenLevels > 0 {
      if pair.strassenLevels > strassenLevels || sumsApart { return .strassenNotAllowed }
      if readyA || readyB { return .layout(.packed) }
    }
    if pair.splits && parts == 0 { return .precisionNotAllowed }
    if pair.splits && (readyA || readyB) { return .layout(.packed) }
    if let tileSetIndex, pair.tileSetIndex != tileSetIndex { return .layout(.packed) }
    switch pair.set.family {
    case .outer:
      if !pair.packsB && bColumnStride != 1 { return .layout(.unitColumnStrideOfB) }
    case .pair:
      if !pair.packsA && aColumnStride != 1 { return .layout(.unitColumnStrideOfA) }
    case .matrix:
      if !pair.packsA && aColumnStride != 1 { return .layout(.unitColumnStrideOfA) }
    case .dot:
      if (aColumnStride != 1 || bRowStride != 1) && k > 1 { return .layout(.unitStridesAlongK) }
    }
    return nil
  }
}
