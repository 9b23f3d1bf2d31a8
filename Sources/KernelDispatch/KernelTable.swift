import CKernels
import SIMDKernels
public import Tensors

/// Which kernels exist: the rows of `ukernels.def`, those in Swift, and the variants that run them.
public struct KernelTable: @unchecked Sendable {  // Immutable after init; its buffers are never freed.
  public static let shared = KernelTable()

  public let microkernels: [Microkernel]
  /// In C and in Swift; no sum of theirs goes over channels.
  public let depthwise: [DepthwiseMicrokernel]
  public let variants: [Variant]
  let tileSets: UnsafeBufferPointer<TileSet>
  let candidates: CandidateLists

  private init() {
    var count: Int64 = 0
    let table = ck_ukernels(&count)
    let rowsInC = UnsafeBufferPointer(start: table, count: Int(count))
    microkernels = rowsInC.map { Microkernel($0, in: .c) } + SwiftKernels.outer.map { Microkernel($0, in: .swift) }
    let depthwiseTable = ck_depthwise_kernels(&count)
    let depthwiseInC = UnsafeBufferPointer(start: depthwiseTable, count: Int(count))
    depthwise =
      depthwiseInC.map { DepthwiseMicrokernel($0, in: .c) }
      + SwiftKernels.depthwise.map { DepthwiseMicrokernel($0, in: .swift) }
    variants = Variant.all
    precondition((microkernels.map(\.name) + variants.map(\.name)).allSatisfy { $0.utf8.count <= ShortName.capacity })
    tileSets = UnsafeBufferPointer(immortal: KernelTable.groups(microkernels, rowsInC + SwiftKernels.outer))
    var pairs: [CandidatePair] = []
    for (v, variant) in variants.enumerated() {
      for (t, set) in tileSets.enumerated() where set.family == variant.family && variant.packs(for: microkernels[set.row]) {
        pairs.append(CandidatePair(index: pairs.count, variant: variant, variantIndex: v, set: set, tileSetIndex: t))
      }
    }
    candidates = CandidateLists(pairs)
  }

  func name(ofTileSet index: Int) -> String { microkernels[tileSets[index].row].name }

  func microkernel(ofTileSet index: Int) -> Microkernel { microkernels[tileSets[index].row] }

  /// Rows that differ only in MR, and the tall ones of one vector that go on from there.
  private static func groups(_ microkernels: [Microkernel], _ rows: [ck_ukernel]) -> [TileSet] {
    var sets: [TileSet] = []
    for (index, kernel) in microkernels.enumerated() where !kernel.isTall {
      // The tallest row of its group stands for it.
      let group = microkernels.indices.filter { !microkernels[$0].isTall && microkernels[$0].sharesPanels(with: kernel) }
      guard group.max(by: { microkernels[$0].mr < microkernels[$1].mr }) == index else { continue }
      let tall = microkernels.indices.filter { kernel.mr > 1 && microkernels[$0].isTall && microkernels[$0].isOfKind(kernel) }
      let tallest = tall.map { microkernels[$0].mr }.max() ?? kernel.mr
      let tiles = UnsafeMutablePointer<ck_ukernel_fn?>.allocate(capacity: tallest + 1)
      tiles.initialize(repeating: nil, count: tallest + 1)
      for member in group + tall { tiles[microkernels[member].mr] = rows[member].run }
      precondition((1...tallest).allSatisfy { tiles[$0] != nil }, "\(kernel.name): a row for every MR from 1 is needed")
      sets.append(
        TileSet(
          family: kernel.family, isa: kernel.isa, language: kernel.language, inputType: kernel.types.a, mr: kernel.mr,
          nr: kernel.nr, kr: kernel.kr, aKr: kernel.aKr, lanes: kernel.lanes, tallest: tallest, tiles: tiles, row: index))
    }
    return sets
  }
}

/// What could run, sorted beforehand. Plain data: dispatch keeps it at hand and reads it on every call.
struct CandidateLists: @unchecked Sendable {  // Immutable after init; its buffers are never freed.
  /// Variant and tile set of every candidate, whatever the problem.
  let pairs: UnsafeBufferPointer<CandidatePair>
  private let shortlists: UnsafeBufferPointer<UnsafeBufferPointer<CandidatePair>>

  init(_ pairs: [CandidatePair]) {
    let all = UnsafeBufferPointer(immortal: pairs)
    let combinations = ElementType.allCases.flatMap { type in ISA.allCases.map { (type, $0) } }
    let lists = combinations.map { type, cap in
      let filter = CandidateFilter(inputType: type, cap: cap)
      return UnsafeBufferPointer(immortal: all.filter { filter.rejection(of: $0, among: all) == nil })
    }
    self.pairs = all
    shortlists = UnsafeBufferPointer(immortal: lists)
  }

  /// The candidates that types and ISA leave, when nothing is forced: computed once, so that a call looks at a handful.
  func shortlist(inputType: ElementType, cap: ISA) -> UnsafeBufferPointer<CandidatePair> {
    shortlists[position(inputType, cap)]
  }

  private func position(_ inputType: ElementType, _ cap: ISA) -> Int { inputType.position * ISA.allCases.count + cap.rawValue }
}

extension UnsafeBufferPointer {
  /// A copy of `elements` that is never freed.
  init(immortal elements: [Element]) {
    let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: elements.count)
    _ = buffer.initialize(from: elements)
    self.init(buffer)
  }
}

extension Microkernel {
  fileprivate func isOfKind(_ other: Microkernel) -> Bool {
    family == other.family && isa == other.isa && language == other.language && types == other.types
  }

  fileprivate func sharesPanels(with other: Microkernel) -> Bool { isOfKind(other) && nr == other.nr }
}

extension ElementType {
  /// Its place among all types, below 4.
  @inlinable @inline(__always)
  package var position: Int {
    switch self {
    case .float32: 0
    case .bfloat16: 1
    case .float64: 2
    }
  }
}

/// A variant with a tile set that it could run. Plain data.
struct CandidatePair {
  /// Its place in `CandidateLists.pairs`.
  let index: Int
  let variantIndex: Int
  let tileSetIndex: Int
  let set: TileSet
  let packsA: Bool
  let packsB: Bool
  let widens: Bool
  let strassenLevels: Int
  let splits: Bool
  /// Whether it has tiles that copy B (`copy_b` of a tile).
  private let hasCopyingTiles: Bool

  init(index: Int, variant: Variant, variantIndex: Int, set: TileSet, tileSetIndex: Int) {
    self.index = index
    self.variantIndex = variantIndex
    self.tileSetIndex = tileSetIndex
    self.set = set
    packsA = variant.packsA
    packsB = variant.packsB
    widens = variant.widens
    strassenLevels = variant.strassenLevels
    splits = variant.splits
    hasCopyingTiles =
      (set.family == .pair || set.family == .outer && set.inputType != .bfloat16 && set.isa > .scalar) && set.language == .c
      && !variant.splits && !variant.widens
  }

  /// Rows of the largest tile for `problem`.
  func mr(_ problem: OrientedProblem) -> Int { packsA ? self.set.mr : self.set.mr(columns: problem.n) }

  /// Most rows of its tiles.
  func tileRows(_ problem: OrientedProblem) -> Int { min(mr(problem), problem.mostTileRows) }

  /// Whether the first tile of a panel of B may pack it, by copying the rows that it reads (`ck_copies_b`). Rows are adjacent, of pairs there is an even
  /// number unless A lies in place, and a panel is whole or `copy_b` of a tile allows for fewer columns.
  func copiesB(_ problem: OrientedProblem) -> Bool {
    let fits = problem.n >= set.nr || set.kr > 1 && !packsA && mr(problem) <= set.mr
    return hasCopyingTiles && problem.bColumnStride == 1 && (!packsA || problem.k % set.kr == 0) && fits
  }

  /// Panels of B that its tiles multiply at once where the loops let them.
  func panelsAtOnce(_ problem: OrientedProblem) -> Int { self.set.panelsAtOnce(problem.m, mr: mr(problem)) }

  /// The type of packed panels.
  var panelType: ElementType { self.set.inputType }
}
