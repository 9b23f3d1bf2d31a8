import CKernels
import Tensors

extension ConvolutionProblem {
  /// Whether Winograd's algorithm computes such a convolution.
  var suitsWinograd: Bool {
    shape.kernel == Extent(3) && shape.stride == Extent(1) && shape.dilation == Extent(1) && shape.channelsPerGroup > 0
  }

  /// Whether it does so unasked, by tiles of `outputs` x `outputs`: not of so few channels that its errors, which hardly shrink with fewer channels,
  /// come near the bound of direct sums, which does.
  ///
  /// That bound is (k + 10) u times the largest sum of |products| among the outputs of a tile; k = 9 C, u the unit roundoff. Errors were at most
  /// 7 u (2 x 2), 8 u (4 x 4) and 48 u (6 x 6) times that sum, of 16 channels and up, random operands of one and of both signs.
  func keepsBound(winograd outputs: Int) -> Bool {
    allowsWinograd && shape.channelsPerGroup >= (outputs == 6 ? 32 : outputs == 4 ? 8 : 1)
  }

  /// Tiles along the rows and along the columns of all images.
  func winogradTiles(_ outputs: Int) -> Int {
    shape.batch * ((outputHeight - 1) / outputs + 1) * ((outputWidth - 1) / outputs + 1)
  }

  /// The product at one point: rows are tiles, columns output channels.
  func pointProduct(_ outputs: Int) -> GEMMDescriptor {
    let (tiles, depth) = (winogradTiles(outputs), shape.channelsPerGroup)
    return GEMMDescriptor(
      a: .rowMajor(rows: tiles, columns: depth), b: .rowMajor(rows: depth, columns: channels),
      c: .rowMajor(rows: tiles, columns: channels), inputType: .float32)
  }
}

extension Dispatch {
  func fillWinograd(_ plan: inout ck_conv_plan, _ problem: ConvolutionProblem, _ pair: CandidatePair, outputs: Int, threads: Int)
  {
    plan.driver = CK_CONV_WINOGRAD
    plan.gemm = rowPlan(problem, pair, threads: threads)
    plan.tile_outputs = Int32(outputs)
    plan.band_columns = Int64((problem.outputWidth - 1) / outputs * outputs + outputs + 2)
    let points = (outputs + 2) * (outputs + 2)
    let floatBytes = ElementType.float32.byteCount
    let tileBytes = points * (problem.shape.channelsPerGroup + 1) * floatBytes
    let tiles = problem.winogradTiles(outputs)
    // Of many channels no tiles to speak of stay in L2; so many at least meet each panel of weights.
    let most = max(Self.fewestTilesOfBlock * pair.set.mr, blocks.l2Bytes / 2 / tileBytes)
    let least = (tiles - 1) / most + 1
    let blockCount = tiles >= threads * pair.set.mr ? wholeMultiple(least, of: threads) : least
    plan.block_tiles = Int64((tiles - 1) / blockCount + 1)
    let panels = (problem.channels - 1) / pair.set.nr + 1
    let panelBytes = points * Int(plan.block_tiles) * pair.set.nr * floatBytes
    plan.block_panels = Int64(max(1, min(panels, blocks.l2Bytes / 4 / panelBytes)))
  }

  /// In tiles of the product.
  private static let fewestTilesOfBlock = 4
}

extension ConvolutionCost {
  /// Cycles of a nominal core by Winograd's algorithm.
  func winograd(_ pair: CandidatePair, outputs: Int) -> Double {
    let points = Double((outputs + 2) * (outputs + 2))
    let (tiles, depth) = (Double(problem.winogradTiles(outputs)), Double(problem.shape.channelsPerGroup))
    let channels = Double(problem.channels)
    let lanes = Double(pair.set.lanes)
    let product = OrientedProblem(problem.pointProduct(outputs), turns: false)
    let whole = Blocking(mc: max(product.m, 1), nc: product.n, kc: max(product.k, 1))
    var cycles = points * CostModel(product, whole, microarchitecture).tileCycles(pair, oneByOne: true)
    cycles += tiles * (depth / lanes).rounded(.up) * points * Self.cyclesOfInputPoint
    cycles += tiles * (channels / lanes).rounded(.up) * points * Self.cyclesOfSum
    if problem.image.cs != 1 { cycles += tiles * depth * Double((outputs + 2) * outputs) * 0.5 }
    if problem.layout.out_ks != 1 { cycles += tiles * channels * Double(outputs * outputs) }
    let weights = depth * channels
    if !problem.weightsAhead { cycles += weights * (9 * weightRate(pair) + points * Self.cyclesOfWeightPoint) }
    // Points of weights beyond the caches come again with each block of tiles.
    let bytes = points * weights * 4
    let blocks = (tiles / 56).rounded(.up)
    if bytes > 16_777_216 { cycles += blocks * bytes / 10 } else if bytes > 1_048_576 { cycles += blocks * bytes / 40 }
    return groups * cycles
  }

  /// Of a vector.
  private static let cyclesOfInputPoint = 3.0
  private static let cyclesOfSum = 3.0
  /// Of one.
  private static let cyclesOfWeightPoint = 0.15
}
