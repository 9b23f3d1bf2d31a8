import CKernels
import Tensors

extension Dispatch {
  /// Writes `selection` down as what C runs. `problem` is `descriptor` turned.
  func fill(_ plan: inout ck_gemm_plan, _ problem: OrientedProblem, _ descriptor: GEMMDescriptor, _ selection: Selection) {
    let pair = selection.pair
    let set = pair.set
    let depth = descriptor.alpha == 0 ? 0 : problem.k
    plan.swapped = problem.swapped
    plan.pack_a = pair.packsA
    plan.pack_b = pair.packsB
    plan.accumulate = problem.sumsApart
    plan.has_epilogue = !descriptor.epilogue.isIdentity
    plan.a_type = problem.inputType.kernelType
    plan.b_type = problem.inputType.kernelType
    plan.acc_type = descriptor.accumulatorType.kernelType
    plan.c_type = problem.outputType.kernelType
    plan.panel_type = set.inputType.kernelType
    plan.mr = Int32(set.mr)
    plan.nr = Int32(set.nr)
    plan.kr = Int32(set.kr)
    plan.threads = Int32(selection.threads)
    plan.m = Int64(problem.m)
    plan.n = Int64(problem.n)
    plan.k = Int64(depth)
    plan.a_rs = Int64(problem.aRowStride)
    plan.a_cs = Int64(problem.aColumnStride)
    plan.b_rs = Int64(problem.bRowStride)
    plan.b_cs = Int64(problem.bColumnStride)
    plan.c_rs = Int64(problem.cRowStride)
    plan.c_cs = Int64(problem.cColumnStride)
    plan.row_tiles = problem.m == 0 ? 0 : Int64((problem.m - 1) / set.mr + 1)
    if plan.row_tiles > 0 {
      plan.tile_rows = plan.m / plan.row_tiles
      plan.taller_tiles = plan.m % plan.row_tiles
    }
    plan.mc = Int64(selection.blocking.mc)
    plan.nc = Int64(selection.blocking.nc)
    plan.kc = Int64(selection.blocking.kc)
    plan.alpha = descriptor.alpha
    plan.beta = descriptor.beta
    plan.epilogue = descriptor.epilogue.kernelEpilogue(swapped: problem.swapped)
    plan.family = set.family.kernelFamily
    plan.tiles = UnsafePointer(set.tiles)
    plan.driver = driver(problem, pair, selection, depth: depth)
  }

  private func driver(
    _ problem: OrientedProblem, _ pair: CandidatePair, _ selection: Selection, depth: Int
  ) -> ck_driver {
    if problem.m == 0 || problem.n == 0 { return CK_DRIVER_EMPTY }
    if depth == 0 { return CK_DRIVER_SCALE }
    let inPlace = !pair.packsA && !pair.packsB && !problem.sumsApart
    // The blocked loops fetch C ahead; a small one is in L1 anyway.
    let small = problem.m <= min(selection.blocking.mc, 4096) && problem.n <= 4096 / max(problem.m, 1)
    return inPlace && small && depth <= selection.blocking.kc && selection.threads == 1 ? CK_DRIVER_TILES : CK_DRIVER_BLOCKED
  }
}

extension Family {
  fileprivate var kernelFamily: ck_family {
    switch self {
    case .outer: CK_OUTER
    case .pair: CK_PAIR
    case .dot: CK_DOT
    }
  }
}

extension Epilogue {
  fileprivate func kernelEpilogue(swapped: Bool) -> ck_epilogue {
    let kind: ck_bias
    switch bias {
    case .none: kind = CK_BIAS_NONE
    case .perRow: kind = swapped ? CK_BIAS_PER_COLUMN : CK_BIAS_PER_ROW
    case .perColumn: kind = swapped ? CK_BIAS_PER_ROW : CK_BIAS_PER_COLUMN
    }
    return ck_epilogue(scale: scale, bias: kind, activation: activation == .relu ? CK_ACT_RELU : CK_ACT_NONE)
  }
}
