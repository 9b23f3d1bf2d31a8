#if Tools
  import Headroom
  import Measurement
  import Workloads

  /// A candidate of dispatch and what became of it, whatever the operation.
  struct JudgedCandidate {
    enum Outcome {
      /// Predicted time of one call.
      case chosen(seconds: Double)
      case slower(seconds: Double)
      case rejected(Rejection)
    }

    var variant, microkernel: String
    var isa: ISA
    var outcome: Outcome
  }

  /// What dispatch chose, whatever the operation.
  struct ChosenKernel: Encodable, CustomStringConvertible {
    var variant, microkernel, isa: String
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
      threads = selection.threads
    }

    var description: String {
      var text = "\(variant) with \(microkernel)"
      if let mc, let nc, let kc { text += ", blocks of \(mc) x \(nc) x \(kc)" }
      text += ", \(threads) thread\(threads == 1 ? "" : "s")"
      return text + (swapped == true ? ", computed as the transposed product" : "")
    }
  }

  extension Problem {
    /// Every candidate, the chosen one first, and what was chosen of it; `nil` where none can serve.
    func candidates(
      _ format: NumericFormat, _ options: SelectionOptions, leadingPadding: Int = 0
    ) throws(HeadroomError) -> (judged: [JudgedCandidate], chosen: ChosenKernel?) {
      switch self {
      case .product(let shape):
        let found = try explain(shape.descriptor(format, options, leadingPadding: leadingPadding))
        let chosen = found.lazy.compactMap {
          if case .chosen(let selection, _) = $0.outcome { ChosenKernel(selection) } else { nil }
        }
        return (found.map(JudgedCandidate.init), chosen.first)
      case .convolution(let shape, let layout):
        let found = try explain(shape.descriptor(layout, format, options))
        let chosen = found.lazy.compactMap {
          if case .chosen(let selection, _) = $0.outcome { ChosenKernel(selection) } else { nil }
        }
        return (found.map(JudgedCandidate.init), chosen.first)
      }
    }
  }

  extension JudgedCandidate {
    init(_ candidate: Candidate) {
      (variant, microkernel, isa) = (candidate.variant.name, candidate.microkernel.name, candidate.microkernel.isa)
      switch candidate.outcome {
      case .chosen(_, let seconds): outcome = .chosen(seconds: seconds)
      case .slower(let seconds): outcome = .slower(seconds: seconds)
      case .rejected(let rejection): outcome = .rejected(rejection)
      }
    }

    init(_ candidate: ConvolutionCandidate) {
      (variant, microkernel, isa) = (candidate.variant.name, candidate.microkernel, candidate.isa)
      switch candidate.outcome {
      case .chosen(_, let seconds): outcome = .chosen(seconds: seconds)
      case .slower(let seconds): outcome = .slower(seconds: seconds)
      case .rejected(let rejection): outcome = .rejected(rejection)
      }
    }
  }
#endif
