#if Tools
  import Headroom
  import Reporting
  import Workloads

  /// What `explain` prints: the selection and every candidate.
  struct Explanation: Encodable {
    struct Chosen: Encodable {
      var variant, microkernel, isa: String
      var mc, nc, kc, threads: Int
      var swapped: Bool
    }

    struct Entry: Encodable {
      var variant, microkernel, isa: String
      /// `chosen`, `slower` or `rejected`.
      var outcome: String
      /// Predicted time of one call.
      var seconds: Double?
      /// Why it was rejected.
      var reason: String?
    }

    var op = "gemm"
    var shape: String
    var dtype: String
    var overrides: [String: String]
    var selection: Chosen?
    var candidates: [Entry]

    init(shape: GEMMShape, dtype: NumericFormat, overrides: [String: String], candidates found: [Candidate]) {
      self.shape = shape.description
      self.dtype = dtype.rawValue
      self.overrides = overrides
      candidates = found.map(Entry.init)
      for candidate in found {
        if case .chosen(let chosen, _) = candidate.outcome { selection = Chosen(chosen) }
      }
    }

    func rendered() -> String {
      var text = "gemm \(shape) \(dtype)\n"
      for (name, value) in overrides.sorted(by: { $0.key < $1.key }) { text += "\(name)=\(value) is in force\n" }
      text += "chosen: \(selection.map { "\($0)" } ?? "none can serve")\n"
      var table = TextTable(columns: [
        .init("variant"), .init("micro-kernel"), .init("isa"), .init("predicted", .right), .init("outcome"),
      ])
      for entry in candidates {
        let outcome = entry.reason.map { "rejected: \($0)" } ?? entry.outcome
        table.add([entry.variant, entry.microkernel, entry.isa, entry.seconds.map(Format.seconds) ?? "", outcome])
      }
      return text + "\n" + table.text
    }
  }

  extension Explanation.Entry {
    init(_ candidate: Candidate) {
      variant = candidate.variant.name
      microkernel = candidate.microkernel.name
      isa = candidate.microkernel.isa.name
      switch candidate.outcome {
      case .chosen(_, let predicted): (outcome, seconds) = ("chosen", predicted)
      case .slower(let predicted): (outcome, seconds) = ("slower", predicted)
      case .rejected(let rejection): (outcome, reason) = ("rejected", "\(rejection)")
      }
    }
  }

  extension Explanation.Chosen: CustomStringConvertible {
    init(_ selection: Selection) {
      self.init(
        variant: selection.variant, microkernel: selection.microkernel, isa: selection.isa.name, mc: selection.blocking.mc,
        nc: selection.blocking.nc, kc: selection.blocking.kc, threads: selection.threads, swapped: selection.swapped)
    }

    var description: String {
      "\(variant) with \(microkernel), blocks of \(mc) x \(nc) x \(kc), \(threads) thread\(threads == 1 ? "" : "s")"
        + (swapped ? ", computed as the transposed product" : "")
    }
  }
#endif
