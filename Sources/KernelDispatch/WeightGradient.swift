import CKernels
import Tensors

extension ConvolutionProblem {
  /// Whether all places of a row of the kernel are rows of one product, because there are too few channels for a tile.
  func mergesColumns(for pair: CandidatePair) -> Bool {
    let isDense = shape.dilation.width == 1 || shape.kernel.width == 1
    // Rows of tile registers are equally far apart.
    if pair.set.family == .matrix { return false }
    return shape.channelsPerGroup < pair.set.mr && shape.kernel.width > 1 && isDense
  }

  /// Whether all channels of a tile would share two sets of L1 at most.
  private var channelsShareSets: Bool { (Int(image.cs) * inputType.byteCount).isMultiple(of: 2048) }

  /// Whether tiles read the input with its pixels adjacent, so that pairs of them need no pairing. Those a stride apart that had to be copied first are
  /// better copied with channels adjacent.
  /// Rows of tile registers always are such pixels: channels that are adjacent are turned round.
  func readsByChannel(for pair: CandidatePair) -> Bool {
    if pair.set.family == .matrix { return true }
    guard image.ws == 1 && image.cs != 1 && !mergesColumns(for: pair) else { return false }
    return pair.set.kr > 1 || shape.stride.width == 1 || !channelsShareSets
  }

  /// Whether bands of the input are copied: to bring channels together, to widen or to pair them, and to pad rows that are read as one.
  func copiesInputOfWeights(for pair: CandidatePair) -> Bool {
    if readsByChannel(for: pair) {
      let splitsPairs = pair.set.kr > 1 && (shape.stride.width > 1 || padsColumns || !outputWidth.isMultiple(of: pair.set.kr))
      return pair.widens || splitsPairs || channelsShareSets || image.ws != 1
    }
    let runsOn = padsColumns || image.ws != image.channels
    return pair.widens || pair.set.kr > 1 || image.cs != 1 || mergesColumns(for: pair) && runsOn
  }

  /// Whether the gradient of the weights can't hold the sums: its type is narrower, or its output channels are apart.
  var sumsApartOfWeights: Bool { outputType != .float32 || layout.w_os != 1 }

  /// The product for one place of the kernel or, where they are merged, one of its rows: rows are input channels, columns output channels.
  func placeProduct(for pair: CandidatePair) -> GEMMDescriptor {
    let rows = shape.channelsPerGroup * (mergesColumns(for: pair) ? shape.kernel.width : 1)
    let pixels = max(shape.batch * outputHeight * outputWidth, 1)
    return GEMMDescriptor(
      a: .columnMajor(rows: rows, columns: pixels), b: .rowMajor(rows: pixels, columns: channels),
      c: .rowMajor(rows: rows, columns: channels), inputType: inputType, outputType: .float32)
  }
}

extension Dispatch {
  func fillWeights(_ plan: inout ck_conv_plan, _ problem: ConvolutionProblem, _ pair: CandidatePair, threads: Int) {
    let descriptor = problem.placeProduct(for: pair)
    let product = OrientedProblem(descriptor, turns: false)
    let blocking = Blocking(mc: product.m, nc: product.n, kc: product.k)
    let selection = Selection(pairIndex: pair.index, blocking: blocking, threads: threads, swapped: false)
    plan.driver = CK_CONV_WEIGHTS
    plan.gemm = written(product, descriptor, selection, forDirect: true)
    plan.gemm.c_type = problem.outputType.kernelType
    plan.copy_input = problem.copiesInputOfWeights(for: pair)
    plan.pack_gradient = pair.packsB
    plan.by_channel = problem.readsByChannel(for: pair)
    plan.merge_columns = problem.mergesColumns(for: pair)
    plan.sums_apart = problem.sumsApartOfWeights
    plan.band_columns = Int64(bandColumns(problem, pair))
    let parts = cachedParts(problem, pair)
    cutBands(&plan, problem, pair, mostRows: bandRows(problem, pair, parts: parts))
    // Threads take parts of the bands first, which each reads alone.
    let tasks = problem.shape.groups * Int(plan.band_parts)
    let wanted = (threads - 1) / tasks + 1
    var split = (channels: parts, panels: (wanted - 1) / parts + 1)
    if wanted > parts {
      let most = self.parts(problem, pair, merged: plan.merge_columns, wanted: wanted)
      if most.channels >= parts { split = most }
    }
    (plan.channel_parts, plan.panel_parts) = (Int32(split.channels), Int32(split.panels))
  }

  /// Rows of a band, those of several images where they are more than one has, whose input channels of one of so many parts stay in L2 while all
  /// panels of the gradient, and all places of the kernel, pass over them. They are a chain of sums, so threads don't count.
  private func bandRows(_ problem: ConvolutionProblem, _ pair: CandidatePair, parts: Int) -> Int {
    let (shape, bytes) = (problem.shape, pair.panelType.byteCount)
    let copiesPlaces = problem.mergesColumns(for: pair) && pair.set.kr > 1
    let columns = copiesPlaces ? problem.outputWidth * shape.kernel.width : problem.reachedColumns
    let inputRow = max(shape.width, columns) * ((shape.channelsPerGroup - 1) / parts + 1) * bytes
    let rowBytes =
      shape.stride.height * inputRow + problem.outputWidth * min(problem.channels, Self.cachedPanels * pair.set.nr) * bytes
    let reach = (shape.kernel.height - 1) * shape.dilation.height
    return max(1, (blocks.l2Bytes / 2 - min(reach * inputRow, blocks.l2Bytes / 4)) / max(rowBytes, 1))
  }

  /// Parts of the channels whose bands are so long that their sums, which each reads and writes, don't take longer than the products.
  private func cachedParts(_ problem: ConvolutionProblem, _ pair: CandidatePair) -> Int {
    let images = problem.image.slices > 1 ? 1 : problem.shape.batch
    let wanted = min(Self.fewestSummedPixels, images * problem.outputHeight * problem.outputWidth)
    let most = problem.mergesColumns(for: pair) ? 1 : problem.shape.channelsPerGroup / (2 * pair.set.mr)
    var parts = 1
    while 2 * parts <= most && bandRows(problem, pair, parts: parts) * problem.outputWidth < wanted { parts *= 2 }
    return parts
  }

  private static let fewestSummedPixels = 256
  /// Panels of the gradient that a band has beside its input: the one at work, and those to come.
  private static let cachedPanels = 4

  /// Bands of at most so many rows, or of several images; and how many parts of them are summed apart: of few weights, whose sums add up fast. Not by
  /// the threads, as that shows in the bits.
  private func cutBands(_ plan: inout ck_conv_plan, _ problem: ConvolutionProblem, _ pair: CandidatePair, mostRows: Int) {
    let (batch, height) = (problem.shape.batch, problem.outputHeight)
    let sums = Double(problem.depth * problem.shape.groups) * Double(wholeMultiple(problem.channels, of: pair.set.nr))
    let fitting = Double(Self.partialSumBytes) / (sums * Double(ElementType.float32.byteCount))
    let parts = max(1, min(Self.mostBandParts, Int(fitting)))
    var bands = (height - 1) / mostRows + 1
    if batch < parts {
      // As many for each part, but of so many pixels that their sum takes longer than the start of it.
      bands = max(bands, min(wholeMultiple(bands, of: parts), height * problem.outputWidth / Self.fewestBandPixels))
    }
    plan.band_rows = Int64((height - 1) / bands + 1)
    bands = (height - 1) / Int(plan.band_rows) + 1
    if bands == 1 && problem.image.slices == 1 {
      plan.band_images = Int64(max(1, min(mostRows / height, max(1, batch / parts))))
    }
    plan.band_parts = Int32(max(1, min(parts, (batch - 1) / Int(plan.band_images) * bands + bands)))
    if plan.band_parts > 1 { plan.sums_apart = true }
  }

  private static let mostBandParts = 8
  private static let partialSumBytes = 256 << 10
  private static let fewestBandPixels = 128

  /// Columns of a copied row of the input.
  private func bandColumns(_ problem: ConvolutionProblem, _ pair: CandidatePair) -> Int {
    let kr = pair.set.kr
    if kr == 1 { return problem.reachedColumns }
    let (stride, reach) = (problem.shape.stride.width, (problem.shape.kernel.width - 1) * problem.shape.dilation.width)
    let pixels = wholeMultiple(wholeMultiple(problem.outputWidth, of: kr) + reach / stride, of: kr)
    return (pixels - 1) * stride + reach + 1
  }

  /// Parts of a group's channels and of its panels, together `wanted` or a few more: those whose largest has the least to sum and to read, which is all
  /// pixels of its own channels of both images.
  func parts(
    _ problem: ConvolutionProblem, _ pair: CandidatePair, merged: Bool, wanted: Int
  ) -> (channels: Int, panels: Int) {
    let panels = (problem.channels - 1) / pair.set.nr + 1
    let tiles = merged ? 1 : (problem.shape.channelsPerGroup - 1) / pair.set.mr + 1
    let choices = (1...wanted).map { (channels: min($0, tiles), panels: min((wanted - 1) / $0 + 1, panels)) }
    func cyclesOfPixel(_ parts: (channels: Int, panels: Int)) -> Double {
      let (tiles, panels) = ((tiles - 1) / parts.channels + 1, (panels - 1) / parts.panels + 1)
      let sums = Double(tiles * panels * pair.set.mr * pair.set.nr) / Double(2 * pair.set.lanes * pair.set.kr)
      let read = Double(problem.shape.channelsPerGroup / parts.channels + panels * pair.set.nr)
      return sums + read * Double(problem.inputType.byteCount) / Self.bytesOfCycle
    }
    return choices.min { cyclesOfPixel($0) < cyclesOfPixel($1) } ?? (1, 1)
  }

  /// Out of memory, by one of several threads.
  private static let bytesOfCycle = 8.0
}
