import CKernels
import Tensors

extension Dispatch {
  func fillDepthwise(
    _ plan: inout ck_conv_plan, _ problem: ConvolutionProblem, _ kernel: DepthwiseMicrokernel, threads: Int
  ) {
    plan.driver = CK_CONV_DEPTHWISE
    plan.depthwise = kernel.run
    plan.vectors = kernel.channelsLast ? CK_CHANNELS_LAST : CK_CHANNELS_FIRST
    let isFirst = !kernel.channelsLast
    let epilogue = problem.epilogue.ofProduct(channels: isFirst ? .perRow : .perColumn)
    // The epilogue reads sums that are adjacent.
    let isAdjacent = !isFirst || problem.layout.out_qs == 1 || epilogue.isIdentity
    let isNarrow = problem.outputType == .bfloat16 && epilogue.isIdentity && problem.kernelSlices == 1
    plan.depthwise_narrow = isNarrow ? kernel.runNarrow : nil
    let storesFloats = problem.outputType == .float32 && isAdjacent && problem.kernelSlices == 1
    let storesOutput = storesFloats || plan.depthwise_narrow != nil
    plan.gemm = plain(problem, kernel, threads: threads)
    plan.gemm.accumulate = !storesOutput
    plan.gemm.has_epilogue = !epilogue.isIdentity
    plan.gemm.epilogue = epilogue.kernelEpilogue(swapped: false)
    plan.gemm.c_rs = isFirst ? problem.layout.out_ks : problem.layout.out_qs
    plan.gemm.c_cs = isFirst ? problem.layout.out_qs : problem.layout.out_ks
    cut(&plan, problem, kernel, threads: threads, passesTwice: !storesOutput || plan.gemm.has_epilogue)
  }

  /// What any driver asks of its types and threads.
  private func plain(_ problem: ConvolutionProblem, _ kernel: DepthwiseMicrokernel, threads: Int) -> ck_gemm_plan {
    var plan = ck_gemm_plan()
    plan.a_type = problem.inputType.kernelType
    plan.b_type = problem.inputType.kernelType
    plan.acc_type = CK_F32
    plan.c_type = problem.outputType.kernelType
    plan.isa = kernel.isa.kernelISA
    plan.team = ck_team(threads: Int32(threads), spin_milliseconds: spinMilliseconds)
    return plan
  }

  func fillDepthwiseWeights(
    _ plan: inout ck_conv_plan, _ problem: ConvolutionProblem, _ kernel: DepthwiseMicrokernel, turned: Bool, threads: Int
  ) {
    plan.driver = CK_CONV_DEPTHWISE_WEIGHTS
    plan.turns_channels = turned
    plan.depthwise = kernel.runGradient
    plan.vectors = kernel.channelsLast ? CK_CHANNELS_LAST : CK_CHANNELS_FIRST
    plan.gemm = plain(problem, kernel, threads: threads)
    plan.gemm.epilogue = Epilogue().kernelEpilogue(swapped: false)
    let layout = problem.layout
    let channel = kernel.group == 1 ? layout.w_gs : layout.w_os
    let place = kernel.group == 1 || !problem.image.channels_last ? layout.w_ss : layout.w_cs
    (plan.gemm.c_rs, plan.gemm.c_cs) = kernel.channelsLast ? (place, channel) : (channel, place)
    plan.band_channels = Int64(kernel.channelsLast ? kernel.lanes : 1)
    let rows =
      kernel.takesSeveralRows(of: problem.shape) && !turned ? problem.outputHeight : gradientRows(problem, kernel, turned: turned)
    plan.band_rows = Int64(min(problem.outputHeight, max(1, rows)))
    plan.vectors_abreast = Int64(gradientsAbreast(kernel, problem, turned: turned))
  }

  /// Rows of a band of which each row of taps takes its own pass: what one vector of channels, or one channel's image, meets of them stays in L1. Those
  /// turned round pass through L2 anyway, and the longer they are, the fewer rows are turned twice.
  private func gradientRows(_ problem: ConvolutionProblem, _ kernel: DepthwiseMicrokernel, turned: Bool) -> Int {
    let pixels = problem.shape.stride.height * problem.shape.width + problem.outputWidth
    if turned { return Self.turnedBandBytes / (kernel.lanes * ElementType.float32.byteCount * pixels) }
    let bytes = (kernel.channelsLast ? kernel.lanes : 1) * problem.inputType.byteCount
    // Pixels a power of two apart share a few sets, in which no more lines stay than there are ways.
    let sharing = kernel.channelsLast ? problem.sharingOfSets : 1
    return min(Self.bandBytes / (bytes * pixels), Self.bandLines / (sharing * pixels))
  }

  /// What L1 holds beside the rows that a band shares with the next.
  static let bandBytes = 24 << 10
  /// The same, where they share sets: of 8 to 12 ways.
  static let bandLines = 9 * 64
  /// What any L2 holds: 144 channels at 56 on Zen 5 take 119 us by bands in L1, 101 by bands of 100 KiB, 92 by the whole image of 400.
  private static let turnedBandBytes = 256 << 10

  func fillDepthwiseTurned(
    _ plan: inout ck_conv_plan, _ problem: ConvolutionProblem, _ kernel: DepthwiseMicrokernel, threads: Int
  ) {
    plan.driver = CK_CONV_DEPTHWISE_TURNED
    plan.depthwise = kernel.run
    plan.vectors = CK_CHANNELS_LAST
    let epilogue = problem.epilogue.ofProduct(channels: .perColumn)
    plan.gemm = plain(problem, kernel, threads: threads)
    plan.gemm.has_epilogue = !epilogue.isIdentity
    plan.gemm.epilogue = epilogue.kernelEpilogue(swapped: false)
    (plan.gemm.c_rs, plan.gemm.c_cs) = (problem.layout.out_qs, problem.layout.out_ks)
    plan.band_channels = Int64(kernel.lanes)
    plan.band_rows = turnedRows(plan, height: problem.outputHeight, pixels: problem.shape.width + problem.outputWidth)
    plan.phase = ck_phase(
      row: 0, column: 0, row_step: 1, column_step: 1, rows: Int64(problem.outputHeight), columns: Int64(problem.outputWidth))
  }

  /// Rows of a band of so many pixels a row, turned round: what L2 holds, or what gives each thread two tasks.
  private func turnedRows(_ plan: ck_conv_plan, height: Int, pixels: Int) -> Int64 {
    let rowBytes = Int(plan.band_channels) * ElementType.float32.byteCount * pixels
    let planes = Int(plan.images) * ((Int(plan.groups * plan.channels) - 1) / Int(plan.band_channels) + 1)
    let threads = Int(plan.gemm.team.threads)
    let bands = threads == 1 ? 1 : (2 * threads - 1) / planes + 1
    return Int64(min((height - 1) / bands + 1, max(Self.fewestRows, blocks.l2Bytes / 4 / rowBytes)))
  }

  /// Joins the plans of the phases of a strided depthwise gradient, where all are there and run alike: a call is then a few
  /// microseconds of work, and starting the threads for each phase took as long.
  ///
  /// - Parameters:
  ///   - plans: of `parts`, one by one.
  ///   - threads: for all of them together.
  /// - Returns: whether it has.
  func joinPhases(
    _ plans: inout [ck_conv_plan], of parts: [Part], _ descriptor: ConvolutionDescriptor, threads: Int
  ) -> Bool {
    let (shape, stride) = (descriptor.shape, ConvolutionProblem.normalized(descriptor.shape).stride)
    let isOfImages = shape.depth == 1 && shape.kernel.depth == 1 && shape.outputDepth == 1
    guard descriptor.pass == .backwardData, isOfImages, plans.count > 1, stride.height <= plans.count,
      stride.width <= plans.count,
      stride.height * stride.width == plans.count, let first = plans.first
    else { return false }
    var joined: [ck_conv_plan]
    if plans.allSatisfy({ $0.driver == CK_CONV_DEPTHWISE_TURNED && $0.band_channels == first.band_channels }) {
      joined = plans.map { turnedPhase($0, descriptor, stride, threads: threads) }
    } else if plans.allSatisfy({ $0.driver == CK_CONV_DEPTHWISE }), plans.count <= CK_MOST_JOINED {
      joined = parts.map { written($0.problem, $0.kernels, threads: threads, descriptor.options) }
    } else {
      return false
    }
    joined[0].joined = Int64(plans.count)
    if let limit = descriptor.options.workspaceLimit, ck_conv_workspace_bytes(joined, Int64(joined.count)) > limit {
      return false
    }
    plans = joined
    return true
  }

  /// A plan of `fillDepthwiseTurned` as one of the phases of the whole image.
  private func turnedPhase(
    _ plan: ck_conv_plan, _ descriptor: ConvolutionDescriptor, _ stride: Extent, threads: Int
  ) -> ck_conv_plan {
    let (shape, offset) = (descriptor.shape, plan.offsets.output)
    let whole = ImageStrides.input(shape, descriptor.inputLayout)
    var phase = plan
    phase.phase = ck_phase(
      row: offset / whole.row, column: offset % whole.row / whole.column, row_step: Int64(stride.height),
      column_step: Int64(stride.width), rows: Int64(shape.height), columns: Int64(shape.width))
    phase.gemm.team.threads = Int32(threads)
    phase.gemm.c_rs = whole.column
    phase.band_rows = turnedRows(
      phase, height: (shape.height - 1) / stride.height + 1, pixels: shape.outputWidth + stride.height * shape.width)
    return phase
  }

  /// How many rows and channels a task has. Each thread takes all of its part at once, unless it passes twice over what is in L2, or the caches can't hold
  /// what vectors of channels meet again.
  private func cut(
    _ plan: inout ck_conv_plan, _ problem: ConvolutionProblem, _ kernel: DepthwiseMicrokernel, threads: Int, passesTwice: Bool
  ) {
    let wanted = threads / greatestCommonDivisor(threads, problem.shape.batch)
    let most = passesTwice ? blocks.l2Bytes / 4 : Int.max
    plan.vectors_abreast = Int64(vectorsAbreast(kernel, problem, threads: threads))
    plan.gemm.fetches = asks(plan, kernel, problem)
    plan.gemm.fetches_c = !plan.gemm.accumulate && asksForOutputs(plan, kernel, problem)
    let all = problem.shape.outputChannels
    let rowBytes = max(problem.shape.width, problem.reachedColumns) * problem.inputType.byteCount
    if kernel.channelsLast {
      let rows = min(problem.outputHeight, Self.fewestRows)
      let bands = min(wanted, problem.outputHeight / rows)
      let bandRows = bandRows(problem, rowBytes: rowBytes * all, most: most, bands: bands * problem.shape.batch)
      let suitsCaches = plan.vectors_abreast > 1 ? !isBeyondL2(problem, threads: threads) : problem.suitsL1
      plan.band_rows = Int64(suitsCaches ? bandRows : Self.tileRows)
      var channels = wholeMultiple((all - 1) / ((wanted - 1) / bands + 1) + 1, of: kernel.lanes)
      // Less than a vector of channels is slow.
      while channels < all && 1..<kernel.lanes ~= all % channels { channels += kernel.lanes }
      plan.band_channels = Int64(channels)
    } else {
      let planeBytes = rowBytes * problem.shape.height
      let channels = min((all - 1) / wanted + 1, max(1, most / max(1, planeBytes)))
      plan.band_channels = Int64(channels)
      let bands = channels > 1 ? 1 : (wanted - 1) / all + 1
      plan.band_rows = Int64(bandRows(problem, rowBytes: rowBytes, most: most, bands: bands * problem.shape.batch))
    }
  }

  /// Output rows that a task has where there are so many: the input rows at its border are read by its neighbour as well.
  private static let fewestRows = 8
  /// Of the tallest micro-tile.
  static let tileRows = 2
}

extension ConvolutionProblem {
  /// Channels of a group, where it has as many input as output channels.
  var groupWidth: Int? { shape.inputChannels == shape.outputChannels && shape.groups > 0 ? shape.channelsPerGroup : nil }

  /// Whether the kernels of narrow groups take it, whose vectors have so many lanes: whole vectors of channels, with the columns that they are made for.
  func suitsGroups(vectorsOf lanes: Int) -> Bool {
    let (taps, stride) = (shape.kernel.width, shape.stride.width)
    let isKnown = taps == 3 ? stride <= 2 : taps < 3 && stride == 1 && !isOfWeights
    return isKnown && shape.dilation.width == 1 && shape.outputChannels.isMultiple(of: lanes)
  }

  /// Whether bands of the input, and of the gradient, are whole rows of channels that lie apart.
  var turnsDepthwise: Bool {
    let rowsFollow =
      image.ws == 1 && image.hs == image.width && kernelSlices == 1 && image.slices == 1 && shape.channelsPerGroup > 0
    let gradientFollows = layout.out_qs == 1 && layout.out_ps == Int64(outputWidth)
    return rowsFollow && (!isOfWeights || gradientFollows)
  }

  /// Of input and output.
  var imageBytes: Double {
    let pixels = Double(shape.height) * Double(shape.width) + Double(outputHeight) * Double(outputWidth)
    return Double(shape.batch) * pixels * Double(shape.outputChannels) * Double(inputType.byteCount)
  }

  /// Whether the input rows that one vector of channels meets stay in L1 until the next output row, or are evicted because pixels a power of two
  /// apart share a few sets. L1 has 64 sets of 64 bytes wherever a way is a page of 4 KiB.
  fileprivate var suitsL1: Bool {
    let rows = (shape.kernel.height - 1) * shape.dilation.height + shape.stride.height + 1
    return rows * shape.width * sharingOfSets <= 64 * Self.mostLinesOfSet
  }

  /// How many of L1's sets of lines come down to one, for pixels that lie channels last.
  var sharingOfSets: Int {
    let pixelBytes = shape.inputChannels * inputType.byteCount
    return pixelBytes.isMultiple(of: 64) ? min(64, (pixelBytes / 64) & -(pixelBytes / 64)) : 1
  }

  /// Twice the 8 to 12 ways there are: with more lines to a set, two rows of all channels are as fast as all rows of some (Zen 5, 3x3).
  private static let mostLinesOfSet = 20
}
