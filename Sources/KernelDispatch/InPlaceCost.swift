import CKernels
import Tensors

/// What reading an operand where it lies costs, beside packed panels.
extension CostModel {
  /// Loads of A beyond a hit in L1, per broadcast: rows a multiple of a page apart fall into one set of the cache (of Zen 4 see `slowdownOfA`). Zen 5 and
  /// Emerald Rapids read them in place as fast: the steps of several depths use a line up before it is pushed out (512 x 32 x 1024 by rows 142 us, packed
  /// 189, and 235 and 141 GFLOP/s; by columns 1024^3 on Zen 5 239 in place, packed 230).
  func loadsOfA(_ pair: CandidatePair, _ height: Double) -> Double {
    if pair.packsA { return 1 }
    let isFast = problem.aColumnStride == 1 || problem.aRowStride == 1 && !microarchitecture.foldsBroadcasts
    if pair.set.isa >= .avx512 && isFast { return 1 }
    if problem.aColumnStride == 1 { return rowBytes(problem.aRowStride) % 4096 == 0 && height > 8 && problem.k > 16 ? 3 : 1 }
    // Its columns a multiple of a page apart: all in a few sets of the cache (1024^3 on Emerald Rapids: 66 GFLOP/s, packed 136).
    if problem.aRowStride == 1 { return rowBytes(problem.aColumnStride) % 4096 == 0 && problem.k > 16 ? 3 : 1.3 }
    return 4
  }

  /// What reading an operand where it lies costs over packed panels, beyond the loads: its rows lie in pages and sets of their own, where
  /// no prefetcher follows. Measured with AVX2 on Zen 3 (512^3 ... 1024^3, and 8 ... 128 rows by 768 ... 4096): of A 0 to 6 %, of B 12 to
  /// 17 %, 25 to 50 % when its rows are whole pages apart. With AVX-512 on Zen 5 (96^3 ... 1024^3, 128 x 768 x 3072), whose tiles ask for what comes
  /// next: of A up to 3 %, of B up to 3 % and 8 %; further costs are on Emerald Rapids and, where ways bind, on Zen 4.
  func slowdown(_ pair: CandidatePair) -> Double {
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
    // On Zen 5 A in place is as fast up to rows of a page (333^3 ... 700^3; 1300^3 loses 4 %), on Emerald Rapids too (but beside a busy neighbour, which
    // shares the front end, 384^3 ... 704^3 lose up to 8 %).
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
    if isWide && microarchitecture.foldsBroadcasts { return slowdownOfRows(rowBytes) }
    var factor = 1.0
    // Each load touches two lines.
    if isWide && rowBytes % 64 != 0 { factor *= 1.06 }
    if rowBytes < 1024 {
      // So do two of AVX2, and a panel deep enough fills L1 with lines of which it needs half (Zen 3, in place and copied: 190^3 84.8 and 87.8
      // GFLOP/s, 255^3 84 and 90, 1024 x 196 x 256 78 and 87, 512 x 49 x 2048 57 and 74).
      let fillsL1 = pair.set.isa == .avx2 && problem.inputType != .bfloat16 && min(problem.k, blocking.kc) > 128
      return fillsL1 && rowBytes % 64 != 0 ? 1.12 : factor
    }
    // Of whole lines 512^3 ... 1000^3 on Zen 5 are 1 to 2 % faster than from copied panels.
    factor *= rowBytes % 4096 == 0 ? (isWide ? 1.08 : 1.3) : !isWide ? 1.15 : 1
    return isWide && rowBytes > 4096 ? factor * 1.03 : factor
  }

  /// Of rows of B in place on Intel's processors (Emerald Rapids, in place and copied). Those of up to a page are as fast, whole lines or not (107^3 214 and
  /// 210 GFLOP/s, 183^3 221 and 221, 555^3 217 and 215, 100 x 1000 x 400 216 and 205), but half a page or a page apart they share few sets of L1 (512^3
  /// 211 and 230, 196 x 1024 x 256 201 and 224), and many of them those of L2 (1024^3 95 and 217, 512 x 3072 x 768 74 and 207). Longer ones have an entry
  /// of the TLB each, of which there are enough for few (64 x 12544 x 147 201 and 177, 64 x 3136 x 576 188 and 208).
  private func slowdownOfRows(_ rowBytes: UInt) -> Double {
    if rowBytes < 1024 { return 1 }
    let depths = UInt(min(problem.k, blocking.kc))
    if rowBytes % 2048 == 0 { return (rowBytes & ~(rowBytes - 1)) * depths >= 2_097_152 ? 2 : 1.12 }
    if rowBytes <= 4096 { return 1.01 }
    return (rowBytes % 64 == 0 ? 1 : 1.06) * (depths > 160 ? 1.11 : 1.04)
  }

  /// A vector's share of the 32 bytes that the next cache moves in a cycle: narrow ones hide what wide ones wait for.
  func width(_ set: TileSet) -> Double { min(1, Double(set.lanes * problem.inputType.byteCount) / 32) }

  func rowBytes(_ stride: Int) -> UInt { stride.magnitude &* UInt(problem.inputType.byteCount) }
}
