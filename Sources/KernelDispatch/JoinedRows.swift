import Tensors

extension ConvolutionProblem {
  /// Pixels of so many output rows of a band, one after another in the copied input, with the columns of padding between them.
  func joinedPixels(rows: Int) -> Int { (rows - 1) * reachedColumns + outputWidth }

  /// Whether `direct` takes the rows of a band as one, so that tiles reach from one row into the next: where tile registers would else hold few rows
  /// each or one row too many, and lose more by that than by the products of what lies between.
  func joinsRows(for pair: CandidatePair) -> Bool {
    let isSuited =
      copiesInput(for: pair) && shape.stride == Extent(1) && outputHeight > 1 && depth > 0 && shape.kernel.height <= Self.mostTaps
    guard pair.set.family == .matrix, isSuited else { return false }
    let (mr, height, width) = (Double(pair.set.mr), Double(outputHeight), Double(outputWidth))
    let isPair = 2 * width <= mr
    let apart = (isPair ? height / 2 : height).rounded(.up) * Self.cyclesOfStep(rows: isPair ? 2 * width : width, mr: mr)
    let pixels = (height - 1) * Double(reachedColumns) + width
    let finishing = (pixels / mr).rounded(.up) * (channels.isMultiple(of: 16) ? Self.cyclesOfTile : Self.cyclesOfRaggedTile)
    // Joined rows meet the padding above and below the image too; rows of their own leave it out.
    let joined = Self.cyclesOfStep(rows: pixels, mr: mr) * height * Double(shape.kernel.height) / max(Double(tapsOfRows), 1)
    return joined + finishing / (Double(depth) / 32) < Self.leastGain * apart
  }

  private static let (mostTaps, leastGain) = (32, 0.95)
  /// To finish the sums of a tile, whose vectors are whole or not.
  private static let (cyclesOfTile, cyclesOfRaggedTile) = (420.0, 1400.0)

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
