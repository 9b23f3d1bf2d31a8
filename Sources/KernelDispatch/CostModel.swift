import Tensors

/// Predicts time, to rank candidates and to decide whether threads pay.
///
/// It counts what a nominal core of the instruction set would need: multiply-adds or loads, whichever binds, for every step of every tile; what
/// packing moves; and what strided reading costs in cache and TLB misses. Its constants are those of an instruction set, not of the machine
/// at hand, because the choice between families decides the order of sums and so may depend on the shape alone; but for what
/// `Microarchitecture` says. Cycles are of one core.
struct CostModel {
  static let clock = 4.0e9
  /// Waking and gathering threads that spin: about 1.5 us.
  static let forkJoin = 6000.0

  private let problem: OrientedProblem
  private let blocking: Blocking
  private let microarchitecture: Microarchitecture
  private let m: Double
  private let n: Double
  private let k: Double

  init(_ problem: OrientedProblem, _ blocking: Blocking, _ microarchitecture: Microarchitecture) {
    self.microarchitecture = microarchitecture
    self.problem = problem
    self.blocking = blocking
    m = Double(problem.m)
    n = Double(problem.n)
    k = Double(problem.k)
  }

  /// Cycles on one thread.
  func cycles(_ pair: CandidatePair) -> Double {
    if m == 0 || n == 0 { return 0 }
    if pair.strassenLevels > 0 { return strassenCycles(pair, levels: pair.strassenLevels) }
    let work = pair.set.family == .dot ? dotCycles(pair) : tileCycles(pair) * products(pair) + packingCycles(pair)
    return max(work, memoryCycles) * preference(pair.set)
  }

  /// Of tiles of `dot` that have a row alone: several rows would each read B anew, and of one not all processors follow so many streams. Where memory
  /// binds, as it does most such products, all tiles cost the same: 1 % less wins the tie. Four times as much outweighs what their counted work is
  /// better by (half, in L1), so that they run by name alone.
  private func preference(_ set: TileSet) -> Double {
    if set.family != .dot || set.tallest > 1 { return 1 }
    return problem.m == 1 && problem.n >= set.nr && microarchitecture.meetsEightColumns ? 0.99 : 4
  }

  /// How many products of panels stand for one.
  private func products(_ pair: CandidatePair) -> Double {
    pair.splits ? Double(problem.parts * (problem.parts + 1) / 2) : 1
  }

  /// Threads that make the product fastest, at most `most`.
  static func threads(_ cycles: Double, most: Int) -> Int {
    if most <= 1 || cycles < 2 * forkJoin { return 1 }
    return cycles / Double(most) + forkJoin < cycles ? most : 1
  }

  static func seconds(_ cycles: Double, threads: Int) -> Double {
    (threads > 1 ? cycles / Double(threads) + forkJoin : cycles) / clock
  }

  // MARK: tiles

  /// Cycles of one step along K for `height` rows and `vectors` of B: multiply-adds against the loads of A and B, and never less than
  /// the latency of the chain of sums; longer where an operand is read where it lies.
  private func step(_ pair: CandidatePair, height: Double, vectors: Double) -> Double {
    // As many cycles as a register of A has rows, or a few, for the products of 16 pairs with one of B, whose 16 lines take as long to load.
    if pair.set.family == .matrix {
      let lower = height > 16 ? max(height - 16, Self.leastRowCycles) : 0
      return max(min(height, 16) + lower, 16) / 16 * vectors * slowdown(pair)
    }
    let sums = sumCycles(pair.set, height: height, vectors: vectors)
    let loads = (height * loadsOfA(pair, height) + vectors) / 2
    return max(sums, loads, 4) * slowdown(pair)
  }

  /// Of fewer rows the products take no fewer cycles.
  private static let leastRowCycles = 9.0

  /// Cycles of the multiply-adds alone.
  private func sumCycles(_ set: TileSet, height: Double, vectors: Double) -> Double {
    let sums = height * vectors
    // Where bf16 is widened as it is read, that takes the ports of multiply-adds: one of them for A, both for B.
    if set.family == .outer && set.inputType == .bfloat16 {
      return (sums + height + 2 * vectors) / (set.isa >= .avx512 ? microarchitecture.widenedPerCycle : 2)
    }
    return sums / (set.isa == .avx512bf16 ? microarchitecture.pairsPerCycle : set.isa >= .avx2 ? 2.0 : 1.25)
  }

  /// Loads of A beyond a hit in L1, per broadcast: rows a multiple of a page apart fall into one set of the cache (of Zen 4 see `slowdownOfA`). Zen 5 reads
  /// them in place as fast: the steps of several depths use a line up before it is pushed out (512 x 32 x 1024 by rows 142 us, packed 189; by columns
  /// 1024^3 239 GFLOP/s in place, packed 230).
  private func loadsOfA(_ pair: CandidatePair, _ height: Double) -> Double {
    if pair.packsA { return 1 }
    if pair.set.isa >= .avx512 && !microarchitecture.foldsBroadcasts && (problem.aColumnStride == 1 || problem.aRowStride == 1) {
      return 1
    }
    if problem.aColumnStride == 1 { return rowBytes(problem.aRowStride) % 4096 == 0 && height > 8 && problem.k > 16 ? 3 : 1 }
    // Its columns a multiple of a page apart: all in a few sets of the cache (1024^3 on Emerald Rapids: 66 GFLOP/s, packed 136).
    if problem.aRowStride == 1 { return rowBytes(problem.aColumnStride) % 4096 == 0 && problem.k > 16 ? 3 : 1.3 }
    return 4
  }

  /// What reading an operand where it lies costs over packed panels, beyond the loads: its rows lie in pages and sets of their own, where
  /// no prefetcher follows. Measured with AVX2 on Zen 3 (512^3 ... 1024^3, and 8 ... 128 rows by 768 ... 4096): of A 0 to 6 %, of B 12 to
  /// 17 %, 25 to 50 % when its rows are whole pages apart. With AVX-512 on Zen 5 (96^3 ... 1024^3, 128 x 768 x 3072), whose tiles ask for what comes
  /// next: of A up to 3 %, of B up to 3 % and 8 %; further costs are on Emerald Rapids and, where ways bind, on Zen 4.
  private func slowdown(_ pair: CandidatePair) -> Double {
    1 + (slowdownOfA(pair) * slowdownOfB(pair) - 1) * width(pair.set)
  }

  private func slowdownOfA(_ pair: CandidatePair) -> Double {
    if pair.packsA { return 1 }
    let isWide = pair.set.isa >= .avx512
    let isWideOuter = isWide && pair.set.family == .outer
    let folds = microarchitecture.foldsBroadcasts
    // A by columns, where a broadcast that multiply-adds make themselves is loaded twice and each depth lies in another line (500^3 on
    // Emerald Rapids: packed 1.23 times as fast, 129 x 257 x 513 1.03). Zen 5 reads it as fast as packed (160^3 packed 0.88 of that, 384^3
    // 0.95, 1024^3 0.97, 64 x 64 x 100000 0.64). Six rows of AVX2 take little of each line (Zen 3: 300^3 packed 1.1 times as fast, 500^3 1.12).
    if problem.aColumnStride != 1 {
      if pair.set.isa == .avx2 { return problem.aRowStride == 1 && problem.k > 224 ? 1.12 : 1 }
      if isWideOuter && pushesOutColumns(pair) { return 1.15 }
      return isWideOuter && folds && problem.aRowStride == 1 ? 1.1 : 1
    }
    var factor = 1.0
    // In between: on Emerald Rapids 384^3 ... 704^3 with packed A take 2 to 6 % longer on a core of its own, up to 8 % less beside a busy
    // neighbour, which shares the front end. On Zen 5 A in place is as fast up to rows of a page (333^3 ... 700^3; 1300^3 loses 4 %).
    if isWideOuter && folds { factor *= 1.02 }
    let rowBytes = rowBytes(problem.aRowStride)
    let waits = isWide && (pair.set.family == .outer || pair.set.family == .pair) && problem.k > 16
    if waits && tallestTile(pair) > microarchitecture.mostRows(apart: rowBytes) {
      factor *= 1.25
    } else if rowBytes >= 2048 && rowBytes % 4096 == 0 {
      factor *= 1.06
    } else if rowBytes >= (isWide && !folds ? 4096 : 2048) {
      factor *= isWide && folds ? 1.01 : isWide ? 1.02 : 1.03
    }
    // Beside panels of a large B that are transposed one by one (64 x 768 x 768 on Emerald Rapids 128 GFLOP/s, from packed A 137; but
    // 128 x 512 x 512 157 and 153). Why was not measured.
    let isLarge = n * k * Double(problem.inputType.byteCount) > 1_572_864
    if isWideOuter && isLarge && problem.hasFewRows && problem.bColumnStride != 1 { factor *= 1.06 }
    return factor
  }

  /// Whether columns of A, a page or half of one apart, push each other out of sets of L1 and L2 before the next tile reads what it shares of a line with
  /// this one (Zen 4 in fp32, packed and in place: 1024^3 tn 107 and 92 GFLOP/s, 1024 x 256 x 3136 102 and 87, 512 x 128 x 12544 98 and 87; but 1008 x 256
  /// x 3136 104 and 101, and of a smaller A 512 x 256 x 1568 110 and 113; 1024 x 128 x 512, of few panels, loses: 102 and 115).
  private func pushesOutColumns(_ pair: CandidatePair) -> Bool {
    let step = rowBytes(problem.aColumnStride)
    let leastBytes = step % 4096 == 0 ? 2_097_152.0 : 4_194_304
    let isLarge = m * k * Double(problem.inputType.byteCount) >= leastBytes && problem.m > pair.tileRows(problem)
    return microarchitecture.waysThatBind != nil && problem.aRowStride == 1 && step % 2048 == 0 && isLarge
  }

  /// Rows of the tallest tile: they are shared evenly.
  private func tallestTile(_ pair: CandidatePair) -> Int {
    let tiles = (problem.m - 1) / pair.tileRows(problem) + 1
    return (problem.m - 1) / tiles + 1
  }

  private func slowdownOfB(_ pair: CandidatePair) -> Double {
    // Of a single row of tiles B is read once, and packing would read it just so.
    if pair.packsB || problem.m <= pair.tileRows(problem) { return 1 }
    if min(problem.k, blocking.kc) <= 96 {
      // Tiles that copy B, by slices, ask for the next panel's rows: out of memory 64 x 100000 x 64 on Zen 5 is then at 231 GFLOP/s, in place at 217;
      // 128 x 50176 x 64 at 245 and 210.
      let isCopiedElse = problem.hasFewRows && problem.inputType != .bfloat16
      return isCopiedElse && bytesMoved > BlockSizes.memoryBytes && rowBytes(problem.bRowStride) > 4096 ? 1.2 : 1
    }
    let isWide = pair.set.isa >= .avx512
    let rowBytes = rowBytes(problem.bRowStride)
    var factor = 1.0
    // Each load touches two lines: 183^3 on Emerald Rapids 146 GFLOP/s, from a copied panel 158.
    if isWide && rowBytes % 64 != 0 { factor *= 1.06 }
    if rowBytes < 1024 {
      // So do two of AVX2, and a panel deep enough fills L1 with lines of which it needs half (Zen 3, in place and copied: 190^3 84.8 and 87.8
      // GFLOP/s, 255^3 84 and 90, 1024 x 196 x 256 78 and 87, 512 x 49 x 2048 57 and 74).
      let fillsL1 = pair.set.isa == .avx2 && problem.inputType != .bfloat16 && min(problem.k, blocking.kc) > 128
      return fillsL1 && rowBytes % 64 != 0 ? 1.12 : factor
    }
    // Of whole lines 304^3 ... 512^3 on Emerald Rapids are as fast as from copied panels, within 2 %; 512^3 ... 1000^3 on Zen 5 1 to 2 % faster.
    let folds = microarchitecture.foldsBroadcasts
    factor *= rowBytes % 4096 == 0 ? (isWide ? 1.08 : 1.3) : !isWide ? 1.15 : folds ? 1.01 : 1
    // Each row in a page of its own: 64 x 3136 x 576 on Emerald Rapids 79 GFLOP/s, packed 98.
    if isWide && rowBytes > 4096 { factor *= folds ? 1.1 : 1.03 }
    return factor
  }

  /// A vector's share of the 32 bytes that the next cache moves in a cycle: narrow ones hide what wide ones wait for.
  private func width(_ set: TileSet) -> Double { min(1, Double(set.lanes * problem.inputType.byteCount) / 32) }

  private func rowBytes(_ stride: Int) -> UInt { stride.magnitude &* UInt(problem.inputType.byteCount) }

  /// Of the tiles alone, on one thread. `oneByOne`: by loops that take no panels at once.
  func tileCycles(_ pair: CandidatePair, oneByOne: Bool = false) -> Double {
    let set = pair.set
    let tiles = (m / Double(pair.tileRows(problem))).rounded(.up)
    let height = m / tiles
    let panels = Double(problem.n / set.nr)
    let rest = problem.n % set.nr
    let restVectors = Double((rest + set.lanes - 1) / set.lanes)
    let vectors = Double(set.nr / set.lanes)
    let atOnce = oneByOne || pair.packsB && !problem.readyB ? 1 : Double(pair.panelsAtOnce(problem))
    let groups = (panels / atOnce).rounded(.down)
    let single = panels - groups * atOnce
    var perDepth =
      groups * step(pair, height: height, vectors: atOnce * vectors) + single * step(pair, height: height, vectors: vectors)
    if rest > 0 { perDepth += step(pair, height: height, vectors: restVectors) }
    let depths = (k / Double(set.kr)).rounded(.up)
    let blocks = (k / Double(blocking.kc)).rounded(.up)
    let calls = tiles * (groups + single + (rest > 0 ? 1 : 0)) * blocks
    return tiles * perDepth * depths + calls * (12 + height * vectors * 1.5)
  }

  // MARK: packing

  /// Cycles per element moved from L2 to L2: a copy by vectors (0.2 to 0.35 on Zen 5), a transposition of 4-byte units by vectors (0.25 to 0.4), or
  /// element by element; some more with SSE2.
  private func packingRate(_ pair: CandidatePair, along panelStride: Int, _ depthStride: Int) -> Double {
    if pair.splits { return 1 + 0.5 * Double(problem.parts) }
    if pair.set.family == .matrix { return panelStride == 1 || depthStride == 1 ? 0.3 : 2 }
    // Two bf16 are one unit.
    let rate = panelStride == 1 ? 0.35 : transposes(pair, depthStride) ? (pair.set.kr == 2 ? 0.3 : 0.4) : 2
    // Along K, by the movers of AVX-512: with 3 instead of 1.3, 128^3 was read in place (Emerald Rapids, 93 GFLOP/s; packed 126).
    if pair.widens && depthStride == 1 && pair.set.isa >= .avx512 { return 1.3 }
    return (pair.widens ? rate * 1.5 : rate) * (pair.set.isa >= .avx2 ? 1 : 1.3)
  }

  /// Whether it moves 4-byte units adjacent along K.
  private func transposes(_ pair: CandidatePair, _ depthStride: Int) -> Bool {
    depthStride == 1 && pair.set.kr * problem.inputType.byteCount == 4
  }

  private func packingCycles(_ pair: CandidatePair) -> Double {
    var cycles = 0.0
    // Of the loops that pack: 16^3 on Emerald Rapids 220 ns, 144 by tiles alone; in bf16 on Zen 5 108 ns by pairs, 76 widened in place.
    let setUp = pair.set.family == .matrix ? 300.0 : pair.set.family == .pair ? 200.0 : 60.0
    if pair.packsA && !problem.readyA {
      // Not by the plan's own NC, which follows the caches.
      let passes = (n / Double(BlockSizes.mostColumns)).rounded(.up)
      // A panel of AVX2 has 6 rows, which are transposed as two times four (256^3 in fp32 on Zen 3: 0.8 cycles an element).
      let narrowness = pair.set.isa == .avx2 && transposes(pair, problem.aColumnStride) ? 2.0 : 1
      cycles += passes * m * k * packingRate(pair, along: problem.aRowStride, problem.aColumnStride) * narrowness + 60
    }
    if pair.packsB && !problem.readyB {
      // Copied beside the multiply-adds: 256^3 on Emerald Rapids loses 0.5 % to it, by a copy of its own 3 %.
      let isCopied = pair.strassenLevels == 0 && pair.copiesB(problem)
      // Beside an A whose rows are apart, the first tile's instructions are too many (32 x 768 x 768: 118 GFLOP/s, with packed A 132). Six rows of AVX2
      // wait for B (36 x 1000 x 300 on Zen 3: B in place 91 GFLOP/s, copied 86).
      let copyingRate = pair.set.isa == .avx2 ? 0.35 : pair.packsA || problem.aRowStride == 1 ? 0.1 : 0.2
      // Of the last panel the empty columns are written too, unless it is copied (5 x 7 x 1000 in bf16: 26 GFLOP/s, from B in place 56).
      let columns = Double(wholeMultiple(problem.n, of: pair.set.nr))
      cycles +=
        columns * k * (isCopied ? copyingRate : packingRate(pair, along: problem.bColumnStride, problem.bRowStride)) + setUp
    }
    return cycles
  }

  // MARK: Strassen

  /// 7 products of halves for each 8, packed from 12 / 7 submatrices each and added to as many. The constants are of 4096^3 in fp32 on Emerald Rapids,
  /// where medians of one level were 0.92 to 1.06 of the classical time, of two 0.96 to 1.08: the machine was not quiet.
  private func strassenCycles(_ pair: CandidatePair, levels: Int) -> Double {
    let cyclesOfStore = 0.75
    let costOfTerm = 3.0
    let parts = Double(1 << levels)
    let products = levels == 2 ? 49.0 : 7.0
    let terms = levels == 2 ? 144.0 / 49 : 12.0 / 7
    let share = products / (parts * parts)
    let blocks = (k / parts / Double(blocking.kc)).rounded(.up)
    let stores = share * m * n * blocks * terms * cyclesOfStore
    return tileCycles(pair) * share / parts + packingCycles(pair) * share * terms * costOfTerm + stores
  }

  // MARK: dot and memory

  private func dotCycles(_ pair: CandidatePair) -> Double {
    let set = pair.set
    let perStep = set.isa >= .avx512bf16 ? 2 * set.lanes : set.lanes
    let steps = (k / Double(perStep)).rounded(.up)
    let rowTiles = (m / Double(set.mr)).rounded(.up)
    let columnTiles = (n / Double(set.nr)).rounded(.up)
    let height = m / rowTiles
    let columns = n / columnTiles
    // Two loads a cycle from L1. All of A passes by for every few columns of B: beyond L1 (32 KiB) a load takes 1.3 cycles with AVX2 (Zen 3,
    // 128 x 768 x 3072 and 512 x 768 x 768), 1.65 with AVX-512 (Zen 5: 24 x 768 x 3072 162 GFLOP/s, packed 175; 16 rows 154 and 152), and more
    // where rows are whole pages apart (32 x 4096 x 4096 134, packed 169). Widening costs a shift and a shuffle for each load.
    let isInL1 = m * k * Double(problem.inputType.byteCount) <= 32768
    let isInFewSets = rowBytes(problem.aRowStride) % 4096 == 0 && rowBytes(problem.bColumnStride) % 4096 == 0
    let wait = set.isa < .avx512 ? 0.8 * width(set) : isInFewSets ? 1.6 : 1.15
    let load = (isInL1 ? 0.5 : 0.5 + wait) * (set.inputType == .bfloat16 && set.isa < .avx512bf16 ? 2 : 1)
    let perCycle = set.isa >= .avx512bf16 ? microarchitecture.pairsPerCycle : 2
    let oneStep = max(height * columns / perCycle, (height + columns) * load, 4)
    return rowTiles * columnTiles * (steps * oneStep + 12 + height * columns * 3)
  }

  /// Reading A and B and writing C once, at the rate of the level that holds them.
  private var memoryCycles: Double {
    if bytesMoved > BlockSizes.memoryBytes { return bytesMoved / 10 }
    return bytesMoved > 1_048_576 ? bytesMoved / 25 : 0
  }

  private var bytesMoved: Double {
    (m * k + k * n) * Double(problem.inputType.byteCount) + 2 * m * n * Double(problem.outputType.byteCount)
  }
}
