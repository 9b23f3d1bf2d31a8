import CKernels
import Tensors

extension Dispatch {
  /// `selection` written down as what C runs. `problem` is `descriptor` turned. `forDirect`: for direct convolution, whose own loops take its tiles
  /// row by row. `products`: of which it will be one, if not of the descriptor's batch.
  func written(
    _ problem: OrientedProblem, _ descriptor: GEMMDescriptor, _ selection: Selection, forDirect: Bool = false,
    products: Batch? = nil
  ) -> ck_gemm_plan {
    let pair = candidates.pairs[selection.pairIndex]
    let set = pair.set
    let threads = descriptor.batch.count == 1 ? (alone: selection.threads, batch: 1) : shares(problem, descriptor, selection)
    let batch = products ?? descriptor.batch
    let driver = driver(problem, descriptor, selection, threads: threads.alone, batch)
    let (m, mr) = (Int64(problem.m), Int64(pair.mr(problem)))
    let height = Int64(forDirect ? pair.tileRows(problem) : tileRows(problem, descriptor, selection, batch, driver))
    let rowTiles = m <= height ? min(m, 1) : (m - 1) / height + 1
    let (tileRows, tallerTiles) = rowTiles <= 1 ? (m, 0) : m.quotientAndRemainder(dividingBy: rowTiles)
    let panelsAtOnce = forDirect ? 1 : set.panelsAtOnce(problem.m, mr: Int(height))
    let sumsApart = problem.sumsApart && !storesNarrow(problem, descriptor, selection, forDirect: forDirect)
    var plan = ck_gemm_plan(
      driver: driver, swapped: problem.swapped,
      pack_a: pair.packsA, pack_b: pair.packsB, ready_a: nil, ready_b: nil, copied_a: nil, copied_b: nil,
      accumulate: sumsApart, has_epilogue: !descriptor.epilogue.isIdentity,
      tiles_finish: !sumsApart && !forDirect && !descriptor.epilogue.isIdentity && tilesFinish(descriptor, set),
      fetches: asks(problem, batch, set), fetches_c: asksForC(problem, batch, set),
      quiet_bytes: Int64(microarchitecture.asksWithinL2 ? Self.leastQuietBytes : blocks.l2Bytes),
      far_bytes: Int64(countedLastLevelBytes / 2),
      tiles_copy_b: pair.copiesB(problem),
      streams_c: streamsC(problem, descriptor, selection),
      tiles_repeat: set.goesOn && !pair.splits,
      panels_at_once: Int32(panelsAtOnce),
      takes_slices: panelsAtOnce > 1 || (set.family == .dot && set.language == .c && rowTiles == 1),
      a_type: problem.inputType.kernelType, b_type: problem.inputType.kernelType,
      acc_type: descriptor.accumulatorType.kernelType, c_type: problem.outputType.kernelType,
      panel_type: set.inputType.kernelType, parts: pair.splits ? Int32(problem.parts) : 0, isa: set.isa.kernelISA,
      mr: Int32(mr), nr: Int32(set.nr), kr: Int32(set.kr), a_kr: Int32(set.aKr), in_tiles: set.family == .matrix,
      team: team(threads.alone),
      m: m, n: Int64(problem.n), k: depth(problem, descriptor),
      row_tiles: rowTiles, tile_rows: tileRows, taller_tiles: tallerTiles,
      a_rs: Int64(problem.aRowStride), a_cs: Int64(problem.aColumnStride),
      b_rs: Int64(problem.bRowStride), b_cs: Int64(problem.bColumnStride),
      c_rs: Int64(problem.cRowStride), c_cs: Int64(problem.cColumnStride),
      mc: Int64(selection.blocking.mc), nc: Int64(selection.blocking.nc), kc: Int64(selection.blocking.kc),
      strassen_levels: Int32(selection.strassenLevels),
      slice_panels: Int64(slicePanels(problem, descriptor, selection, driver, atOnce: panelsAtOnce)),
      k_parts: Int64(BlockSizes.partsOfK(problem, for: pair, kc: selection.blocking.kc)),
      alpha: descriptor.alpha, beta: descriptor.beta,
      epilogue: descriptor.epilogue.kernelEpilogue(swapped: problem.swapped),
      tiles: UnsafePointer(set.tiles), tile: firstTile(problem, descriptor, selection, driver, forDirect: forDirect),
      batch: self.batch(problem, descriptor, threads: threads.batch))
    plan.tile.stores_late = plan.tile.narrow || plan.streams_c
    return plan
  }

  /// Most rows of a tile by which a product is run.
  private func tileRows(
    _ problem: OrientedProblem, _ descriptor: GEMMDescriptor, _ selection: Selection, _ batch: Batch, _ driver: ck_driver
  ) -> Int {
    let pair = candidates.pairs[selection.pairIndex]
    let set = pair.set
    let most = pair.tileRows(problem)
    if driver == CK_DRIVER_TILES && set.takesPairs(problem) { return TileSet.rowsOfPairs }
    // Panels of A that come packed serve products of any width.
    if problem.readyA { return most }
    if problem.k > microarchitecture.shallowDepth || problem.n <= set.lanes { return most }
    // Rows of C that go to memory, each to a page of its own, are best met as many at once as can be.
    let bytes = bytes(problem, batch)
    let isNear = bytes.inputs + bytes.output <= Double(blocks.lastLevelBytes / 4)
    if !isNear && problem.cRowStride >= Self.pageBytes / problem.outputType.byteCount { return most }
    let panels = problem.n / set.nr
    if problem.outputType == .bfloat16 {
      // The blocked loops take pairs of panels where nothing but a store follows.
      let isPlain = descriptor.epilogue.isIdentity && storesNarrow(problem, descriptor, selection)
      let arePairs = panels > 3 || panels == 2 && problem.n % set.nr == 0
      return driver == CK_DRIVER_BLOCKED && isPlain && arePairs && set.hasTilesOfPairs ? min(most, TileSet.rowsOfPairs) : most
    }
    let readsRows = problem.inputType == .float32 && (!pair.packsB || problem.readyB)
    let arePairs = driver != CK_DRIVER_BLOCKED && readsRows && panels >= 2 && set.hasTilesOfPairs
    return min(most, arePairs ? TileSet.rowsOfPairs : Microarchitecture.shallowRows)
  }

  private static let pageBytes = 4096

  /// Depths from which tiles of AVX2 ask for what lies beyond L2.
  private static let askingDepth = 384

  /// Whether tiles ask for what comes next: beyond L2, and within it where that costs nothing. Tiles of AVX2 are over in half the time of those of
  /// AVX-512, so that asking shows, and ask beyond L2 where K is deep (Zen 3, asking and not: 96^3 84.7 and 95.2 GFLOP/s, 512 x 784 x 128 83.4 and
  /// 89.1, 100000 x 16 x 16 66.6 and 74.1; but 64 x 64 x 100000 87.8 and 83.9, 1024^3 91.8 and 88.9; batches out of memory: 8^3 30.4 and 34.6, 16^3 49
  /// and 49, 13 x 7 x 19 25.6 and 20.7, 100^3 46 and 57). So it shows beside tile registers, which ask beyond L2 (Emerald Rapids in bf16, 1x1 layers, asking
  /// and not: 576 channels into 96 at 14 1393 and 1569 GFLOP/s, 96 into 24 at 56 787 and 1002; beyond it 256 into 128 at 56 1421 and 1327).
  func asks(_ problem: OrientedProblem, _ batch: Batch, _ set: TileSet) -> Bool {
    let bytes = bytes(problem, batch)
    let isBeyondL2 = bytes.inputs + bytes.output > Double(blocks.l2Bytes)
    if set.isa == .avx2 { return isBeyondL2 && problem.k >= Self.askingDepth }
    if set.family == .matrix { return batch.count == 1 && isBeyondL2 }
    return microarchitecture.asksWithinL2 || isBeyondL2
  }

  /// Whether they ask for C. Of a batch they don't, unless they ask for the next product: out of the last level hardware does better (80 x 80 x 100 on Zen 5 in bf16 352 to 394 GFLOP/s
  /// unasked, in fp32 220 to 232). In pairs a tile of few depths is over too soon (128^3 3 % faster unasked), but out of memory larger products gain
  /// more (256^3 308 to 386).
  private func asksForC(_ problem: OrientedProblem, _ batch: Batch, _ set: TileSet) -> Bool {
    let bytes = bytes(problem, batch)
    return batch.count == 1 && asks(problem, batch, set)
      && (set.kr == 1 || bytes.inputs + bytes.output > Double(Self.leastQuietBytes))
  }

  /// Bytes of A and B together, and of C, over a batch.
  func bytes(_ problem: OrientedProblem, _ batch: Batch) -> (inputs: Double, output: Double) {
    func times(_ stride: Int) -> Double { stride == 0 ? 1 : Double(batch.count) }
    let (aStride, bStride) = problem.swapped ? (batch.bStride, batch.aStride) : (batch.aStride, batch.bStride)
    let (m, n, k) = (Double(problem.m), Double(problem.n), Double(problem.k))
    let inputs = (m * k * times(aStride) + k * n * times(bStride)) * Double(problem.inputType.byteCount)
    return (inputs, m * n * times(batch.cStride) * Double(problem.outputType.byteCount))
  }

  /// So few bytes of a batch, or of a product, stay in any L2.
  private static let leastQuietBytes = 256 << 10

  private func team(_ threads: Int) -> ck_team { ck_team(threads: Int32(threads), spin_milliseconds: spinMilliseconds) }

  /// Threads that work together on one product, and threads that share the products of a batch: a few large products are multiplied one after
  /// another, else each has one thread.
  private func shares(_ problem: OrientedProblem, _ descriptor: GEMMDescriptor, _ selection: Selection) -> (
    alone: Int, batch: Int
  ) {
    if selection.threads == 1 { return (1, 1) }
    let isFew = descriptor.batch.count % selection.threads != 0 && descriptor.batch.count < 8 * selection.threads
    let cycles = CostModel(problem, selection.blocking, microarchitecture).cycles(selection.pair)
    return isFew && cycles > 64 * CostModel.forkJoin ? (selection.threads, 1) : (1, selection.threads)
  }

  private func batch(_ problem: OrientedProblem, _ descriptor: GEMMDescriptor, threads: Int) -> ck_batch {
    let batch = descriptor.batch
    let (a, b) = problem.swapped ? (batch.bStride, batch.aStride) : (batch.aStride, batch.bStride)
    return ck_batch(count: Int64(batch.count), a: Int64(a), b: Int64(b), c: Int64(batch.cStride), team: team(threads))
  }

  /// The first tile's work, with the operands where they lie and all of K.
  private func firstTile(
    _ problem: OrientedProblem, _ descriptor: GEMMDescriptor, _ selection: Selection, _ driver: ck_driver, forDirect: Bool
  ) -> ck_tile {
    let set = selection.pair.set
    let isDot = set.family == .dot
    return ck_tile(
      blocks: selection.pair.splits ? Int64(descriptor.precision.productCount) : 1, k: depth(problem, descriptor),
      a_rs: Int64(problem.aRowStride), a_ks: isDot ? 1 : Int64(problem.aColumnStride &* set.aKr),
      b_ks: Int64(isDot ? problem.bColumnStride : problem.bRowStride), c_rs: Int64(problem.cRowStride),
      n: Int64(min(problem.n, set.nr)), beside: false, b_ps: 0, a_lower: 0, c_lower: 0,
      streams_b: set.family == .matrix && driver == CK_DRIVER_BLOCKED && passesByA(problem, selection), alpha: descriptor.alpha,
      beta: descriptor.beta, stores_late: false, narrow: storesNarrow(problem, descriptor, selection, forDirect: forDirect),
      streams_c: false,
      fetch_c: false, c_ahead: 0, fetch: (ck_stream(), ck_stream()), a_ahead: 0, more: 0, a_step: 0, b_step: 0, c_step: 0,
      folds_a: microarchitecture.foldsBroadcasts, finish: nil, copy_b: nil)
  }

  /// Whether a small product by tile registers goes panel by panel: tiles of one height, as registers are set up anew for each other one, and a C
  /// that stays near. In a batch B comes from afar, by rows, of which all panels are packed at once (64^3 265 GFLOP/s, panel by panel 219).
  private func staysNear(_ problem: OrientedProblem, _ selection: Selection, _ batch: Batch) -> Bool {
    let (pair, near) = (selection.pair, Self.nearSize)
    if pair.packsA || problem.k > near || problem.n > near || batch.count > 1 && problem.n > pair.set.nr { return false }
    let tiles = (max(problem.m, 1) - 1) / pair.tileRows(problem) + 1
    return problem.m % tiles == 0
  }

  private static let nearSize = 128

  /// Whether tile registers meet a B that comes packed and from afar panel by panel, if there are few rows of several tiles: each panel is asked for while
  /// the one before it is multiplied (128 x 11008 x 4096 in bf16 708 to 926 GFLOP/s, 128 x 4096 x 4096 821 to 1061, 96 x 2048 x 2048 1011 to 1119; but 128 x
  /// 3072 x 768 1335 to 1067). Of a batch nothing is asked for.
  private func readsFarPanels(_ problem: OrientedProblem, _ pair: CandidatePair, _ batch: Batch) -> Bool {
    let bytesOfB = Double(problem.n) * Double(problem.k) * Double(problem.inputType.byteCount)
    return problem.readyB && batch.count == 1 && problem.m > pair.set.mr && bytesOfB >= Self.farBytesOfReadyB
  }

  private static let farBytesOfReadyB = Double(8 << 20)

  /// Whether B passes by tiles of A that stay in L1, where itself it does not.
  private func passesByA(_ problem: OrientedProblem, _ selection: Selection) -> Bool {
    let depthBytes = min(problem.k, selection.blocking.kc) * problem.inputType.byteCount
    return problem.n > Int(CK_NEAR_BYTES) / max(depthBytes, 1)
  }

  func driver(_ problem: OrientedProblem, _ descriptor: GEMMDescriptor, _ selection: Selection) -> ck_driver {
    driver(problem, descriptor, selection, threads: selection.threads, descriptor.batch)
  }

  /// `threads`: that work together on one product.
  private func driver(
    _ problem: OrientedProblem, _ descriptor: GEMMDescriptor, _ selection: Selection, threads: Int, _ batch: Batch
  ) -> ck_driver {
    let pair = candidates.pairs[selection.pairIndex]
    if problem.m == 0 || problem.n == 0 { return CK_DRIVER_EMPTY }
    let depth = depth(problem, descriptor)
    if depth == 0 { return CK_DRIVER_SCALE }
    if selection.strassenLevels > 0 { return CK_DRIVER_STRASSEN }
    let inPlace = !pair.packsA && !pair.packsB && (!problem.sumsApart || storesNarrow(problem, descriptor, selection))
    guard inPlace && depth <= selection.blocking.kc && threads == 1 else { return loops(problem, selection, batch) }
    let bare = descriptor.epilogue.isIdentity
    if bare && problem.m <= pair.mr(problem) && problem.n <= pair.set.nr { return CK_DRIVER_ONE_TILE }
    // The blocked loops share work and fetch ahead; a small product is in L1 anyway.
    let rows = blocks.rowsInL2(problem, pair, kc: selection.blocking.kc)
    let small = problem.m <= min(rows, 4096) && problem.n <= 4096 / max(problem.m, 1)
    return small ? CK_DRIVER_TILES : loops(problem, selection, batch)
  }

  /// Panels of a slice. Of the blocked loops: those that stay in L2; without cache blocking one, which all tiles pass. By slices: one of panels
  /// that came packed or are packed along K, so that its sums stay in L1; else as many as give each thread one or some slices, whose rows are read
  /// from end to end, or fewer where their sums are kept apart from C.
  private func slicePanels(
    _ problem: OrientedProblem, _ descriptor: GEMMDescriptor, _ selection: Selection, _ driver: ck_driver, atOnce: Int
  ) -> Int {
    let set = selection.pair.set
    let panels = (problem.n - 1) / set.nr + 1
    if driver != CK_DRIVER_BY_SLICE {
      if descriptor.options.without.contains(.cacheBlocking) { return 1 }
      return max(1, blocks.rowsInL2(problem, selection.pair, kc: selection.blocking.kc) / set.nr)
    }
    // B that came packed lies panel by panel, whatever it was packed from (8 x 11008 x 4096 on Zen 5 57 to 133 GFLOP/s). All of A passes each.
    let bytesOfA = Double(problem.m) * Double(problem.k) * Double(problem.inputType.byteCount)
    if problem.readyB {
      if bytesOfA <= Double(blocks.lastLevelBytes / 4) { return atOnce }
    } else if selection.pair.packsB && (problem.bRowStride == 1 || problem.k <= selection.blocking.kc) {
      return 1
    }
    // Parts of K share the work too, and a slice fewer reads A once less. A tile of several panels wants them all, and rows of B as long as can be
    // (1 x 768 x 768 on two cores of Zen 5: 25 to 89 GFLOP/s, 1 x 4096 x 4096 20 to 25).
    let parts = BlockSizes.partsOfK(problem, for: selection.pair, kc: selection.blocking.kc)
    let tasks = atOnce > 1 ? 1 : 4
    let shared = wholeMultiple(panels * parts / (selection.threads == 1 ? 1 : tasks * selection.threads), of: atOnce)
    let kept = problem.sumsApart ? Self.mostSlicedSums / (min(max(problem.m, 1), 1 << 30) * set.nr) : Int.max
    return max(1, min(panels, shared, kept))
  }

  /// Sums of a slice that are kept apart from C: 1 MiB of fp32.
  private static let mostSlicedSums = 1 << 18

  /// The loops that share work between threads: by slices where a packed panel would be used by one task alone.
  private func loops(_ problem: OrientedProblem, _ selection: Selection, _ batch: Batch) -> ck_driver {
    let isMatrix = selection.pair.set.family == .matrix
    if selection.pair.splits
      || isMatrix && !staysNear(problem, selection, batch) && !readsFarPanels(problem, selection.pair, batch)
    {
      return CK_DRIVER_BLOCKED
    }
    return problem.hasFewRows && BlockSizes.slices(problem, selection.pair) ? CK_DRIVER_BY_SLICE : CK_DRIVER_BLOCKED
  }

  /// Whether micro-kernels store C as bf16: all of K in one block, and nothing left to do that they can't.
  private func storesNarrow(
    _ problem: OrientedProblem, _ descriptor: GEMMDescriptor, _ selection: Selection, forDirect: Bool = false
  ) -> Bool {
    let set = selection.pair.set
    let finishes = descriptor.epilogue.isIdentity || !forDirect && tilesFinish(descriptor, set)
    return problem.outputType == .bfloat16 && problem.cColumnStride == 1 && descriptor.beta == 0 && finishes
      && problem.k <= selection.blocking.kc && set.language == .c
      && BlockSizes.partsOfK(problem, for: selection.pair, kc: selection.blocking.kc) == 1
  }

  /// Whether micro-kernels can run the epilogue on their sums: all but activations that are no clamp. On 512 x 3072 x 768 it then takes 0 or 1 % on
  /// Zen 5, a residual 3 to 6, instead of 2 to 9 by a pass of its own.
  private func tilesFinish(_ descriptor: GEMMDescriptor, _ set: TileSet) -> Bool {
    let sumBytes = descriptor.accumulatorType.byteCount
    let isClamp = descriptor.epilogue.activation == .none || descriptor.epilogue.activation == .relu
    return isClamp && set.isVectorised && ck_tile_finishes(Int32(set.isa.vectorBytes(elementBytes: sumBytes)), Int32(sumBytes))
  }

  private func depth(_ problem: OrientedProblem, _ descriptor: GEMMDescriptor) -> Int64 {
    descriptor.alpha == 0 ? 0 : Int64(problem.k)
  }
}

extension Epilogue {
  func kernelEpilogue(swapped: Bool) -> ck_epilogue {
    let kind: ck_bias
    switch bias {
    case .none: kind = CK_BIAS_NONE
    case .perRow: kind = swapped ? CK_BIAS_PER_COLUMN : CK_BIAS_PER_ROW
    case .perColumn: kind = swapped ? CK_BIAS_PER_ROW : CK_BIAS_PER_COLUMN
    }
    // ReLU is a clamp that comes before the other, which may end below it.
    let (lower, upper) = (clamp?.lowerBound ?? -.infinity, clamp?.upperBound ?? .infinity)
    return ck_epilogue(
      scale: scale, lower: activation == .relu ? min(max(lower, 0), upper) : lower, upper: upper, bias: kind,
      activation: activation.kernelActivation, adds_residual: hasResidual)
  }
}

extension Epilogue.Activation {
  fileprivate var kernelActivation: ck_activation {
    switch self {
    case .none, .relu: CK_ACT_NONE
    case .geluTanh: CK_ACT_GELU_TANH
    case .geluErf: CK_ACT_GELU_ERF
    case .silu: CK_ACT_SILU
    }
  }
}
