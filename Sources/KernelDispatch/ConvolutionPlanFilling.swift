import CKernels
import Tensors

extension Dispatch {
  /// A choice written down as what C runs.
  func written(
    _ problem: ConvolutionProblem, _ kernels: ConvolutionKernels, threads: Int, _ options: SelectionOptions
  ) -> ck_conv_plan {
    var plan = ck_conv_plan()
    plan.driver = CK_CONV_EMPTY
    plan.images = Int64(problem.shape.batch)
    plan.groups = Int64(problem.shape.groups)
    plan.channels = Int64(problem.channels)
    plan.image = problem.image
    plan.layout = problem.layout
    plan.offsets = problem.offsets
    plan.band_rows = 1
    plan.band_channels = 1
    plan.pixel_channels = problem.image.channels
    plan.kept_panels = 1
    plan.band_images = 1
    plan.joined = 1
    if problem.isEmpty { return plan }
    let blocked = !options.without.contains(.cacheBlocking)
    switch kernels.kind {
    case .depthwise(let index):
      let kernel = KernelTable.shared.depthwise[index]
      let turned = kernels.algorithm.turnsChannels
      if problem.isOfWeights {
        fillDepthwiseWeights(&plan, problem, kernel, turned: turned, threads: threads)
      } else if turned {
        fillDepthwiseTurned(&plan, problem, kernel, threads: threads)
      } else {
        fillDepthwise(&plan, problem, kernel, threads: threads)
      }
    case .tiles(let index):
      let pair = candidates.pairs[index]
      switch kernels.algorithm {
      case .direct: fillDirect(&plan, problem, pair, threads: threads, blocked: blocked)
      case .winograd(let outputs): fillWinograd(&plan, problem, pair, outputs: outputs, threads: threads)
      case .winogradWeights(let outputs): fillWinogradWeights(&plan, problem, pair, outputs: outputs, threads: threads)
      case .weights: fillWeights(&plan, problem, pair, threads: threads)
      case .patches: fillPatches(&plan, problem, pair, threads: threads, options)
      case .pointwise, .implicitGEMM, .im2col, .pointwiseWeights, .im2colWeights, .depthwise, .depthwiseWeights, .grouped,
        .groupedWeights:
        fillProducts(&plan, problem, pair, kernels.algorithm, threads: threads, options)
      }
    }
    return plan
  }

  private func fillProducts(
    _ plan: inout ck_conv_plan, _ problem: ConvolutionProblem, _ pair: CandidatePair, _ algorithm: ConvolutionVariant.Algorithm,
    threads: Int, _ options: SelectionOptions
  ) {
    let descriptor = problem.product(from: algorithm)
    let product = problem.orientedProduct(from: algorithm, for: pair)
    // One product for each image and group, each of its own.
    let count = (problem.isOneProduct ? 1 : problem.shape.batch) * problem.shape.groups
    let apart = options.workspaceLimit == nil && multipliesApart(problem, products: count, threads: threads)
    let threadsOfEach = apart ? 1 : threads
    let selection = Selection(
      pairIndex: pair.index, blocking: blocking(of: product, for: pair, options, threads: threadsOfEach), threads: threadsOfEach,
      swapped: product.swapped)
    plan.driver = CK_CONV_PRODUCTS
    let products = Batch(count: count, aStride: 1, bStride: 1, cStride: 1)
    plan.gemm = written(product, descriptor, selection, products: products)
    plan.products_team = ck_team(threads: apart ? Int32(threads) : 1, spin_milliseconds: spinMilliseconds)
    plan.gemm.fetches_c = plan.gemm.fetches
    plan.one_product = problem.isOneProduct
    plan.image_is_a = problem.pixelsAreRows || problem.isOfWeights
    // What the loops of products take for weights is the output's gradient, and what for the output the weights'.
    if problem.isOfWeights { swap(&plan.layout.w_gs, &plan.layout.out_gs) }
    plan.from_image = algorithm == .implicitGEMM
    plan.im2col_stride = algorithm.writesPatches ? Int64(problem.patchStride) : 0
  }

  /// The caller's blocks, or those that suit the caches.
  func blocking(
    of product: OrientedProblem, for pair: CandidatePair, _ options: SelectionOptions, threads: Int = 1
  ) -> Blocking {
    if let blocking = options.blocking { return blocking.fitted(to: product, pair) }
    let blocked = !options.without.contains(.cacheBlocking)
    let blocking = blocks.blocking(of: product, for: pair, blocked: blocked)
    return threads == 1 && blocked ? blocks.narrowed(blocking, product, pair) : blocking
  }

  /// Whether threads take whole products, which must be enough for all of them, and so small that each core's L2 holds the weights; else, and
  /// where workspace is limited, they share each.
  private func multipliesApart(_ problem: ConvolutionProblem, products: Int, threads: Int) -> Bool {
    let isEven = products.isMultiple(of: threads) || products >= 8 * threads
    let weightBytes = problem.channels * problem.depth * problem.inputType.byteCount
    return threads > 1 && isEven && weightBytes <= blocks.l2Bytes / 2
  }

  private func fillDirect(
    _ plan: inout ck_conv_plan, _ problem: ConvolutionProblem, _ pair: CandidatePair, threads: Int, blocked: Bool
  ) {
    plan.driver = CK_CONV_DIRECT
    let pixelChannels = problem.pixelChannels(for: pair)
    plan.pixel_channels = Int64(pixelChannels)
    let pixelBytes = pixelChannels * pair.panelType.byteCount
    let rowBytes = problem.kernelSlices * max(problem.shape.width, problem.reachedColumns) * pixelBytes
    plan.joins_rows = problem.joinsRows(for: pair)
    let panels = (problem.channels - 1) / pair.set.nr + 1
    // Threads share panels and groups of joined rows, and bands of these where there are too few.
    let shared = plan.joins_rows ? panels * problem.shape.groups : 1
    let bands = threads == 1 ? 1 : (2 * threads - 1) / shared + 1
    let rows = blocked ? bandRows(problem, rowBytes: rowBytes, most: blocks.l2Bytes / 4, bands: bands) : problem.outputHeight
    plan.band_rows = Int64(plan.joins_rows && blocked ? problem.joinedRows(rows, bands: bands) : rows)
    let pixels = plan.joins_rows ? problem.joinedPixels(rows: Int(plan.band_rows)) : problem.outputWidth
    plan.gemm = rowPlan(problem, pair, pixels: pixels, threads: threads)
    // What lies between rows is no output. Sums are not stored late: the last tile's are finished at once.
    if plan.joins_rows { (plan.gemm.accumulate, plan.gemm.tile.narrow) = (true, false) }
    fillStores(&plan.gemm, problem, pair, threads: threads)
    plan.turns_sums = turnsSums(problem, pair, plan.gemm)
    plan.gemm.tile.narrow = plan.gemm.tile.narrow || plan.turns_sums && problem.outputType == .bfloat16
    plan.pack_weights = pair.packsB
    plan.copy_input = problem.copiesInput(for: pair)
    plan.band_columns = Int64(problem.reachedColumns)
    let fitsTwo = problem.outputHeight > 1 && 2 * problem.outputWidth <= pair.set.mr
    plan.pairs_rows = pair.set.family == .matrix && fitsTwo && problem.depth > 0 && !plan.joins_rows
    let panelBytes = problem.kernelSlices * problem.shape.kernel.height * problem.shape.kernel.width * pixelBytes * pair.set.nr
    let isWholeImage = blocked && plan.band_rows >= problem.outputHeight
    if pair.set.family == .matrix && isWholeImage && panels * panelBytes > blocks.l2Bytes / 2 {
      // A panel that leaves L2 between two images meets as many as L2 has room for.
      let reached = problem.reachedRows(problem.outputHeight)
      let imageBytes = rowBytes * (plan.joins_rows ? reached : min(reached, problem.shape.height))
      plan.band_images = Int64(max(1, min(blocks.l2Bytes / 4 / max(imageBytes, 1), problem.shape.batch / threads)))
    }
    // A single band keeps none for another.
    let isSingle = problem.shape.batch == 1 && plan.band_rows >= problem.outputHeight
    let keepsAll = isSingle || problem.weightsAhead || !pair.packsB
    // Threads meet after each step: of narrow groups as many are one step as leave L2 to the images.
    let groups = keepsAll ? problem.shape.groups : max(1, blocks.l2Bytes / 2 / max(panels * panelBytes, 1))
    let together = threads > 1 ? min(problem.shape.groups, groups) : 1
    let kept = keepsAll ? panels : min(panels, max(1, Self.mostWeightBytes / max(panelBytes, 1)))
    plan.kept_panels = Int64(together * kept)
  }

  /// Whether what tiles store apart from the output is finished, and only has to be turned round.
  private func turnsSums(_ problem: ConvolutionProblem, _ pair: CandidatePair, _ plan: ck_gemm_plan) -> Bool {
    let storesOutput = problem.outputType != .bfloat16 || pair.set.language == .c
    return plan.accumulate && !plan.has_epilogue && storesOutput && problem.layout.out_qs == 1
  }

  /// Packed weights of so many bytes at most are kept at once.
  private static let mostWeightBytes = 16 << 20

  /// Output rows of a band whose input takes at most `most` bytes; at least `bands` bands over all images where there are so many rows.
  func bandRows(_ problem: ConvolutionProblem, rowBytes: Int, most: Int, bands: Int) -> Int {
    let shape = problem.shape
    let inputRows = most / max(rowBytes, 1)
    let reach = (shape.kernel.height - 1) * shape.dilation.height + 1
    let outputRows = inputRows <= reach ? 1 : (inputRows - reach) / shape.stride.height + 1
    let count = max((problem.outputHeight - 1) / outputRows + 1, min(problem.outputHeight, (bands - 1) / shape.batch + 1))
    return (problem.outputHeight - 1) / count + 1
  }

  /// The plan of one output row, or of so many pixels of joined ones, whose tiles `direct` runs.
  func rowPlan(_ problem: ConvolutionProblem, _ pair: CandidatePair, pixels: Int? = nil, threads: Int) -> ck_gemm_plan {
    let descriptor = problem.rowProduct(pixels: pixels)
    let row = problem.row(for: pair, microarchitecture, pixels: pixels)
    let blocking = Blocking(mc: row.m, nc: row.n, kc: max(row.k, 1))
    let selection = Selection(pairIndex: pair.index, blocking: blocking, threads: threads, swapped: false)
    return written(row, descriptor, selection, forDirect: true)
  }
}
