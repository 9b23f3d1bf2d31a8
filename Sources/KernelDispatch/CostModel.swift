import Tensors

/// Predicts time, to rank candidates and to decide whether threads pay.
///
/// It counts what a nominal core of the instruction set would need: multiply-adds or loads, whichever binds, for every step of every tile; what
/// packing moves; and what strided reading costs in cache and TLB misses. Its constants are those of an instruction set, not of the machine
/// at hand, because the choice between families decides the order of sums and so may depend on the shape alone. Cycles are of one core.
struct CostModel {
  static let clock = 4.0e9
  /// Waking and gathering threads that spin: about 1.5 us.
  static let forkJoin = 6000.0

  private let problem: OrientedProblem
  private let blocking: Blocking
  private let m: Double
  private let n: Double
  private let k: Double

  init(_ problem: OrientedProblem, _ blocking: Blocking) {
    self.problem = problem
    self.blocking = blocking
    m = Double(problem.m)
    n = Double(problem.n)
    k = Double(problem.k)
  }

  /// Cycles on one thread.
  func cycles(_ pair: CandidatePair) -> Double {
    if m == 0 || n == 0 { return 0 }
    let work = pair.set.family == .dot ? dotCycles(pair) : tileCycles(pair) + packingCycles(pair)
    return max(work, memoryCycles)
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
  /// the latency of the chain of sums.
  private func step(_ pair: CandidatePair, height: Double, vectors: Double) -> Double {
    let perCycle = pair.set.isa >= .avx2 ? 2.0 : 1.25
    let sums = height * vectors / perCycle
    let loads = (height * costOfA(pair, height) + vectors * costOfB(pair)) / 2
    return max(sums, loads, 4)
  }

  /// Loads of A beyond a hit in L1, per broadcast: rows a multiple of a page apart fall into one set of the cache.
  private func costOfA(_ pair: CandidatePair, _ height: Double) -> Double {
    if pair.packsA { return 1 }
    let bytes = problem.aRowStride.magnitude &* UInt(problem.inputType.byteCount)
    if problem.aColumnStride == 1 { return bytes % 4096 == 0 && height > 8 && problem.k > 16 ? 3 : 1 }
    return problem.aRowStride == 1 ? 1.3 : 4
  }

  /// The same for a vector of B where it lies: a panel beyond L1; rows a page apart or more, which miss the TLB; rows whole pages
  /// apart, which fall into one set of L1 as well (AVX2, 1024^3: 85 GFLOP/s where B lies, 108 to 115 packed).
  private func costOfB(_ pair: CandidatePair) -> Double {
    // Of a single row of tiles B is read once, and packing would read it just so.
    if pair.packsB || problem.m <= pair.set.mr { return 1 }
    let depth = min(problem.k, blocking.kc)
    let rowBytes = problem.bRowStride.magnitude &* UInt(problem.inputType.byteCount)
    let far = Double(depth) * Double(pair.set.nr * problem.inputType.byteCount) > 32768
    let apart = depth <= 96 || rowBytes < 4096 ? 1.0 : rowBytes % 4096 == 0 ? 6 : 2.5
    return (far ? 2 : 1) * apart
  }

  private func tileCycles(_ pair: CandidatePair) -> Double {
    let set = pair.set
    let tiles = (m / Double(set.mr)).rounded(.up)
    let height = m / tiles
    let panels = Double(problem.n / set.nr)
    let rest = problem.n % set.nr
    let restVectors = Double((rest + set.lanes - 1) / set.lanes)
    let vectors = Double(set.nr / set.lanes)
    var perDepth = panels * step(pair, height: height, vectors: vectors)
    if rest > 0 { perDepth += step(pair, height: height, vectors: restVectors) }
    let depths = (k / Double(set.kr)).rounded(.up)
    let blocks = (k / Double(blocking.kc)).rounded(.up)
    let calls = tiles * (panels + (rest > 0 ? 1 : 0)) * blocks
    return tiles * perDepth * depths + calls * (12 + height * vectors * 1.5)
  }

  // MARK: packing

  /// Cycles per element moved: a copy, a transposition, or element by element.
  private func packingRate(along panelStride: Int, _ depthStride: Int, widens: Bool) -> Double {
    let rate = panelStride == 1 ? 0.3 : depthStride == 1 ? 0.6 : 2
    return widens ? rate * 1.5 : rate
  }

  private func packingCycles(_ pair: CandidatePair) -> Double {
    var cycles = 0.0
    if pair.packsA {
      let passes = (n / Double(blocking.nc)).rounded(.up)
      cycles += passes * m * k * packingRate(along: problem.aRowStride, problem.aColumnStride, widens: pair.widens) + 60
    }
    if pair.packsB {
      cycles += n * k * packingRate(along: problem.bColumnStride, problem.bRowStride, widens: pair.widens) + 60
    }
    return cycles
  }

  // MARK: dot and memory

  private func dotCycles(_ pair: CandidatePair) -> Double {
    let set = pair.set
    let perStep = set.isa == .avx512bf16 ? 2 * set.lanes : set.lanes
    let steps = (k / Double(perStep)).rounded(.up)
    let rowTiles = (m / Double(set.mr)).rounded(.up)
    let columnTiles = (n / Double(set.nr)).rounded(.up)
    let height = m / rowTiles
    let columns = n / columnTiles
    // Widening costs a shift and a shuffle for each load.
    let load = set.inputType == .bfloat16 && set.isa < .avx512bf16 ? 2.0 : 1.0
    let oneStep = max(height * columns / 2, (height + columns) * load / 2, 4)
    return rowTiles * columnTiles * (steps * oneStep + 12 + height * columns * 8)
  }

  /// Reading A and B and writing C once, at the rate of the level that holds them.
  private var memoryCycles: Double {
    let bytes = (m * k + k * n) * Double(problem.inputType.byteCount) + 2 * m * n * Double(problem.outputType.byteCount)
    if bytes > 16_777_216 { return bytes / 10 }
    return bytes > 1_048_576 ? bytes / 25 : 0
  }
}
