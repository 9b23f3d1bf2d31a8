/// Cache blocks, in elements: A is packed in blocks of `mc` x `kc`, B in blocks of `kc` x `nc`.
public struct Blocking: Sendable, Hashable {
  public var mc: Int
  public var nc: Int
  public var kc: Int

  public init(mc: Int, nc: Int, kc: Int) {
    self.mc = mc
    self.nc = nc
    self.kc = kc
  }
}

/// What runs: a plain value, equal for equal problems, options and machines.
public struct Selection: Sendable, Hashable {
  /// Of `CandidateLists.pairs`.
  let pairIndex: Int
  public var blocking: Blocking
  public var threads: Int
  /// Whether A and B change places, mostly so that C is written along its unit stride.
  public var swapped: Bool

  /// The variant's name, such as `outer.packed`.
  public var variant: String { KernelTable.shared.variants[pair.variantIndex].name }
  /// The name of the largest tile, such as `outer_f32_14x32_avx512`.
  public var microkernel: String { KernelTable.shared.name(ofTileSet: pair.tileSetIndex) }
  public var isa: ISA { pair.set.isa }
  /// Levels of Strassen's algorithm: 1 where 7 products of halves are multiplied, 2 for 49 of quarters, else 0.
  public var strassenLevels: Int { pair.strassenLevels }

  var pair: CandidatePair { KernelTable.shared.candidates.pairs[pairIndex] }
}

extension Selection: CustomStringConvertible {
  public var description: String {
    "\(variant) \(microkernel) mc=\(blocking.mc) nc=\(blocking.nc) kc=\(blocking.kc) threads=\(threads)"
      + (swapped ? " swapped" : "")
  }
}

/// Why a candidate can't serve, in a fixed vocabulary.
public enum Rejection: Sendable, Hashable {
  /// The machine lacks the instructions.
  case isaMissing(needs: ISA, has: ISA)
  /// The caller or the environment allows less.
  case isaCapped(needs: ISA, cap: ISA)
  /// A row of a higher level does the same.
  case isaSuperseded(by: ISA)
  /// The operands or C are of other types.
  case types
  /// The operands lie in memory as this variant can't read them.
  case layout(Requirement)
  /// It computes another of the three tensors of a convolution.
  case pass
  /// Another variant was asked for.
  case variantNotAskedFor
  /// Another micro-kernel was asked for.
  case microkernelNotAskedFor
  /// It needs a technique that was switched off.
  case techniqueOff(Technique)
  /// Fewer multiplications, which the descriptor doesn't allow or these types and layouts rule out.
  case strassenNotAllowed
  /// Fewer multiplications, which the descriptor doesn't allow, or so few channels that the errors might pass the bound of direct sums, or too
  /// many for the memory that it takes unasked.
  case winogradNotAllowed
  /// More workspace than the caller grants, in bytes.
  case workspace(needs: Int, limit: Int)
  /// Products in bf16, less accurate than the descriptor asks for.
  case precisionNotAllowed
  /// A row of one vector, kept for measuring what a register tile is worth.
  case withoutRegisterTile
  /// A row in another language, kept for measuring what the language is worth.
  case sameTileInC

  public enum Requirement: String, Sendable, Hashable {
    case unitColumnStrideOfB = "B must have unit stride along N"
    case unitStridesAlongK = "A and B must both have unit stride along K"
    case packed = "an operand comes packed, for other panels"
    case unitColumnStrideOfA = "A must have unit stride along K"
    case pointwise = "the kernel must be 1x1, at stride 1 and without padding, pixels equally far apart"
    case patches =
      "of an input's gradient, without groups or residual, the kernel must be as large as its stride, cover an image and lie in its order (OIHW in NCHW)"
    case byPatches = "it is one product whose rows are patches"
    case winograd = "the kernel must be 3x3, at stride 1 and dilated by no more than the output's rows and columns"
    case depthwise = "every channel must be a group of its own, with one output channel"
    case narrowGroups =
      "groups must have as many input as output channels, 4 or 8 and whole vectors of them, and kernels up to three columns"
    case channelsFirst = "images must lie channels first, rows one after another, and be images of no volume"
    case imagePacked = "the image must be the operand that is packed"
    case evenPixels = "the pixels of the output must be equally far apart"
    case oneProduct = "there must be pixels, those of all images equally far apart"
    case writtenPatches =
      "it must be more than a product of the image, images and outputs must lie channels last, be of no volume, weights follow in the order of patches, and patches take no more than 64 MiB"
    case evenDepths = "the weights of an output channel must be equally far apart"
    case unitChannelStrideOfGradient = "the gradient of the output must have unit stride along channels"
    case unitChannelStrideOfWeights = "the weights must have unit stride along output channels"
    case vectorsAlongChannels = "channels must be adjacent in input and output"
    case vectorsAlongRows = "columns must be adjacent in input and output"
  }
}

extension Rejection: CustomStringConvertible {
  public var description: String {
    switch self {
    case .isaMissing(let needs, let has): "needs \(needs.name), this machine has \(has.name)"
    case .isaCapped(let needs, let cap): "needs \(needs.name), capped at \(cap.name)"
    case .isaSuperseded(let by): "superseded by a row of \(by.name)"
    case .types: "other element types"
    case .layout(let requirement): "layout: \(requirement.rawValue)"
    case .pass: "another pass of the convolution"
    case .variantNotAskedFor: "another variant was asked for"
    case .microkernelNotAskedFor: "another micro-kernel was asked for"
    case .techniqueOff(let technique): "uses \(technique.rawValue), which is off"
    case .strassenNotAllowed: "Strassen's algorithm is not allowed, or not for such types and layouts"
    case .winogradNotAllowed:
      "Winograd's algorithm is not allowed, or has too few channels to keep its error bound, or too many for its memory"
    case .workspace(let needs, let limit): "needs \(needs) bytes of workspace, limited to \(limit)"
    case .precisionNotAllowed: "the descriptor asks for the precision of its operands"
    case .sameTileInC: "the same tile is there in C: runs only when asked for by name"
    case .withoutRegisterTile: "one vector of sums: runs only with the register tile off"
    }
  }
}

/// What became of a candidate.
public enum CandidateOutcome<Chosen: Sendable>: Sendable {
  /// Predicted to take `seconds` on a nominal 4 GHz core of its instruction set: a rank, not a promise.
  case chosen(Chosen, seconds: Double)
  case slower(seconds: Double)
  case rejected(Rejection)

  /// What was chosen; `nil` for the others.
  public var chosen: Chosen? { if case .chosen(let selection, _) = self { selection } else { nil } }

  /// The same of another description of what was chosen.
  public func map<Other>(_ describe: (Chosen) -> Other) -> CandidateOutcome<Other> {
    switch self {
    case .chosen(let selection, let seconds): .chosen(describe(selection), seconds: seconds)
    case .slower(let seconds): .slower(seconds: seconds)
    case .rejected(let rejection): .rejected(rejection)
    }
  }

  /// The order in which candidates are explained: the chosen one, the others by predicted time, the rejected ones.
  var rank: (Int, Double) {
    switch self {
    case .chosen: (0, 0)
    case .slower(let seconds): (1, seconds)
    case .rejected: (2, 0)
    }
  }
}

/// One variant with one micro-kernel, and what became of it.
public struct Candidate: Sendable {
  public typealias Outcome = CandidateOutcome<Selection>

  public let variant: Variant
  public let microkernel: Microkernel
  public let outcome: Outcome
}
