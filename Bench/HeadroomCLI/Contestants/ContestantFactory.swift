#if Tools
  import Attribution
  import Headroom
  import Measurement
  import Rungs
  import Workloads

  /// Makes contestants of what dispatch runs and of rungs, each with the command line that repeats its row.
  struct ContestantFactory: Sendable {
    /// The highest instruction set and the threads for whom nothing else is said.
    var isaCap: ISA
    var threads: Int
    /// Elements between the end of a row and the start of the next.
    var leadingPadding: Int
    /// Options of the sampling that the row's command repeats, such as `--time 0.5`.
    var sampling: [String]
    /// Says on standard error what dispatch chose.
    var isVerbose: Bool

    init(_ invocation: Invocation, leadingPadding: Int = 0, sampling: [String] = []) {
      isaCap = invocation.isaCap
      threads = invocation.threads
      self.leadingPadding = leadingPadding
      self.sampling = sampling
      isVerbose = invocation.overrides.verbose
    }

    /// The contestant of a row of a ladder or a cell of an experiment.
    func contestant(_ subject: Subject, _ shape: GEMMShape) throws -> Contestant {
      var factory = self
      factory.leadingPadding = subject.leadingPadding
      return switch subject.code {
      case .rung(let name, let isa): try factory.rung(name, shape, isa: isa, threads: threads, format: subject.format)
      case .dispatch(let options): try factory.product(shape, subject.format, options)
      }
    }

    /// What dispatch runs under `options`.
    ///
    /// - Throws: `HeadroomError`, `noCandidate` among them.
    func product(_ shape: GEMMShape, _ format: NumericFormat, _ options: SelectionOptions) throws(HeadroomError) -> Contestant {
      let selection = try GEMMPlan(shape.descriptor(format, options, leadingPadding: leadingPadding)).selection
      if isVerbose { StandardError.write("\(shape) \(format.rawValue): \(selection)\n") }
      let allowed = options.without.contains(.threads) ? 1 : options.threads ?? threads
      var words = words(shape, format, isa: selection.isa, threads: allowed, variant: selection.variant)
      if let name = options.microkernel { words += ["--ukernel", name] }
      if !options.without.isEmpty {
        words += ["--without", options.without.techniques.map(\.argument).joined(separator: ",")]
      }
      return Contestant(
        variant: selection.variant, ukernel: selection.microkernel, isa: selection.isa, threads: allowed, format: format,
        leadingPadding: leadingPadding, note: Self.note(options, selection, allowed: allowed),
        command: (words + sampling).joined(separator: " ")
      ) { operands in
        var descriptor = GEMMDescriptor(
          a: operands.aLayout, b: operands.bLayout, c: operands.cLayout, inputType: operands.inputType,
          outputType: operands.outputType)
        descriptor.options = options
        let plan = try GEMMPlan(descriptor)
        let (a, b, c) = (operands.a, operands.b, operands.c)
        try plan.execute(a: a, b: b, c: c)
        // Only memory can be wanting, and the call above has had it.
        return { try? plan.execute(a: a, b: b, c: c) }
      }
    }

    /// The rung called `name`, compiled for the highest instruction set up to `isa`.
    func rung(_ name: String, _ shape: GEMMShape, isa: ISA, threads: Int, format: NumericFormat) throws(Unserved) -> Contestant {
      guard let rung = Rung.named(name, isa: min(isa, isaCap)) else { throw Unserved(reason: "no such rung up to \(isa.name)") }
      guard format == .f32 else { throw Unserved(reason: "rungs are f32 only") }
      guard !shape.transposeA, !shape.transposeB else { throw Unserved(reason: "rungs take no transposed operands") }
      let threads = rung.usesThreads ? threads : 1
      return Contestant(
        variant: rung.name, isa: rung.isa, threads: threads, format: format, leadingPadding: leadingPadding, note: rung.note,
        command: (words(shape, format, isa: rung.isa, threads: threads, variant: rung.name) + sampling).joined(separator: " ")
      ) { operands in
        let problem = RungProblem(
          m: shape.m, n: shape.n, k: shape.k, a: operands.a.assumingMemoryBound(to: Float.self), lda: operands.lda,
          b: operands.b.assumingMemoryBound(to: Float.self), ldb: operands.ldb,
          c: operands.c.assumingMemoryBound(to: Float.self), ldc: operands.ldc, threads: threads)
        return { rung.run(problem) }
      }
    }

    private func words(_ shape: GEMMShape, _ format: NumericFormat, isa: ISA, threads: Int, variant: String) -> [String] {
      [
        "headroom", "bench", "gemm", "\(shape)", "--dtype", format.rawValue, "--threads", "\(threads)", "--isa", isa.name,
        "--variants", variant,
      ] + (leadingPadding == 0 ? [] : ["--padding", "\(leadingPadding)"])
    }

    private static func note(_ options: SelectionOptions, _ selection: Selection, allowed: Int) -> String? {
      var parts = options.without.techniques.map { "without \($0.rawValue)" }
      if selection.threads < allowed { parts.append("dispatch used \(selection.threads) of \(allowed) threads") }
      return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
  }

  /// Why a contestant can't take part on a shape.
  struct Unserved: Error, CustomStringConvertible {
    var reason: String
    var description: String { reason }
  }

  extension Technique {
    /// The word for it on the command line: `cache-blocking`, `simd`.
    var argument: String { rawValue.lowercased().replacing(" ", with: "-") }
  }
#endif
