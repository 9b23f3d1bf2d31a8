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

  let problem: OrientedProblem
  let blocking: Blocking
  let microarchitecture: Microarchitecture
  let m: Double
  let n: Double
  let k: Double

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
      // 14 rows take as long on Emerald Rapids (384^3 219 GFLOP/s, A in place 235; 640^3 220 and 230).
      let isSlow = pair.set.isa == .avx2 || pair.set.family == .outer && microarchitecture.foldsBroadcasts
      let narrowness = isSlow && transposes(pair, problem.aColumnStride) ? 2.0 : 1
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

  var bytesMoved: Double {
    (m * k + k * n) * Double(problem.inputType.byteCount) + 2 * m * n * Double(problem.outputType.byteCount)
  }
}
