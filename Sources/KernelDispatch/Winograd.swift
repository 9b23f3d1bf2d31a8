import CKernels
import Tensors

extension ConvolutionProblem {
  /// Whether Winograd's algorithm computes such a convolution, or the gradient of its weights.
  var suitsWinograd: Bool {
    // Further dilated, each phase would have a row or column at most.
    shape.kernel == Extent(3) && shape.stride == Extent(1) && shape.dilation.height <= outputHeight
      && shape.dilation.width <= outputWidth && shape.channelsPerGroup > 0 && shape.batch > 0
  }

  /// Whether it does so unasked, by tiles of `outputs` x `outputs`: not of so few products that its errors, which hardly shrink with fewer, come near
  /// the bound of direct sums, which does.
  ///
  /// That bound is (k + 10) u times the largest sum of |products| among the outputs of a tile, or among the nine weights of a pair of channels; k is the
  /// number of products, u the unit roundoff. Errors were at most 7 u (2 x 2), 8 u (4 x 4) and 48 u (6 x 6) times that sum, for 16 channels and up
  /// and random operands of one and of both signs.
  func keepsBound(winograd outputs: Int) -> Bool {
    let products = isOfWeights ? shape.batch * outputHeight * outputWidth : depth
    return products >= 9 * (outputs == 6 ? 32 : outputs == 4 ? 8 : 1)
  }

  /// Whether the points of all weights, which a call may have to keep, stay within what is taken unasked.
  func isModest(winograd outputs: Int, nr: Int) -> Bool {
    // Panels are filled up, and a line lies between one point and the next.
    let panel = kernelSlices * shape.channelsPerGroup * nr + 16
    let weights = isOfWeights ? shape.channelsPerGroup * channels : shape.groups * ((channels - 1) / nr + 1) * panel
    return weights <= Self.mostPointBytes / (pointCount(outputs) * ElementType.float32.byteCount)
  }

  private static let mostPointBytes = 256 << 20

  /// Those of all phases of all images.
  func winogradTiles(_ outputs: Int) -> Int {
    func along(_ size: Int, _ dilation: Int) -> Int { dilation * ((size - 1) / dilation / outputs + 1) }
    return shape.batch * along(outputHeight, shape.dilation.height) * along(outputWidth, shape.dilation.width)
  }

  /// Columns of the tiles of a row of a phase.
  func winogradColumns(_ outputs: Int) -> Int { wholeMultiple((outputWidth - 1) / shape.dilation.width + 1, of: outputs) + 2 }

  /// The product at one point. Of outputs: rows are tiles, columns output channels. Of the gradient of the weights: rows are input channels, columns
  /// output channels, and the sums go over tiles.
  func pointProduct(_ outputs: Int) -> GEMMDescriptor {
    let (tiles, depth) = (winogradTiles(outputs), kernelSlices * shape.channelsPerGroup)
    return isOfWeights
      ? GEMMDescriptor(
        a: .columnMajor(rows: depth, columns: tiles), b: .rowMajor(rows: tiles, columns: channels),
        c: .rowMajor(rows: depth, columns: channels), inputType: .float32)
      : GEMMDescriptor(
        a: .rowMajor(rows: tiles, columns: depth), b: .rowMajor(rows: depth, columns: channels),
        c: .rowMajor(rows: tiles, columns: channels), inputType: .float32)
  }
}

/// Of a tile.
private func pointCount(_ outputs: Int) -> Int { (outputs + 2) * (outputs + 2) }

extension Dispatch {
  func fillWinograd(
    _ plan: inout ck_conv_plan, _ problem: ConvolutionProblem, _ pair: CandidatePair, outputs: Int, threads: Int
  ) {
    plan.driver = CK_CONV_WINOGRAD
    plan.gemm = rowPlan(problem, pair, threads: threads)
    // Pixels of a phase are its rows.
    plan.gemm.c_rs *= Int64(problem.shape.dilation.width)
    plan.tile_outputs = Int32(outputs)
    plan.band_columns = Int64(problem.winogradColumns(outputs))
    let pointBytes = pointCount(outputs) * ElementType.float32.byteCount
    let tiles = problem.winogradTiles(outputs)
    // Of many channels no tiles to speak of stay in L2; so many at least meet each panel of weights.
    let most = max(
      Self.fewestTilesOfBlock * pair.set.mr,
      blocks.l2Bytes / 2 / (pointBytes * problem.kernelSlices * problem.shape.channelsPerGroup))
    let least = (tiles - 1) / most + 1
    plan.block_tiles = Int64((tiles - 1) / (tiles >= threads * pair.set.mr ? wholeMultiple(least, of: threads) : least) + 1)
    let panels = (problem.channels - 1) / pair.set.nr + 1
    plan.block_panels = Int64(max(1, min(panels, blocks.l2Bytes / 4 / (pointBytes * Int(plan.block_tiles) * pair.set.nr))))
  }

  /// In tiles of the product.
  private static let fewestTilesOfBlock = 4

  func fillWinogradWeights(
    _ plan: inout ck_conv_plan, _ problem: ConvolutionProblem, _ pair: CandidatePair, outputs: Int, threads: Int
  ) {
    let descriptor = problem.pointProduct(outputs)
    let product = OrientedProblem(descriptor, turns: false)
    let blocking = Blocking(mc: product.m, nc: product.n, kc: product.k)
    let selection = Selection(pairIndex: pair.index, blocking: blocking, threads: threads, swapped: false)
    plan.driver = CK_CONV_WINOGRAD_WEIGHTS
    plan.gemm = written(product, descriptor, selection, forDirect: true)
    (plan.gemm.a_type, plan.gemm.b_type) = (problem.inputType.kernelType, problem.inputType.kernelType)
    plan.gemm.c_type = problem.outputType.kernelType
    plan.tile_outputs = Int32(outputs)
    plan.band_columns = Int64(problem.winogradColumns(outputs))
    plan.sums_apart = problem.sumsApartOfWeights
    let tileBytes = pointCount(outputs) * (problem.shape.channelsPerGroup + problem.channels) * ElementType.float32.byteCount
    // Sums pass by once for each block. A block is a chain of them, so threads don't count.
    let most = max(Self.fewestTilesOfSum, blocks.l2Bytes * 3 / 4 / tileBytes)
    let tiles = problem.winogradTiles(outputs)
    let blockCount = (tiles - 1) / most + 1
    plan.block_tiles = Int64((tiles - 1) / blockCount + 1)
    let sumBytes = pointCount(outputs) * problem.shape.channelsPerGroup * problem.channels * ElementType.float32.byteCount
    plan.tile_parts = Int32(sumBytes <= Self.mostSumBytesOfPart ? min(Self.mostPartsOfTiles, blockCount) : 1)
    // Threads take groups where there are enough, and their sums are few; else parts of one at a time.
    let groups = problem.shape.groups
    let isEven = groups.isMultiple(of: threads) || groups >= 8 * threads
    plan.groups_apart = threads == 1 || isEven && sumBytes * Int(plan.tile_parts) <= Self.mostSumBytesOfThread
    let wanted = plan.groups_apart ? 1 : (threads - 1) / Int(plan.tile_parts) + 1
    let parts = parts(problem, pair, merged: false, wanted: wanted)
    (plan.channel_parts, plan.panel_parts) = (Int32(parts.channels), Int32(parts.panels))
  }

  private static let fewestTilesOfSum = 128
  /// Of few channels, whose sums add up fast, many parts of the tiles are summed apart; not by the threads, as that shows in the bits.
  private static let mostSumBytesOfPart = 131_072
  private static let mostPartsOfTiles = 16
  private static let mostSumBytesOfThread = 8 << 20
}

extension ConvolutionCost {
  /// Cycles of a nominal core by Winograd's algorithm, of outputs or of the gradient of the weights.
  func winograd(_ pair: CandidatePair, outputs: Int) -> Double {
    let points = Double(pointCount(outputs))
    let tiles = Double(problem.winogradTiles(outputs))
    let (depth, channels) = (Double(problem.kernelSlices * problem.shape.channelsPerGroup), Double(problem.channels))
    let lanes = Double(pair.set.lanes)
    let product = OrientedProblem(problem.pointProduct(outputs), turns: false)
    let whole = Blocking(mc: max(product.m, 1), nc: product.n, kc: max(product.k, 1))
    var cycles = points * CostModel(product, whole, microarchitecture).tileCycles(pair, oneByOne: true)
    let vectors = Double(problem.kernelSlices) * (Double(problem.shape.channelsPerGroup) / lanes).rounded(.up)
    cycles += tiles * (vectors + (channels / lanes).rounded(.up)) * points * Self.cyclesOfPoint
    // Where channels are apart, rows are copied, and outputs turned round.
    let filled = vectors * lanes
    if problem.image.cs != 1 { cycles += tiles * filled * Double((outputs + 2) * outputs) * 0.5 }
    if problem.layout.out_ks != 1 { cycles += tiles * channels * Double(outputs * outputs) * (problem.isOfWeights ? 0.5 : 1) }
    let weights = depth * channels
    let pointBytes = points * weights * 4
    if problem.isOfWeights {
      cycles += weights * (points / lanes * Self.cyclesOfPoint + (problem.sumsApartOfWeights ? 9 : 0))
      // Sums are read and written.
      cycles += (tiles / 128).rounded(.up) * 2 * Self.cyclesOfPassing(bytes: pointBytes)
    } else {
      if !problem.weightsAhead { cycles += weights * (9 * weightRate(pair) + points * Self.cyclesOfWeightPoint) }
      cycles += (tiles / 56).rounded(.up) * Self.cyclesOfPassing(bytes: pointBytes)
    }
    return Self.margin * (groups * cycles + cyclesOfTensors)
  }

  /// Input and output out of memory: nothing else goes on meanwhile, as it does beside the multiply-adds of direct sums.
  private var cyclesOfTensors: Double {
    let outputs = images * groups * pixels * Double(problem.channels)
    let bytes = (inputElements + outputs) * Double(problem.inputType.byteCount)
    return bytes > BlockSizes.memoryBytes ? bytes / 10 : bytes > 4_194_304 ? bytes / 16 : 0
  }

  /// What is beyond the caches comes again with each block of tiles.
  private static func cyclesOfPassing(bytes: Double) -> Double {
    bytes > BlockSizes.memoryBytes ? bytes / 10 : bytes > 1_048_576 ? bytes / 40 : 0
  }

  /// Other algorithms are taken where they are nearly as fast: their errors are smaller.
  private static let margin = 1.1
  /// Of a vector.
  private static let cyclesOfPoint = 3.3
  /// Of one.
  private static let cyclesOfWeightPoint = 0.15
}
