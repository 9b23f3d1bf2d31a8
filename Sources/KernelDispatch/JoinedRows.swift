import Tensors

extension ConvolutionProblem {
  /// Pixels of so many output rows of a band, one after another in the copied input, with the columns of padding between them.
  func joinedPixels(rows: Int) -> Int { (rows - 1) * reachedColumns + outputWidth }

  /// Input rows that so many output rows reach.
  func reachedRows(_ rows: Int) -> Int {
    (rows - 1) * shape.stride.height + (shape.kernel.height - 1) * shape.dilation.height + 1
  }

  /// Whether `direct` takes the rows of a band as one, so that tiles reach from one row into the next: where tile registers would else hold few rows
  /// each or one row too many, and lose more by that than by the products of what lies between. Neither threads nor caches decide: of weights that are
  /// not finite a product with the padding is NaN, and rows apart leave out that above and below the image.
  func joinsRows(for pair: CandidatePair) -> Bool {
    let isSuited = copiesInput(for: pair) && shape.stride == Extent(1) && outputHeight > 1 && depth > 0
    guard pair.set.family == .matrix, isSuited, shape.kernel.height <= Self.mostKernelRows else { return false }
    let columns = kernelSlices * reachedColumns * pixelChannels(for: pair)
    if reachedRows(leastJoinedRows) * columns * pair.panelType.byteCount > Self.mostBandBytes { return false }
    let (mr, height, width) = (Double(pair.set.mr), Double(outputHeight), Double(outputWidth))
    let isPair = 2 * width <= mr
    let apart = (isPair ? height / 2 : height).rounded(.up) * Self.cyclesOfStep(rows: isPair ? 2 * width : width, mr: mr)
    let pixels = Double(joinedPixels(rows: outputHeight))
    let finishing = (pixels / mr).rounded(.up) * cyclesOfJoinedTile / (Double(depth) / 32)
    return Self.cyclesOfStep(rows: pixels, mr: mr) * factorOfPadding + finishing < Self.mostOfCycles * apart
  }

  /// Output rows that a band of joined rows has room for at least, whatever the caches: of fewer the last tile is too much of all.
  private var leastJoinedRows: Int { min(outputHeight, 16) }

  /// Output rows of each band, as even as can be. `rows`: as many as suit caches and threads, of which `bands` bands would have enough: they may take
  /// as few as 4.
  func joinedRows(_ rows: Int, bands: Int) -> Int {
    let ofThreads = min((outputHeight - 1) / 4 + 1, (bands - 1) / max(shape.batch, 1) + 1)
    let count = max((outputHeight - 1) / max(rows, leastJoinedRows) + 1, ofThreads)
    return (outputHeight - 1) / count + 1
  }

  /// Joined rows meet the padding above and below the image, which rows of their own leave out.
  var factorOfPadding: Double { Double(outputHeight) * Double(shape.kernel.height) / max(Double(tapsOfRows), 1) }

  /// To finish a tile's sums row by row, of whole vectors or not: 32 rows of two vectors, or of what is left for scalar code (Emerald Rapids: 6 % of
  /// 72 steps, 40 % of 5).
  var cyclesOfJoinedTile: Double { channels.isMultiple(of: 16) ? 420 : 1400 }

  /// Beyond that rows are not counted one by one, nor would their padding pay.
  private static let mostKernelRows = 32
  /// Half of the L2 of a core with tile registers: a band passes by each panel.
  private static let mostBandBytes = 1 << 20
  /// Joined rows must take less of the cycles of rows apart, for what is not counted: 9 x 9 of 256 channels, just below this, neither gain nor lose.
  private static let mostOfCycles = 0.95

  /// Rows of the kernel that meet the image, over all rows of the output.
  private var tapsOfRows: Int {
    (0..<shape.kernel.height).reduce(0) { sum, r in
      let first = shape.padding.top - r * shape.dilation.height
      return sum + max(0, min(outputHeight, first + shape.height) - max(0, first))
    }
  }

  /// Cycles of 32 depths of so many rows and 32 columns in tiles of at most `mr` rows: two of each row of a register, but a tile waits for its
  /// last sums, 52 cycles and what its loads add (Emerald Rapids).
  private static func cyclesOfStep(rows: Double, mr: Double) -> Double {
    max(2 * rows, (rows / mr).rounded(.up) * 56)
  }
}
