#if Tools
  import Headroom
  import Measurement
  import Reporting
  import Workloads

  /// What `explain` prints: the selection and every candidate.
  struct Explanation: Encodable {
    struct Entry: Encodable {
      var variant, microkernel, isa: String
      /// The variant of a convolution's products, where there are some to choose from.
      var product: String?
      /// `chosen`, `slower` or `rejected`.
      var outcome: String
      /// Predicted time of one call.
      var seconds: Double?
      /// Why it was rejected.
      var reason: String?
    }

    var op: String
    var shape: String
    /// Of a convolution's images.
    var layout: String?
    var dtype: String
    var overrides: [String: String]
    var selection: ChosenKernel?
    var candidates: [Entry]

    init(
      _ problem: Problem, _ dtype: NumericFormat, _ options: SelectionOptions, overrides: [String: String]
    ) throws(HeadroomError) {
      op = problem.op
      shape = problem.description
      layout = problem.layout?.rawValue
      self.dtype = dtype.rawValue
      self.overrides = overrides
      let found = try problem.candidates(dtype, options)
      candidates = found.map(Entry.init)
      selection = found.lazy.compactMap(\.outcome.chosen).first
    }

    func rendered() -> String {
      var text = [op, shape, layout, dtype].compactMap { $0 }.joined(separator: " ") + "\n"
      for (name, value) in overrides.sorted(by: { $0.key < $1.key }) { text += "\(name)=\(value) is in force\n" }
      text += "chosen: \(selection.map { "\($0)" } ?? "none can serve")\n"
      var table = TextTable(columns: [
        .init("variant"), .init("micro-kernel"), .init("isa"), .init("predicted", .right), .init("outcome"),
      ])
      for entry in candidates {
        let outcome = entry.reason.map { "rejected: \($0)" } ?? entry.outcome
        let variant = entry.variant + (entry.product.map { " by \($0)" } ?? "")
        table.add([variant, entry.microkernel, entry.isa, entry.seconds.map(Format.seconds) ?? "", outcome])
      }
      return text + "\n" + table.text
    }
  }

  extension Explanation.Entry {
    init(_ candidate: JudgedCandidate) {
      variant = candidate.variant
      product = candidate.product
      microkernel = candidate.microkernel
      isa = candidate.isa.name
      switch candidate.outcome {
      case .chosen(_, let predicted): (outcome, seconds) = ("chosen", predicted)
      case .slower(let predicted): (outcome, seconds) = ("slower", predicted)
      case .rejected(let rejection): (outcome, reason) = ("rejected", "\(rejection)")
      }
    }
  }
#endif
