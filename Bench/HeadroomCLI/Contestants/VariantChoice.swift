#if Tools
  import ArgumentParser
  import Headroom
  import Measurement
  import Workloads

  /// What `--variants` asks for.
  enum VariantChoice: ExpressibleByArgument {
    /// What dispatch chooses.
    case chosen
    /// Every variant and rung that can serve.
    case all
    case named([String])

    init(argument: String) {
      switch argument {
      case "all": self = .all
      default: self = .named(argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init))
      }
    }

    var defaultValueDescription: String { "what dispatch chooses" }

    /// Fails on a name that is neither a variant nor a rung of the operation.
    func check(_ operation: Operation) throws(Failure) {
      guard case .named(let names) = self else { return }
      let known = operation.variants + operation.rungs
      for name in names where !known.contains(name) {
        throw .badUsage(
          "unknown variant '\(name)'",
          remedy: "use 'all' or names out of \(known.joined(separator: ", ")); 'headroom list' describes them")
      }
    }

    /// The contestants on a problem, and those asked for by name that can't serve.
    func contestants(
      _ factory: ContestantFactory, _ problem: Problem, _ format: NumericFormat, _ options: SelectionOptions
    ) throws -> (taking: [Contestant], unserved: [String]) {
      guard let names = names(problem.operation) else { return ([try factory.dispatched(problem, format, options)], []) }
      var taking: [Contestant] = []
      var unserved: [String] = []
      for name in names {
        do {
          taking.append(try contestant(name, factory, problem, format, options))
        } catch HeadroomError.noCandidate {
          let candidates = try problem.candidates(format, options, leadingPadding: factory.leadingPadding)
          let reasons = Self.rejections(of: name, among: candidates)
          unserved.append("\(name) on \(problem) \(format.rawValue): \(reasons.joined(separator: "; "))")
        } catch let error as Unserved {
          unserved.append("\(name) on \(problem) \(format.rawValue): \(error)")
        }
      }
      if case .all = self { unserved = [] }
      return (taking, unserved)
    }

    /// Why the variant's best rows of these types can't serve, each reason once.
    private static func rejections(of variant: String, among candidates: [JudgedCandidate]) -> [String] {
      var reasons: [Rejection] = []
      for candidate in candidates where candidate.variant == variant {
        guard case .rejected(let rejection) = candidate.outcome, !reasons.contains(rejection) else { continue }
        if case .isaSuperseded = rejection { continue }
        reasons.append(rejection)
      }
      let decisive = reasons.filter { $0 != .types }
      return (decisive.isEmpty ? reasons : decisive).map(\.description)
    }

    private func names(_ operation: Operation) -> [String]? {
      switch self {
      case .chosen: nil
      case .all: operation.rungs + operation.variants
      case .named(let names): names
      }
    }

    private func contestant(
      _ name: String, _ factory: ContestantFactory, _ problem: Problem, _ format: NumericFormat, _ options: SelectionOptions
    ) throws -> Contestant {
      if problem.operation.rungs.contains(name) {
        return try factory.rung(
          name, problem, isa: options.maxISA ?? factory.isaCap, threads: options.threads ?? factory.threads, format: format)
      }
      var options = options
      options.variant = name
      return try factory.dispatched(problem, format, options)
    }
  }
#endif
