import CKernels
import Tensors

/// Predicts the time of a convolution, to rank candidates and to decide whether threads pay. Made of what `CostModel` knows of tiles and packing;
/// cycles are of one core.
struct ConvolutionCost {
  let problem: ConvolutionProblem
  private let blocks: BlockSizes
  let microarchitecture: Microarchitecture

  init(_ problem: ConvolutionProblem, _ blocks: BlockSizes, _ microarchitecture: Microarchitecture) {
    self.microarchitecture = microarchitecture
    self.problem = problem
    self.blocks = blocks
  }

  /// How much slower tiles are with weights where they lie than with panels, by the bytes from one row of weights to the next. Those a quarter of a
  /// page apart lose 1.05 to 1.2 on Zen 5 (256 channels at 14x14 and 56x56).
  private func factorInPlace(rowBytes: Int64) -> Double {
    rowBytes >= 2048 ? microarchitecture.farWeightsFactor : rowBytes >= 1024 ? 1.15 : rowBytes >= 512 ? 1.02 : 1
  }

  var images: Double { Double(problem.shape.batch) }
  var groups: Double { Double(problem.shape.groups) }
  var pixels: Double { Double(problem.outputHeight * problem.outputWidth) }
  /// That are read, those of several slices as often as sums go over them.
  var inputElements: Double {
    images * Double(problem.kernelSlices * problem.shape.inputChannels * problem.shape.height * problem.shape.width)
  }

  func cycles(_ kernels: ConvolutionKernels) -> Double {
    if problem.isEmpty { return 0 }
    switch kernels.kind {
    case .depthwise: return depthwise(kernels)
    case .tiles(let index):
      let pair = KernelTable.shared.candidates.pairs[index]
      switch kernels.algorithm {
      case .direct: return direct(pair)
      case .winograd(let outputs), .winogradWeights(let outputs): return winograd(pair, outputs: outputs)
      case .weights: return weights(pair)
      case .patches: return patches(pair)
      case .pointwiseWeights: return productOfPixels(pair)
      case .im2col, .im2colWeights: return writtenPatches(pair, kernels.algorithm, blocks)
      case .pointwise, .implicitGEMM, .depthwise, .depthwiseWeights, .grouped, .groupedWeights:
        return products(pair, kernels.algorithm)
      }
    }
  }

  // MARK: products

  private func products(_ pair: CandidatePair, _ algorithm: ConvolutionVariant.Algorithm) -> Double {
    let product = problem.orientedProduct(from: algorithm, for: pair)
    let blocking = blocks.blocking(of: product, for: pair, blocked: true)
    let count = groups * (problem.isOneProduct ? 1 : images)
    let model = CostModel(product, blocking, microarchitecture)
    if algorithm == .pointwise { return count * model.cycles(pair) * (problem.weightsAhead ? Self.factorOfReadyPanels : 1) }
    let imageIsLeft = problem.pixelsAreRows != product.swapped
    let packsWeights = imageIsLeft ? pair.packsB : pair.packsA
    let weights = packsWeights ? Double(problem.channels * problem.depth) * weightRate(pair) : 0
    return count * (model.tileCycles(pair) + weights) + images * groups * pixels * Double(problem.depth) * imageRate(pair)
  }

  /// Cycles per element of a panel packed out of the image: runs along the rows are copied, or every second of them, runs along channels
  /// transposed. Those that begin or end in the padding go piece by piece: of 3x3 at 28x28 an element takes 4.3 cycles on Zen 5, at 224x224 one.
  private func imageRate(_ pair: CandidatePair) -> Double {
    let strideOfPixels = problem.image.ws * problem.image.stride_w
    let isAlongChannels = problem.image.cs == 1 && problem.inputType == .float32
    let isFloat = problem.inputType == .float32 || pair.widens
    let isHalved = problem.image.ws == 1 && problem.image.stride_w == 2 && isFloat && pair.set.isa >= .avx2
    let inside = strideOfPixels == 1 ? 0.9 : isHalved ? 1.1 : isAlongChannels ? 1.4 : 3.5
    let kernelColumns = Double(problem.shape.kernel.width)
    let atEdges = problem.padsColumns && !isAlongChannels ? (kernelColumns - 1) / kernelColumns : 0
    let rate = inside + Self.cyclesOfEdge * atEdges / Double(max(pair.set.nr, problem.outputWidth))
    return pair.widens ? rate * 1.5 : rate
  }

  /// Of a run that meets an edge.
  private static let cyclesOfEdge = 100.0

  func weightRate(_ pair: CandidatePair) -> Double {
    if problem.weightsAhead { return 0 }
    let rate = problem.layout.w_os == 1 ? 0.6 : problem.depthStride == 1 ? 0.8 : 1.2
    return pair.widens ? rate * 1.5 : rate
  }

  /// The weights are packed once for all bands.
  private func patches(_ pair: CandidatePair) -> Double {
    let product = problem.patchProduct(for: pair)
    let blocking = blocks.blocking(of: product, for: pair, blocked: true)
    let weights = pair.packsB ? Double(problem.channels * problem.depth) * weightRate(pair) : 0
    let copies = pixels * Double(problem.channels) * Self.cyclesOfCopiedPatch
    return weights + images * (CostModel(product, blocking, microarchitecture).cycles(pair) + copies)
  }

  /// Per element: 0.3 of 16x16 patches of three channels on Zen 5, 0.5 (bf16) and 0.85 (fp32) of 2x2 patches in NCHW.
  private static let cyclesOfCopiedPatch = 0.5

  /// Of products with panels that are ready, beside `direct` with the same: 96 channels into 576 at 14 take on Zen 5 1.03 to 1.06 times as long, 384 into
  /// 64 on two cores 1.14.
  private static let factorOfReadyPanels = 1.05

  // MARK: direct

  private func direct(_ pair: CandidatePair) -> Double {
    // Joined rows of an image are one row.
    let joins = problem.joinsRows(for: pair)
    let row = problem.row(for: pair, microarchitecture, pixels: joins ? problem.joinedPixels(rows: problem.outputHeight) : nil)
    let whole = Blocking(mc: row.m, nc: row.n, kc: max(row.k, 1))
    let rows = images * groups * Double(joins ? 1 : problem.outputHeight)
    let panels = Double((problem.channels - 1) / pair.set.nr + 1)
    let tiles = (Double(row.m) / Double(pair.tileRows(row))).rounded(.up) * panels
    // Those that lie in the output are finished one by one.
    let isPlain = problem.rowProduct().epilogue.isIdentity
    let goesOn = pair.set.goesOn && (isPlain || problem.layout.out_ks != 1 || problem.outputType == .bfloat16)
    let ofCall = joins ? Self.cyclesOfCall + problem.cyclesOfJoinedTile : goesOn ? Self.cyclesOfFurtherTile : Self.cyclesOfCall
    let calls = problem.depth > 0 ? tiles * ofCall : 0
    let ofTiles =
      CostModel(row, whole, microarchitecture).tileCycles(pair, oneByOne: true) * (joins ? problem.factorOfPadding : 1)
    var cycles = rows * (ofTiles + calls)
    let weights = groups * Double(problem.channels * problem.depth)
    if pair.packsB {
      cycles += weights * weightRate(pair)
    } else if rows > 1 {
      cycles *= factorInPlace(rowBytes: problem.layout.w_cs * Int64(problem.inputType.byteCount))
    }
    if problem.copiesInput(for: pair) { cycles += inputElements * copyRate(pair) }
    if problem.layout.out_ks != 1 { cycles += images * groups * pixels * Double(problem.channels) * turnRate(pair) }
    let isProduct = problem.isPointwise && problem.isOneProduct && problem.pixelsAreRows && problem.pixelsAreEven
    return isProduct && pair.set.family == .matrix
      ? max(cycles, Self.factorOfMatrixRows * products(pair, .pointwise)) : cycles
  }

  /// Of tiles of CK_MATRIX along rows of pixels, beside a product of all pixels, whose tiles are of one height and ask for what comes next: 0.96 to 1.4 in
  /// 30 layers of ResNet-50 and MobileNet-V2 on Emerald Rapids, at 7x7 up to 2.7.
  private static let factorOfMatrixRows = 1.1

  /// Of each tile, beyond those of products: 16 channels into 96 at 112 in bf16 on Zen 5 take 105 us, as a product 87; 94 where a tile goes on to
  /// the next.
  private static let (cyclesOfCall, cyclesOfFurtherTile) = (36.0, 16.0)

  /// Cycles per element of an output whose channels are apart: what is turned round and no more takes on Zen 5 0.45 to 0.6 in bf16, 0.5 to 0.75 in
  /// fp32 (3 channels into 32 and 64, 7x7/2 and 3x3).
  private func turnRate(_ pair: CandidatePair) -> Double {
    if pair.set.isa < .avx512 { return 1.6 }
    if !problem.rowProduct().epilogue.isIdentity || problem.layout.out_qs != 1 { return 1.2 }
    return problem.outputType == .bfloat16 ? 0.5 : 0.6
  }

  /// Cycles per element of a copied band. Pixels of few channels of a group are copied one by one; channels that are apart are turned round, up to
  /// 16 at once.
  private func copyRate(_ pair: CandidatePair) -> Double {
    let channels = problem.shape.channelsPerGroup
    if problem.image.cs != 1 {
      let isNarrow = problem.inputType == .bfloat16 && !pair.widens
      return max(0.6, (isNarrow ? 3 : 4) / Double(min(max(channels, 1), 16)))
    }
    let runsOn = problem.image.ws == Int64(channels)
    return runsOn ? 0.3 : max(0.3, Self.pixelCycles / Double(max(channels, 1)))
  }

  private static let pixelCycles = 3.5
  /// Of a row of one channel's pixels.
  private static let cyclesOfCopiedPixel = 0.4
  private static let cyclesOfCopiedRow = 40.0

  // MARK: the gradient of the weights

  private func weights(_ pair: CandidatePair) -> Double {
    let product = OrientedProblem(problem.placeProduct(for: pair), turns: false)
    let whole = Blocking(mc: max(product.m, 1), nc: product.n, kc: max(product.k, 1))
    let kernel = problem.shape.kernel
    let places = Double(problem.mergesColumns(for: pair) ? kernel.height : kernel.height * kernel.width)
    var cycles = groups * places * CostModel(product, whole, microarchitecture).tileCycles(pair, oneByOne: true)
    // A block for each row of the output, of steps that it does not fill.
    if pair.set.family == .matrix {
      cycles *= Double(wholeMultiple(problem.outputWidth, of: pair.set.aKr)) / Double(problem.outputWidth)
    }
    if problem.copiesInputOfWeights(for: pair) { cycles += inputElements * copyRateOfWeights(pair) }
    // Panels are filled up.
    let outputs = images * groups * pixels * Double(wholeMultiple(problem.channels, of: pair.set.nr))
    if pair.packsB { cycles += outputs * (problem.layout.out_ks == 1 ? 0.3 : 0.5) }
    if problem.sumsApartOfWeights { cycles += groups * Double(problem.channels * problem.depth) * 1.5 }
    return cycles
  }

  private func productOfPixels(_ pair: CandidatePair) -> Double {
    let product = problem.orientedProduct(from: .pointwiseWeights, for: pair)
    let blocking = blocks.blocking(of: product, for: pair, blocked: true)
    let factor = paysOverPixels ? Self.factorOfPixels : Self.factorOfPixelsElse
    return factor * groups * CostModel(product, blocking, microarchitecture).cycles(pair)
  }

  /// Whether a product over all pixels is faster than tiles that sum bands of rows. Those read channels where they lie, each pixel's in other lines than the
  /// next one's, which counts as no more (Emerald Rapids, GFLOP/s in fp32 and bf16: 16 images of 512 channels into 128 at 28 136 to 171 and 504 to 610, of
  /// 2048 into 512 at 7 120 to 209 and 486 to 993). But threads share the bands better than few rows (two on 64 into 64 at 56 in bf16 523 and 386, 32 into
  /// 16 at 112 in fp32 321 and 254), and rows along pixels (NCHW) are read in place as fast (256 into 64 at 56 215 and 186). Not measured on AMD's
  /// processors.
  private var paysOverPixels: Bool {
    let isAlongPixels = problem.image.cs != 1
    let rows = problem.inputType == .bfloat16 && !isAlongPixels ? 96 : 64
    let isWide = problem.channels >= problem.depth || images * pixels <= 256
    return microarchitecture.foldsBroadcasts && problem.depth >= rows && (!isAlongPixels || isWide)
  }

  /// The second is large enough for it to run by name alone.
  private static let (factorOfPixels, factorOfPixelsElse) = (0.7, 4.0)

  /// As `copyRate`, of what the gradient of the weights reads. Pairs begin at even and at odd pixels: a copy for each; or of each pixel of the output all
  /// columns of the kernel.
  private func copyRateOfWeights(_ pair: CandidatePair) -> Double {
    if problem.readsByChannel(for: pair) {
      return Self.cyclesOfCopiedPixel + Self.cyclesOfCopiedRow / Double(problem.shape.width)
    }
    if pair.set.kr == 1 { return copyRate(pair) }
    // Whole rows are copied; those of a kernel of one column are read where they lie.
    let (kernel, stride) = (problem.shape.kernel.width, problem.shape.stride.width)
    let staged = problem.image.cs != 1 ? copyRate(pair) : kernel == 1 ? 0 : 0.3
    let channels = Double(problem.shape.channelsPerGroup)
    if problem.mergesColumns(for: pair) { return staged + max(0.3 * Double(kernel), 4 / channels) / Double(stride) }
    return staged + Double(min(kernel, 2 * stride)) * max(0.3, 2 / channels)
  }
}

extension ConvolutionProblem {
  /// Whether `direct` must copy bands of the input: to pad rows, to bring channels together, to widen.
  func copiesInput(for pair: CandidatePair) -> Bool {
    pair.widens || padsColumns || image.cs != 1
  }

  /// Channels of a copied pixel: tile registers take an odd number of depths from a copy alone, made for every tile and panel.
  func pixelChannels(for pair: CandidatePair) -> Int {
    let isPadded = pair.set.family == .matrix && pair.packsB && copiesInput(for: pair)
    return shape.channelsPerGroup + (isPadded ? shape.channelsPerGroup % pair.set.kr : 0)
  }

  /// The product of one output row, or of so many pixels of joined ones, as `direct` reads it.
  func row(for pair: CandidatePair, _ microarchitecture: Microarchitecture, pixels: Int? = nil) -> OrientedProblem {
    let step = shape.stride.width * (copiesInput(for: pair) ? pixelChannels(for: pair) : Int(image.ws))
    // Of so few depths a line is used up at once.
    let most = depth > 16 ? microarchitecture.mostRows(apart: step.magnitude &* UInt(pair.panelType.byteCount)) : Int.max
    return OrientedProblem(rowProduct(pixels: pixels), turns: false).withRowsOfA(apart: step, most: most)
  }
}
