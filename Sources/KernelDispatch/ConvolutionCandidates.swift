import CKernels
import Tensors

/// A variant of convolution with the micro-kernels that it could run.
struct ConvolutionKernels: Sendable {
  enum Kind: Sendable {
    /// A place in `CandidateLists.pairs`.
    case tiles(pairIndex: Int)
    /// A place in `KernelTable.depthwise`.
    case depthwise(index: Int)
  }

  let variant: ConvolutionVariant
  let kind: Kind

  /// Every variant with everything that could serve it, whatever the problem.
  static let all: [ConvolutionKernels] = {
    let table = KernelTable.shared
    return ConvolutionVariant.all.flatMap { variant in
      let pairs = table.candidates.pairs.filter { variant.products.contains(table.variants[$0.variantIndex].name) }
      let tiles = pairs.map { ConvolutionKernels(variant: variant, kind: .tiles(pairIndex: $0.index)) }
      let filters = table.depthwise.indices.map { ConvolutionKernels(variant: variant, kind: .depthwise(index: $0)) }
      return variant.algorithm.isDepthwise ? filters : tiles
    }
  }()

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
    variant.products.count > 1 && variant.algorithm != .direct
      ? pair.map { KernelTable.shared.variants[$0.variantIndex].name } : nil
  }
}

/// What a problem's types, the allowed instruction set and the caller's wishes leave of the kernels of convolution.
struct ConvolutionFilter {
  /// For the pairs; says nothing of variants.
  var pairs: CandidateFilter
  var variant: String?
  var microkernel: String?
  /// Whether Winograd's algorithm may run unasked.
  var allowsWinograd = true

  /// The same for any variant and micro-kernel.
  var unforced: ConvolutionFilter {
    var filter = self
    (filter.pairs.tileSetIndex, filter.variant, filter.microkernel) = (nil, nil, nil)
    return filter
  }

  func rejection(of kernels: ConvolutionKernels, for problem: ConvolutionProblem) -> Rejection? {
    if let variant, kernels.variant.name != variant { return .variantNotAskedFor }
    if kernels.variant.algorithm.isOfWeights != problem.isOfWeights { return .pass }
    if problem.patches != nil && kernels.variant.algorithm != .patches { return .layout(.byPatches) }
    if let depthwise = kernels.depthwise {
      return rejection(of: depthwise, for: problem, kernels.variant.algorithm)
    }
    guard let pair = kernels.pair else { return .types }
    if let rejection = pairs.rejection(of: pair, among: KernelTable.shared.candidates.pairs) { return rejection }
    switch kernels.variant.algorithm {
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
      return variant != nil
        || allowsWinograd && problem.keepsBound(winograd: outputs) && problem.isModest(winograd: outputs, nr: pair.set.nr)
        ? nil : .winogradNotAllowed
    case .weights:
      let inPlace = problem.layout.out_ks == 1 || problem.channels == 1
      return pair.packsB || inPlace ? nil : .layout(.unitChannelStrideOfGradient)
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
    let better = KernelTable.shared.depthwise.filter {
      $0.language == .c && $0.isa > kernel.isa && $0.isa <= pairs.cap && serves($0, problem, turned) == nil
    }
    return better.map(\.isa).max().map { .isaSuperseded(by: $0) }
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
