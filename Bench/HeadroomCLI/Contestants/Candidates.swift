#if Tools
  import Headroom
  import Measurement
  import Workloads

  /// A candidate of dispatch and what became of it, whatever the operation.
  struct JudgedCandidate {
    var variant: String
    /// The variant of a convolution's products, where there are some to choose from.
    var product: String?
    var microkernel: String
    var isa: ISA
    var outcome: CandidateOutcome<ChosenKernel>
  }

  /// What dispatch chose, whatever the operation.
  struct ChosenKernel: Encodable, CustomStringConvertible {
    var variant, microkernel, isa: String
    /// The variant of a convolution's products, where there are some to choose from.
    var product: String?
    /// Blocks of a product.
    var mc, nc, kc: Int?
    var threads: Int
    /// A product that is computed transposed.
    var swapped: Bool?

    init(_ selection: Selection) {
      (variant, microkernel, isa) = (selection.variant, selection.microkernel, selection.isa.name)
      (mc, nc, kc) = (selection.blocking.mc, selection.blocking.nc, selection.blocking.kc)
      threads = selection.threads
      swapped = selection.swapped
    }

    init(_ selection: ConvolutionSelection) {
      (variant, microkernel, isa) = (selection.variant, selection.microkernel, selection.isa.name)
      product = selection.product
      threads = selection.threads
    }

    var description: String {
      var text = "\(variant)\(product.map { " by \($0)" } ?? "") with \(microkernel)"
      if let mc, let nc, let kc { text += ", blocks of \(mc) x \(nc) x \(kc)" }
      text += ", \(threads) thread\(threads == 1 ? "" : "s")"
      return text + (swapped == true ? ", computed as the transposed product" : "")
    }
  }

  extension Problem {
    /// Every candidate, the chosen one first.
    func candidates(
      _ format: NumericFormat, _ options: SelectionOptions, leadingPadding: Int = 0
    ) throws(HeadroomError) -> [JudgedCandidate] {
      switch self {
      case .product(let shape):
        return try explain(shape.descriptor(format, options, leadingPadding: leadingPadding)).map(JudgedCandidate.init)
      case .convolution(let shape, let layout, let pass):
        return try explain(shape.descriptor(layout, pass, format, options)).map(JudgedCandidate.init)
      }
    }
  }

  extension JudgedCandidate {
    init(_ candidate: Candidate) {
      (variant, microkernel, isa) = (candidate.variant.name, candidate.microkernel.name, candidate.microkernel.isa)
      outcome = candidate.outcome.map(ChosenKernel.init)
    }

    init(_ candidate: ConvolutionCandidate) {
      (variant, product) = (candidate.variant.name, candidate.product)
      (microkernel, isa) = (candidate.microkernel, candidate.isa)
      outcome = candidate.outcome.map(ChosenKernel.init)
    }
  }
#endif
