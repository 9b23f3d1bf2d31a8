import CKernels
import Tensors

/// A variant of convolution with the micro-kernels that it could run. Plain data: each plan looks at all of them, and with copies of names took
/// several times as long.
struct ConvolutionKernels: Sendable {
  enum Kind: Sendable {
    /// A place in `CandidateLists.pairs`.
    case tiles(pairIndex: Int)
    /// A place in `KernelTable.depthwise`.
    case depthwise(index: Int)
  }

  /// A place in `ConvolutionVariant.all`.
  let variantIndex: Int
  let algorithm: ConvolutionVariant.Algorithm
  let kind: Kind

  /// Every variant with everything that could serve it, whatever the problem.
  static let all: [ConvolutionKernels] = {
    let table = KernelTable.shared
    return ConvolutionVariant.all.enumerated().flatMap { index, variant in
      let pairs = table.candidates.pairs.filter { variant.products.contains(table.variants[$0.variantIndex].name) }
      let kinds: [Kind] =
        variant.algorithm.isDepthwise
        ? table.depthwise.indices.map { .depthwise(index: $0) } : pairs.map { .tiles(pairIndex: $0.index) }
      return kinds.map { ConvolutionKernels(variantIndex: index, algorithm: variant.algorithm, kind: $0) }
    }
  }()

  var variant: ConvolutionVariant { ConvolutionVariant.all[variantIndex] }

  /// The candidate of matrix multiply; `nil` for depthwise kernels.
  var pair: CandidatePair? {
    if case .tiles(let index) = kind { KernelTable.shared.candidates.pairs[index] } else { nil }
  }

  var depthwise: DepthwiseMicrokernel? {
    if case .depthwise(let index) = kind { KernelTable.shared.depthwise[index] } else { nil }
  }

  var microkernel: String { pair.map { KernelTable.shared.name(ofTileSet: $0.tileSetIndex) } ?? depthwise?.name ?? "" }
  var isa: ISA { pair?.set.isa ?? depthwise?.isa ?? .scalar }
  /// The variant of matrix multiply, where it is one of several.
  var product: String? {
    variant.products.count > 1 && algorithm != .direct
      ? pair.map { KernelTable.shared.variants[$0.variantIndex].name } : nil
  }
}

/// What a problem's types, the allowed instruction set and the caller's wishes leave of the kernels of convolution.
struct ConvolutionFilter {
  /// For the pairs; says nothing of variants.
  var pairs: CandidateFilter
  var variantIndex: Int?
  var microkernel: String?
  /// Whether Winograd's algorithm may run unasked.
  var allowsWinograd = true

  /// The same for any variant and micro-kernel.
  var unforced: ConvolutionFilter {
    var filter = self
    (filter.pairs.tileSetIndex, filter.variantIndex, filter.microkernel) = (nil, nil, nil)
    return filter
  }

  func rejection(of kernels: ConvolutionKernels, for problem: ConvolutionProblem) -> Rejection? {
    if let variantIndex, kernels.variantIndex != variantIndex { return .variantNotAskedFor }
    if kernels.algorithm.isOfWeights != problem.isOfWeights { return .pass }
    if problem.patches != nil && kernels.algorithm != .patches { return .layout(.byPatches) }
    if let depthwise = kernels.depthwise {
      return rejection(of: depthwise, for: problem, kernels.algorithm)
    }
    guard let pair = kernels.pair else { return .types }
    if let rejection = pairs.rejection(of: pair, among: KernelTable.shared.candidates.pairs) { return rejection }
    switch kernels.algorithm {
    case .pointwise:
      if !problem.isPointwise { return .layout(.pointwise) }
      if !problem.pixelsAreEven { return .layout(.evenPixels) }
      return OrientedProblem(problem.product(from: .pointwise)).rejection(of: pair)
    case .patches:
      if problem.patches == nil { return .layout(.patches) }
      return problem.patchProduct(for: pair).rejection(of: pair)
    case .implicitGEMM:
      if !problem.pixelsAreEven { return .layout(.evenPixels) }
      if !problem.depthsAreEven { return .layout(.evenDepths) }
      let imageIsLeft = problem.pixelsAreRows != OrientedProblem(problem.product(from: .implicitGEMM)).swapped
      return (imageIsLeft ? pair.packsA : pair.packsB) ? nil : .layout(.imagePacked)
    case .direct:
      let inPlace = problem.layout.w_os == 1 || problem.channels == 1
      return pair.packsB || inPlace ? nil : .layout(.unitChannelStrideOfWeights)
    case .winograd(let outputs), .winogradWeights(let outputs):
      if !problem.suitsWinograd { return .layout(.winograd) }
      return variantIndex != nil
        || allowsWinograd && problem.keepsBound(winograd: outputs) && problem.isModest(winograd: outputs, nr: pair.set.nr)
        ? nil : .winogradNotAllowed
    case .weights:
      let inPlace = problem.layout.out_ks == 1 || problem.channels == 1
      return pair.packsB || inPlace ? nil : .layout(.unitChannelStrideOfGradient)
    case .pointwiseWeights:
      if !problem.isPointwise { return .layout(.pointwise) }
      if !problem.pixelsAreEven { return .layout(.evenPixels) }
      if !problem.isOneProduct || problem.image.slices > 1 || problem.hasNoPixels { return .layout(.oneProduct) }
      return problem.orientedProduct(from: .pointwiseWeights, for: pair).rejection(of: pair)
    case .im2col, .im2colWeights:
      if !problem.hasPatches { return .layout(.writtenPatches) }
      return problem.orientedProduct(from: kernels.algorithm, for: pair).rejection(of: pair)
    case .depthwise, .depthwiseWeights, .grouped, .groupedWeights:
      return .types
    }
  }

  private func rejection(
    of kernel: DepthwiseMicrokernel, for problem: ConvolutionProblem, _ algorithm: ConvolutionVariant.Algorithm
  ) -> Rejection? {
    let turned = algorithm.turnsChannels
    if algorithm.isGrouped != (kernel.group > 1) { return .types }
    if kernel.isa > pairs.machineISA { return .isaMissing(needs: kernel.isa, has: pairs.machineISA) }
    if kernel.isa > pairs.cap { return .isaCapped(needs: kernel.isa, cap: pairs.cap) }
    if problem.groupWidth != kernel.group { return .layout(kernel.group > 1 ? .narrowGroups : .depthwise) }
    if let microkernel { return kernel.name == microkernel ? serves(kernel, problem, turned) : .microkernelNotAskedFor }
    if let rejection = serves(kernel, problem, turned) { return rejection }
    if kernel.language != .c { return .sameTileInC }
    if pairs.without.contains(.simd) { return kernel.isa == .scalar ? nil : .techniqueOff(.simd) }
    var better = kernel.isa
    for other in KernelTable.shared.depthwise where other.language == .c && other.isa > better && other.isa <= pairs.cap {
      if serves(other, problem, turned) == nil { better = other.isa }
    }
    return better > kernel.isa ? .isaSuperseded(by: better) : nil
  }

  private func serves(_ kernel: DepthwiseMicrokernel, _ problem: ConvolutionProblem, _ turned: Bool) -> Rejection? {
    if problem.groupWidth != kernel.group { return .types }
    if kernel.group > 1 {
      if !problem.suitsGroups(vectorsOf: turned ? 1 : kernel.lanes) { return .layout(.narrowGroups) }
      // The gradients of all depths of a channel are stored at once.
      if problem.isOfWeights && !problem.depthsAreEven { return .layout(.evenDepths) }
    }
    if problem.isOfWeights && kernel.runGradient == nil { return .types }
    if turned {
      if kernel.inputType != .float32 || !kernel.channelsLast { return .types }
      return problem.turnsDepthwise ? nil : .layout(.channelsFirst)
    }
    if kernel.inputType != problem.inputType { return .types }
    if kernel.channelsLast { return problem.image.cs == 1 && problem.pixelsAreRows ? nil : .layout(.vectorsAlongChannels) }
    // What is written may lie apart: the gradient of a strided convolution's input does.
    let isAlongRows = problem.image.ws == 1 && (problem.layout.out_qs == 1 || !problem.isOfWeights)
    return isAlongRows ? nil : .layout(.vectorsAlongRows)
  }
}
