import CKernels
import Tensors

/// Cache blocks for a candidate on a machine.
///
/// KC decides the order of sums, so it follows from the shape, the types, what comes packed and the candidate alone. MC and NC don't, and follow the
/// caches: a block of A and one of B take a quarter each of the last level, a slice of the panels of B a quarter of L2 (`rowsInL2`), because the
/// passing tiles of A and of C want room too (Goto and van de Geijn 2008, section 6.3, with A and B exchanged; Low et al., "Analytical Modeling Is
/// Enough for High-Performance BLIS", ACM TOMS 43(2), 2016).
struct BlockSizes {
  /// Bytes along K that one column of a panel may take: 1024 depths of fp32. C is read and written once for each KC, and a tile has a beginning and an
  /// end; both operands stream out of L2 instead, 13 bytes a cycle. With half of it 1024^3 in fp32 on Zen 5 ran at 246 instead of 252 GFLOP/s, packed
  /// ahead 252 and 256, 1536^3 in bf16 479 and 515, 512 x 4096 x 4096 447 and 481, 1024^3 by AVX2 125 and 134; with a fifth 64 x 3136 x 576 in bf16 460
  /// and 510. Twice as much gains nothing.
  static let mostDepthBytes = 4096
  /// The same where a panel is packed from rows of B for few rows of A. Lines beside those that are read come from memory too, and wait in L2 for the
  /// next panel (32 x 4096 x 4096 in bf16 on Zen 5: with 768 bytes 359 GFLOP/s, with 1536 371, with 2048 335, with 4096 269).
  static let depthBytesOfFewRows = 1536
  /// The same where columns of A lie whole pages apart, and so in the same sets of all caches, if it is read in place (1024^3 tn in fp32 on Zen 5: 253
  /// GFLOP/s, with twice as many 226).
  static let depthBytesOfPages = 2048
  static let mostRows = 8192
  static let mostColumns = 8192
  /// Where sums wait in the workspace, of NC: no fewer for their sake, and no more where they are to stay in L2.
  static let columnsOfSums = 512
  /// Depths up to which a product of a single tile is one block (5 x 7 x 1000 on Zen 5: 47 to 71 GFLOP/s); beyond, threads may share parts of K.
  static let depthOfSingleTile = 2048
  /// Depths of a block where one tile of rows reads a B of more than `largeBytes` where it lies.
  static let depthOfOneTile = 64
  /// The same of a tile so wide that hardware follows each row by itself: what `axpyf` of the micro-kernels takes (a loop of it alone on Zen 4, 1024 x
  /// 2048 out of L3: 8 depths 41 GFLOP/s, 16 39; 4096 x 4096 14.4 and 13.2). Before there was such a body, 16 depths were better than 64 on Zen 5 (1 x
  /// 4096 x 4096 17.6 and 14.6 GFLOP/s); 8 were not measured there.
  static let depthOfWideTile = Int(CK_AXPYF_DEPTH)
  /// From so many on a nominal machine has operands in memory.
  static let memoryBytes = 16_777_216.0
  static let largeBytes = 1_048_576.0
  /// Of KC with tile registers: each further block reads and writes C once more, of which there is more than of A and B (768^3 on Emerald Rapids:
  /// 828 us in one block, 1016 in two).
  static let depthOfMatrix = 1024
  /// The same where B is a single panel: A passes once, and is read from end to end (4096 x 8 x 4096: 1.66 ms instead of 2.18).
  static let depthOfOnePanel = 8192
  /// Of one block for a C in bf16, which can't hold the sums of several (1536^3: 757 to 940 GFLOP/s, 2048^3 741 to 952).
  static let depthOfNarrowMatrix = 2048
  /// Bytes of a B of several panels up to which there is one block: L2 holds it beside the A that passes, of any depth (in bf16 512 x 49 x 4608 653 to 865
  /// GFLOP/s, 512 x 196 x 2304 1096 to 1257, 128 x 4096 x 4096 nt 1128 to 1227, two threads 256 x 196 x 2304 1390 to 1945, 256 x 128 x 4096 1442 to 2044;
  /// but 512 x 196 x 3072 1162 to 1004), unless A lies by columns, which are packed (512 x 49 x 4608 tn 343 to 240).
  static let nearBytesOfMatrix = Double(1 << 20)
  /// Of KC where panels are packed from rows of B for one tile of rows of A, or for a few: a group of panels stays near until it is multiplied (32 x
  /// 768 x 3072 250 to 292 GFLOP/s, 8 x 4096 x 4096 52 to 62; 128 x 4096 x 4096 432 to 483). Of up to 1024 depths there is one block.
  static let (depthOfOneTileOfMatrix, depthOfFewTilesOfMatrix) = (384, 512)
  /// Of KC, and a multiple of every KR.
  static let depthMultiple = 8

  let l2Bytes: Int
  let lastLevelBytes: Int

  init(l2: Cache, l3: Cache) {
    l2Bytes = l2.bytes > 0 ? l2.bytes : 256 << 10
    lastLevelBytes = max(l3.bytes > 0 ? l3.bytes : l2.bytes, 1 << 20)
  }

  func blocking(of problem: OrientedProblem, for pair: CandidatePair, blocked: Bool) -> Blocking {
    let (mr, nr) = (pair.mr(problem), pair.set.nr)
    let m = wholeMultiple(problem.m, of: mr)
    let n = wholeMultiple(problem.n, of: nr)
    if !blocked || pair.set.family == .dot {
      return Blocking(mc: m, nc: n, kc: min(max(problem.k, 1), mostWhole))
    }
    // A single tile reads each operand once: nothing to keep near. Whether A is packed decides no bits.
    if problem.m <= pair.set.mr(columns: problem.n) && problem.n <= nr && problem.k <= BlockSizes.depthOfSingleTile
      && pair.set.family != .matrix
    {
      return Blocking(mc: m, nc: n, kc: wholeMultiple(problem.k, of: BlockSizes.depthMultiple))
    }
    // One tile of rows reads B where it lies, and of a large B its rows from end to end.
    let bytes = pair.panelType.byteCount * (pair.splits ? max(problem.parts, 1) : 1)
    let bytesOfB = Double(problem.n) * Double(problem.k) * Double(bytes)
    if problem.m <= mr && !pair.packsB && problem.bRowStride > nr && bytesOfB > BlockSizes.largeBytes {
      let depth = pair.panelsAtOnce(problem) > 2 ? BlockSizes.depthOfWideTile : BlockSizes.depthOfOneTile
      return Blocking(mc: m, nc: n, kc: evenly(problem.k, most: depth, multiple: BlockSizes.depthMultiple))
    }
    let isMatrix = pair.set.family == .matrix
    let mostDepth = isMatrix ? mostDepthOfMatrix(problem, mr: mr, nr: nr) : mostDepthBytes(problem, pair) / bytes
    let kc = evenly(problem.k, most: mostDepth, multiple: isMatrix ? pair.set.aKr : BlockSizes.depthMultiple)
    let most = lastLevelBytes / 4 / (kc * bytes)
    return Blocking(
      mc: evenly(problem.m, most: min(BlockSizes.mostRows, most), multiple: mr),
      nc: evenly(problem.n, most: min(mostColumns(problem, kc: kc, mr: mr, nr: nr), most), multiple: nr), kc: kc)
  }

  /// Where the sums of several blocks of K can't wait in C, as many as there is room for them in all rows: of more, B would be packed for each band of rows
  /// anew (Emerald Rapids in bf16, 4096^3 866 to 1121 GFLOP/s, 3072^3 971 to 1340; by AVX-512, widened, 206 to 212 and 195 to 200).
  private func mostColumns(_ problem: OrientedProblem, kc: Int, mr: Int, nr: Int) -> Int {
    if !keepsSums(problem, kc: kc) { return BlockSizes.mostColumns }
    let sums = Int(CK_SUMS_BYTES) / (problem.inputType == .float64 ? 8 : 4)
    let columns = sums / wholeMultiple(max(problem.m, 1), of: mr) / nr * nr
    return min(max(columns, BlockSizes.columnsOfSums), BlockSizes.mostColumns)
  }

  private func keepsSums(_ problem: OrientedProblem, kc: Int) -> Bool { problem.sumsApart && problem.k > kc }

  /// The same for one thread and tile registers. They multiply faster than panels are written to the level beyond and fetched: no more columns than have
  /// panels that stay in L2 until the next ones take their place, where all of A does too (512 x 3072 x 768 in bf16 on Emerald Rapids 793 to 909 GFLOP/s,
  /// 128 x 3072 x 768 456 to 535), or sums that do (32 x 4096 x 4096 217 to 251, 128 x 4096 x 4096 503 to 562). An A that is packed would be so for every
  /// block of columns, which of few rows costs less (1024 x 4096 x 4096 tn 986 to 795, 128 x 4096 x 4096 tn 526 to 573).
  func narrowed(_ blocking: Blocking, _ problem: OrientedProblem, _ pair: CandidatePair) -> Blocking {
    if pair.set.family != .matrix || problem.readyB || pair.packsA && !problem.hasFewRows { return blocking }
    var most = l2Bytes / 5 * 2 / max(blocking.kc * pair.panelType.byteCount, 1)
    if problem.m > most || most < pair.set.nr { most = blocking.nc }
    if keepsSums(problem, kc: blocking.kc) { most = min(most, BlockSizes.columnsOfSums) }
    if blocking.nc <= most { return blocking }
    return Blocking(mc: blocking.mc, nc: evenly(problem.n, most: most, multiple: pair.set.nr), kc: blocking.kc)
  }

  private func mostDepthOfMatrix(_ problem: OrientedProblem, mr: Int, nr: Int) -> Int {
    if problem.n <= nr { return BlockSizes.depthOfOnePanel }
    let bytesOfB = Double(wholeMultiple(problem.n, of: nr)) * Double(problem.k) * Double(ElementType.bfloat16.byteCount)
    if bytesOfB <= BlockSizes.nearBytesOfMatrix && problem.aColumnStride == 1 { return problem.k }
    let packsRows = !problem.readyB && problem.bRowStride != 1
    let isFar = packsRows && problem.hasFewRows && problem.k > BlockSizes.depthOfMatrix
    if isFar { return problem.m <= mr ? BlockSizes.depthOfOneTileOfMatrix : BlockSizes.depthOfFewTilesOfMatrix }
    return problem.outputType == .bfloat16 && problem.k <= BlockSizes.depthOfNarrowMatrix
      ? BlockSizes.depthOfNarrowMatrix : BlockSizes.depthOfMatrix
  }

  private func mostDepthBytes(_ problem: OrientedProblem, _ pair: CandidatePair) -> Int {
    if problem.hasFewRows && problem.bRowStride != 1 { return BlockSizes.depthBytesOfFewRows }
    let columnBytes = problem.aColumnStride.magnitude &* UInt(problem.inputType.byteCount)
    let isInPages = pair.set.family == .outer && pair.strassenLevels == 0 && problem.aRowStride == 1 && columnBytes % 4096 == 0
    return isInPages ? BlockSizes.depthBytesOfPages : BlockSizes.mostDepthBytes
  }

  /// Rows of A or columns of B, `kc` deep, that take a quarter of L2; with tile registers, which multiply faster than the level beyond can bring
  /// A once more, most of it.
  func rowsInL2(_ problem: OrientedProblem, _ pair: CandidatePair, kc: Int) -> Int {
    // In doubles: forced blocks may be of any size.
    let depthBytes = Double(kc) * Double(pair.panelType.byteCount) * Double(pair.splits ? max(problem.parts, 1) : 1)
    let share = pair.set.family == .matrix ? 0.625 : 0.25
    return max(1, Int(Double(l2Bytes) * share / depthBytes))
  }

  /// Parts of K that are summed apart, where rows and columns give threads too little to share: of some whole blocks each, and on the mean as deep as the
  /// deepest, as they cost a pass over the sums (on two cores of Zen 5 64 x 64 x 1100 in one part 518 GFLOP/s, in two 427; 96 x 96 x 2048 382 and 496).
  /// From the shape alone, as KC.
  static func partsOfK(_ problem: OrientedProblem, for pair: CandidatePair, kc: Int) -> Int {
    let depth = mostDepthBytes / pair.panelType.byteCount
    if pair.splits || pair.set.family == .matrix || problem.k < 2 * depth || !problem.hasFewRows || !slices(problem, pair) {
      return 1
    }
    let panels = max(1, (problem.n - 1) / pair.set.nr + 1)
    let blocks = (problem.k - 1) / kc + 1
    return max(1, min(tasks / panels, blocks, problem.k / depth))
  }

  /// Whether the loops by slices, which pack all of A, need no more than 64 MiB for that.
  static func slices(_ problem: OrientedProblem, _ pair: CandidatePair) -> Bool {
    !pair.packsA || Double(problem.m) * Double(problem.k) * Double(pair.panelType.byteCount) <= 67_108_864
  }

  private static let tasks = 16

  /// `size` in as few blocks of at most `most` as it takes, all nearly equal.
  private func evenly(_ size: Int, most: Int, multiple: Int) -> Int {
    if size <= most { return wholeMultiple(size, of: multiple) }
    let blocks = (size - 1) / most + 1
    return wholeMultiple((size - 1) / blocks + 1, of: multiple)
  }
}

/// No loop walks more.
let mostWhole = 1 << 40

/// The least multiple of `step`, at least one step, that holds `size`; of sizes beyond `mostWhole`, that of `mostWhole`.
func wholeMultiple(_ size: Int, of step: Int) -> Int {
  // A small call can't afford a division.
  if size <= step { return step }
  return (min(size, mostWhole) - 1) / step * step + step
}
