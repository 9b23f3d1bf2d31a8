import CKernels
import Oracle
import Tensors
import TestSupport

/// One call of one micro-kernel as a test sees it.
struct TileSetting: Sendable, CustomStringConvertible {
  /// How operands lie in memory where the row leaves a choice.
  enum Operands: Sendable, CaseIterable {
    /// As `ck_pack` writes them.
    case packed
    /// Both as stored, at a padded leading dimension, as close to the kernel's contract as the family allows.
    case strided
    /// A transposed and reversed.
    case reversed
  }

  var n: Int
  /// Of one block, in groups of KR.
  var groups: Int
  var blocks = 1
  var operands = Operands.packed
  var alpha = 1.0
  var beta = 0.0
  /// Elements between rows of C.
  var gap = 0
  /// What the tile asks the caches for.
  enum Fetches: Sendable, CaseIterable {
    case nothing, c, nextC, operands
  }
  var fetches = Fetches.nothing
  /// Whether the tile copies B into a packed panel.
  var copies = false
  /// Whether it stores C past the caches.
  var streams = false
  /// Whether the last group of each block has one depth less.
  var isShort = false
  var uniform = false
  /// From row to row of a B that is copied as it lies.
  var rowStepOfB: Int { operands == .reversed ? -(n + 3) : n + 3 }
  var placement = GuardedBuffer.Placement.flushWithEnd

  var description: String {
    "n \(n), \(groups) groups of K\(isShort ? ", the last short," : "") in \(blocks) blocks, \(operands), alpha \(alpha), beta \(beta), gap \(gap), \(placement)"
      + ", asks for \(fetches), copies B: \(copies)"
  }
}

/// A block of an operand in guarded memory, with addresses by the contract of `ck_tile`: element (along, p) lies at
/// `along * step + p / kr * group + p % kr`.
struct TileBlock {
  let buffer: GuardedBuffer
  let base: UnsafeRawPointer

  init(
    count: Int, live: Int, depth: Int, step: Int, group: Int, kr: Int, type: ElementType, placement: GuardedBuffer.Placement,
    value: (Int, Int) -> Double
  ) throws {
    let depths = [0, min(kr, depth) - 1, (depth - 1) / kr * kr, depth - 1].map { $0 / kr * group + $0 % kr }
    let ends = [0, (count - 1) * step].flatMap { along in depths.map { along + $0 } }
    let (lowest, highest) = (ends.min() ?? 0, ends.max() ?? 0)
    buffer = try GuardedBuffer(byteCount: (highest - lowest + 1) * type.byteCount, placement: placement)
    Poison.fill(buffer.bytes)
    base = UnsafeRawPointer(buffer.start) - lowest * type.byteCount
    let origin = buffer.start - lowest * type.byteCount
    for along in 0..<count {
      for p in 0..<depth {
        let address = origin + (along * step + p / kr * group + p % kr) * type.byteCount
        let cell = MutableMatrixView(base: address, type: type, layout: .rowMajor(rows: 1, columns: 1))
        // A packed panel holds zeros where a row is missing.
        cell[0, 0] = along < live ? value(along, p) : 0
      }
    }
  }
}

/// The memory of one micro-kernel call and the check of its result.
final class TileTrial {
  let setting: TileSetting
  let row: ck_ukernel
  let reference: GEMMReference
  let c: GuardedMatrix
  private let copy: GuardedMatrix?
  private let lanes: Int
  private let left: GuardedMatrix
  private let right: GuardedMatrix
  private let a: [TileBlock]
  private let b: [TileBlock]
  private var tile = ck_tile()

  init(_ kernel: KernelRow, _ setting: TileSetting, seed: UInt64 = 1) throws {
    let row = kernel.row
    self.setting = setting
    self.row = row
    lanes = kernel.vectorBytes / ElementType(row.acc).byteCount
    let (mr, nr, kr, n) = (Int(row.mr), Int(row.nr), Int(row.kr), setting.n)
    let depth = setting.groups * kr - (setting.isShort ? 1 : 0)
    let total = depth * setting.blocks
    let fill = setting.uniform ? Fill.uniform : .integers(depth: total)
    let left = try GuardedMatrix(.rowMajor(rows: mr, columns: total), type: ElementType(row.a))
    let right = try GuardedMatrix(.rowMajor(rows: total, columns: n), type: ElementType(row.b))
    c = try GuardedMatrix(
      .rowMajor(rows: mr, columns: n, leadingDimension: n + setting.gap), type: ElementType(row.c), placement: setting.placement)
    left.view.fill(fill, seed: seed)
    right.view.fill(fill, seed: seed + 1)
    if setting.beta != 0 { c.view.fill(fill, seed: seed + 2) }
    reference = GEMMReference(
      a: left.view.readOnly, b: right.view.readOnly, alpha: setting.alpha, beta: setting.beta,
      before: setting.beta == 0 ? [] : c.view.readOnly.values())

    let (aStep, aGroup) = Self.stridesOfA(row, setting, depth: depth)
    tile.a_rs = Int64(aStep)
    tile.a_ks = Int64(aGroup)
    a = try (0..<setting.blocks).map { block in
      // Packed for tile registers, rows and depths are whole registers, with zeros.
      let isWhole = row.family == CK_MATRIX && setting.operands == .packed
      return try TileBlock(
        count: isWhole ? (mr + 15) / 16 * 16 : mr, live: mr, depth: isWhole ? (depth + 31) / 32 * 32 : depth, step: aStep,
        group: aGroup, kr: Int(row.a_kr), type: ElementType(row.a), placement: setting.placement
      ) { $1 < depth ? left.view[$0, block * depth + $1] : 0 }
    }
    let joins = row.family == CK_PAIR && setting.copies
    let packed = row.family == CK_DOT || joins ? false : row.packed_b || setting.operands == .packed
    let (bStep, bGroup) =
      row.family == CK_DOT ? (depth + 3, 1) : (joins ? 1 : kr, packed ? nr * kr : joins ? setting.rowStepOfB : (n + 3) * kr)
    tile.b_ks = Int64(row.family == CK_DOT ? bStep : joins ? kr * bGroup : bGroup)
    b = try (0..<setting.blocks).map { block in
      try TileBlock(
        count: packed ? nr : n, live: n, depth: joins ? depth : setting.groups * kr, step: bStep, group: bGroup,
        kr: joins ? 1 : kr,
        type: ElementType(row.b), placement: setting.placement
      ) { $1 < depth ? right.view[block * depth + $1, $0] : 0 }
    }
    self.left = left
    self.right = right
    copy =
      setting.copies
      ? try GuardedMatrix(
        .rowMajor(rows: setting.groups, columns: nr * kr), type: ElementType(row.b), placement: setting.placement) : nil
    tile.copy_b = copy.map { UnsafeMutableRawPointer($0.view.base) }
    tile.blocks = Int64(setting.blocks)
    tile.k = Int64(depth)
    tile.c_rs = Int64(n + setting.gap)
    tile.n = Int64(n)
    tile.alpha = setting.alpha
    tile.beta = setting.beta
    tile.streams_c = setting.streams
    tile.fetch_c = setting.fetches == .c || setting.fetches == .nextC
    tile.c_ahead = setting.fetches == .nextC ? tile.c_rs * Int64(mr) : 0
    if setting.fetches == .operands {
      // Places that no one can read: asking for them does no harm.
      tile.fetch.0 = ck_stream(at: 64, step: 4096, advance: 64, count: Int32(mr), lines: 1)
      tile.a_ahead = setting.groups % 2 == 0 ? 0 : 1 << 50
      tile.fetch.1 = ck_stream(at: 1 << 50, step: 4096, advance: 1 << 20, count: 3, lines: 2)
    }
  }

  /// From row to row and from group to group of A.
  private static func stridesOfA(_ row: ck_ukernel, _ setting: TileSetting, depth: Int) -> (step: Int, group: Int) {
    let (mr, kr) = (Int(row.mr), Int(row.kr))
    if row.family == CK_DOT { return (setting.operands == .reversed ? -depth - 1 : depth + 5, 1) }
    if row.family == CK_MATRIX {
      // Packed, a panel has whole registers of rows; where it lies, each row has unit stride.
      return setting.operands == .packed
        ? (32, (mr + 15) / 16 * 16 * 32) : ((setting.operands == .reversed ? -1 : 1) * (depth + 5), 32)
    }
    if row.packed_a || setting.operands == .packed { return (kr, mr * kr) }
    return setting.operands == .strided ? (depth + kr, kr) : (-kr - 1, -(mr + 1) * (kr + 1))
  }

  func run() {
    let (left, right) = (a.map { Optional($0.base) }, b.map { Optional($0.base) })
    left.withUnsafeBufferPointer { left in
      right.withUnsafeBufferPointer { right in
        withUnsafePointer(to: tile) { row.run($0, left.baseAddress, right.baseAddress, UnsafeMutableRawPointer(c.view.base)) }
      }
    }
  }

  /// What is wrong after a run; `nil` if the tile is right and nothing else was written.
  func finding() -> String? {
    let tolerance = setting.uniform ? Tolerance.proven : .exact
    if case .failed(let mismatch) = reference.verify(c.view.readOnly, tolerance: tolerance) { return "\(setting): \(mismatch)" }
    if let copy {
      let (kr, depth) = (Int(row.kr), setting.groups * Int(row.kr))
      let last = depth - (setting.isShort ? 1 : 0)
      // The last vector that is live ends with zeros, a short group too; beyond it nothing is written.
      for p in 0..<depth {
        for column in 0..<Int(row.nr) {
          let (found, isVector) = (copy.view[p / kr, column * kr + p % kr], column < (setting.n + lanes - 1) / lanes * lanes)
          let isRight = isVector ? found == (column < setting.n && p < last ? right.view[p, column] : 0) : found.isNaN
          if !isRight { return "\(setting): copied \(found) to depth \(p), column \(column)" }
        }
      }
      if let byte = copy.disturbance { return "\(setting): byte \(byte) round the copy was written" }
    }
    return c.disturbance.map { "\(setting): byte \($0) of C was written, which is none of its elements" }
  }
}
