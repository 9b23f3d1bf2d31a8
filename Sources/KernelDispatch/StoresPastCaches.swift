import CKernels
import Tensors

/// What is stored past the caches: what is written once, in whole lines, and that they would not keep.
extension Dispatch {
  /// Bytes that are read and written, and how what is written lies.
  struct Traffic {
    let inputs: Double
    let output: Double
    /// From row to row of a tile.
    let rowBytes: Double
    let rows: Int
  }

  /// Whether C is. In bf16 it never is: of half as many bytes, 0.95 to 1.01 of the speed (Emerald Rapids).
  func streamsC(_ problem: OrientedProblem, _ descriptor: GEMMDescriptor, _ selection: Selection) -> Bool {
    let isOnce = descriptor.beta == 0 && descriptor.epilogue.isIdentity && problem.k <= selection.blocking.kc
    if problem.sumsApart || !isOnce || !selection.pair.set.storesLinesPastCaches(of: problem.outputType) { return false }
    let bytes = bytes(problem, descriptor.batch)
    let rowBytes = Double(problem.cRowStride.magnitude) * Double(problem.outputType.byteCount)
    let traffic = Traffic(inputs: bytes.inputs, output: bytes.output, rowBytes: rowBytes, rows: problem.m)
    return storesPastCaches(traffic, threads: selection.threads)
  }

  /// How tiles store what is finished: past the caches, or to lines that were asked for before unless no cache would keep them, or, of tile registers,
  /// half of L2 holds all (Emerald Rapids, 1x1 of 32 channels into 16 at 112 in bf16 539 GFLOP/s, asking 491; but 3x3 of 256 into 512 at 28 1753 and 1838).
  func fillStores(_ plan: inout ck_gemm_plan, _ problem: ConvolutionProblem, _ pair: CandidatePair, threads: Int) {
    let rowBytes = Double(plan.c_rs) * Double(problem.outputType.byteCount)
    let traffic = traffic(problem, rowBytes: rowBytes)
    let weights = Double(problem.shape.outputChannels * problem.depth * problem.inputType.byteCount)
    let isNear = pair.set.family == .matrix && traffic.inputs + traffic.output + weights <= Double(threads * blocks.l2Bytes / 2)
    plan.fetches_c = !isNear && !exceeds(blocks.lastLevelBytes, traffic, threads: threads)
    plan.streams_c = streamsOutput(problem, pair, plan) && storesPastCaches(traffic, threads: threads)
    plan.tile.stores_late = plan.tile.narrow || plan.streams_c
  }

  /// Whether tiles store whole lines of the output, and nothing is done to them later.
  private func streamsOutput(_ problem: ConvolutionProblem, _ pair: CandidatePair, _ plan: ck_gemm_plan) -> Bool {
    let isKnown = problem.outputType == .float32 && pair.set.storesLinesPastCaches(of: problem.outputType)
    return isKnown && !plan.accumulate && !plan.has_epilogue
  }

  /// `rowBytes`: from row to row of a tile.
  private func traffic(_ problem: ConvolutionProblem, rowBytes: Double) -> Traffic {
    let images = Double(problem.shape.batch)
    let inputs = images * Double(problem.shape.inputChannels * problem.shape.height * problem.shape.width)
    let outputs = images * Double(problem.outputHeight * problem.outputWidth * problem.shape.outputChannels)
    return Traffic(
      inputs: inputs * Double(problem.inputType.byteCount), output: outputs * Double(problem.outputType.byteCount),
      rowBytes: rowBytes, rows: problem.shape.batch * problem.outputHeight * problem.outputWidth)
  }

  /// Whether so much output is: more than a third of the last level, and with the operands more than half of it, or for several threads two thirds
  /// (100000 x 32 x 16 on Zen 5: one core 107 to 208 GFLOP/s, two 431 to 347; 100000 x 32 x 32 gains 1.4). Of a server's last level, shared with
  /// others, many long rows never are.
  func storesPastCaches(_ traffic: Traffic, threads: Int) -> Bool {
    let isShared = blocks.lastLevelBytes > countedLastLevelBytes
    if isShared, traffic.rowBytes > Microarchitecture.shortRowBytes, traffic.rows > Microarchitecture.mostLongRows {
      return false
    }
    return exceeds(countedLastLevelBytes, traffic, threads: threads)
  }

  /// Whether a last level of `bytes` keeps no more than a part of the output.
  func exceeds(_ bytes: Int, _ traffic: Traffic, threads: Int) -> Bool {
    let bytes = Double(bytes)
    return traffic.output > bytes / 3 && traffic.inputs + traffic.output > bytes * (threads == 1 ? 0.5 : 2.0 / 3)
  }

  /// Of the last level, what is sure to be this process's: where to ask for panels, and what to store past the caches, goes by it, blocks don't (3072^3 in
  /// fp32 on Emerald Rapids 164 to 159 GFLOP/s by smaller ones).
  var countedLastLevelBytes: Int { min(blocks.lastLevelBytes, microarchitecture.mostLastLevelBytes) }
}
