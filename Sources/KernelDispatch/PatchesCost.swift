import Tensors

/// Of products whose patches are written out, fitted to Emerald Rapids: 54 layers and gradients of 7 to 56 pixels a side, one and 16 images, one and
/// two threads.
extension ConvolutionCost {
  func writtenPatches(_ pair: CandidatePair, _ algorithm: ConvolutionVariant.Algorithm, _ blocks: BlockSizes) -> Double {
    let product = problem.orientedProduct(from: algorithm, for: pair)
    let blocking = blocks.blocking(of: product, for: pair, blocked: true)
    let elements = images * groups * pixels * Double(problem.depth)
    let cycles = groups * CostModel(product, blocking, microarchitecture).cycles(pair) + elements * Self.cyclesOfWrittenPatch
    return cycles * (pair.set.family == .matrix ? factorOfMatrices : factorOfVectors)
  }

  private static let cyclesOfWrittenPatch = 0.2

  /// What tile registers lose to the packing and to what passes through L2, beside tiles along rows of pixels (512 channels at 7x7 468 to 512 GFLOP/s, 16
  /// images 706 to 1203, weights likewise 182 to 405 and 437 to 1139, at 14x14 357 to 877; but 128 at 28 2062 to 1078, weights 1254 to 641). A 1x1
  /// kernel whose pixels are no product as they lie writes none twice (strided, 1024 into 2048 at 14 409 to 520, 16 images 592 to 1235; 256 into 512 at
  /// 56 1159 to 1461).
  private var factorOfMatrices: Double { problem.isOfWeights ? 1.5 : problem.shape.kernel == Extent(1) ? 0.78 : 1.7 }

  /// Of vectors the gradients of strided kernels' weights gain, which read in place what lies in other lines for each pixel and is only a few pixels long
  /// (fp32 1x1, 1024 into 2048 at 14 123 to 212 GFLOP/s, 16 images 98 to 215, 256 into 256 at 56 149 to 176; 3x3, 512 at 14 140 to 201, 256 at 28 167 to
  /// 196, but 128 at 56 186 to 165), and those of short rows (512 at 7 169 to 202). The rest runs by name alone; on AMD's processors, where it was not
  /// measured, all.
  private var factorOfVectors: Double {
    let isShort = problem.outputWidth <= Self.shortRow
    // A step over pixels that no kernel meets is one between those that it does.
    let isStrided = problem.shape.stride.width > 1 || problem.image.ws > Int64(problem.shape.inputChannels)
    let pays = isShort || isStrided && problem.channels >= Self.fewestColumns
    let isKnown = microarchitecture.foldsBroadcasts && problem.inputType == .float32
    return problem.isOfWeights && isKnown && pays ? 0.85 : 4
  }

  private static let (shortRow, fewestColumns) = (7, 256)
}
