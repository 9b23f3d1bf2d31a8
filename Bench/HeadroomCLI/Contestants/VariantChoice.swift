#if Tools
  import ArgumentParser
  import Headroom
  import Measurement
  import Rungs
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

    static var variants: [String] { KernelTable.shared.variants.map(\.name) }

    /// Each name once: a rung is there for several instruction sets.
    static var rungs: [String] {
      Rung.all.reduce(into: []) { names, rung in
        if !names.contains(rung.name) { names.append(rung.name) }
      }
    }

    /// Fails on a name that is neither a variant nor a rung.
    func check() throws(Failure) {
      guard case .named(let names) = self else { return }
      for name in names where !(Self.variants + Self.rungs).contains(name) {
        throw .badUsage(
          "unknown variant '\(name)'",
          remedy:
            "use 'all' or names out of \((Self.variants + Self.rungs).joined(separator: ", ")); 'headroom list' describes them")
      }
    }

    /// The contestants on a shape, and those asked for by name that can't serve.
    func contestants(
      _ factory: ContestantFactory, _ shape: GEMMShape, _ format: NumericFormat, _ options: SelectionOptions
    ) throws -> (taking: [Contestant], unserved: [String]) {
      guard let names = names else { return ([try factory.product(shape, format, options)], []) }
      var taking: [Contestant] = []
      var unserved: [String] = []
      for name in names {
        do {
          taking.append(try contestant(name, factory, shape, format, options))
        } catch HeadroomError.noCandidate {
          let reasons = try Self.rejections(
            of: name, shape.descriptor(format, options, leadingPadding: factory.leadingPadding))
          unserved.append("\(name) on \(shape) \(format.rawValue): \(reasons.joined(separator: "; "))")
        } catch let error as Unserved {
          unserved.append("\(name) on \(shape) \(format.rawValue): \(error)")
        }
      }
      if case .all = self { unserved = [] }
      return (taking, unserved)
    }

    /// Why the variant's best rows of these types can't serve, each reason once.
    private static func rejections(of variant: String, _ descriptor: GEMMDescriptor) throws(HeadroomError) -> [String] {
      var reasons: [Rejection] = []
      for candidate in try explain(descriptor) where candidate.variant.name == variant {
        guard case .rejected(let rejection) = candidate.outcome, !reasons.contains(rejection) else { continue }
        if case .isaSuperseded = rejection { continue }
        reasons.append(rejection)
      }
      let decisive = reasons.filter { $0 != .types }
      return (decisive.isEmpty ? reasons : decisive).map(\.description)
    }

    private var names: [String]? {
      switch self {
      case .chosen: nil
      case .all: Self.rungs + Self.variants
      case .named(let names): names
      }
    }

    private func contestant(
      _ name: String, _ factory: ContestantFactory, _ shape: GEMMShape, _ format: NumericFormat, _ options: SelectionOptions
    ) throws -> Contestant {
      if Self.rungs.contains(name) {
        return try factory.rung(
          name, shape, isa: options.maxISA ?? factory.isaCap, threads: options.threads ?? factory.threads, format: format)
      }
      var options = options
      options.variant = name
      return try factory.product(shape, format, options)
    }
  }
#endif
