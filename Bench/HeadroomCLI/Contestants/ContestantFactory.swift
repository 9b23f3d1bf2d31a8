#if Tools
  import Attribution
  import Headroom
  import Measurement
  import Rungs
  import Tensors
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
    /// The variant that the environment asks for.
    var forcedVariant: String?
    /// Says on standard error what dispatch chose.
    var isVerbose: Bool

    init(_ invocation: Invocation, leadingPadding: Int = 0, sampling: [String] = []) {
      isaCap = invocation.isaCap
      threads = invocation.threads
      self.leadingPadding = leadingPadding
      self.sampling = sampling
      forcedVariant = invocation.overrides.variant
      isVerbose = invocation.overrides.verbose
    }

    /// The contestant of a row of a ladder or a cell of an experiment.
    func contestant(_ subject: Subject, _ problem: Problem) throws -> Contestant {
      var factory = self
      factory.leadingPadding = subject.leadingPadding
      return switch subject.code {
      case .rung(let name, let isa): try factory.rung(name, problem, isa: isa, threads: threads, format: subject.format)
      case .dispatch(let options): try factory.dispatched(problem, subject.format, options)
      }
    }

    /// What dispatch runs under `options`.
    ///
    /// - Throws: `HeadroomError`, `noCandidate` among them.
    func dispatched(_ problem: Problem, _ format: NumericFormat, _ options: SelectionOptions) throws(HeadroomError) -> Contestant
    {
      switch problem {
      case .product(let shape):
        let selection = try GEMMPlan(shape.descriptor(format, options, leadingPadding: leadingPadding)).selection
        say(problem, format, "\(selection)")
        return contestant(problem, format, options, ChosenKernel(selection), isa: selection.isa) {
          try Self.call(shape.descriptor(format, options, leadingPadding: leadingPadding), $0 as GEMMOperands)
        }
      case .convolution(let shape, let layout, let pass):
        let selection = try ConvolutionPlan(shape.descriptor(layout, pass, format, options)).selection
        say(problem, format, "\(selection)")
        return contestant(problem, format, options, ChosenKernel(selection), isa: selection.isa) {
          try Self.call(options, $0 as ConvolutionOperands)
        }
      }
    }

    private func contestant<Own: Operands>(
      _ problem: Problem, _ format: NumericFormat, _ options: SelectionOptions, _ chosen: ChosenKernel, isa: ISA,
      _ bind: @escaping @Sendable (Own) throws -> (() -> Void)
    ) -> Contestant {
      let allowed = options.without.contains(.threads) ? 1 : options.threads ?? threads
      var words = words(problem, format, isa: isa, threads: allowed, variant: chosen.variant)
      if let microkernel = options.microkernel { words += ["--ukernel", microkernel] }
      if !options.without.isEmpty {
        words += ["--without", options.without.techniques.map(\.argument).joined(separator: ",")]
      }
      var contestant = Contestant(
        variant: chosen.variant, ukernel: chosen.microkernel, isa: isa, threads: allowed, format: format,
        leadingPadding: leadingPadding, note: Self.note(options, chosen, allowed: allowed),
        command: (words + sampling).joined(separator: " "), bind: bind)
      let variant = ConvolutionVariant.all.first { $0.name == chosen.variant }
      if let outputs = variant?.winogradOutputs {
        // Unasked it keeps the bound of direct sums.
        let isAskedFor = (options.variant ?? forcedVariant) == chosen.variant
        contestant.tolerance = isAskedFor ? .winograd(outputs: outputs) : .direct(tileSize: outputs)
      }
      return contestant
    }

    private static func call(_ descriptor: GEMMDescriptor, _ operands: GEMMOperands) throws -> (() -> Void) {
      let plan = try GEMMPlan(descriptor)
      let (a, b, c) = (operands.a, operands.b, operands.c)
      try plan.execute(a: a, b: b, c: c)
      // Only memory can be wanting, and the call above has had it.
      return { try? plan.execute(a: a, b: b, c: c) }
    }

    private static func call(_ options: SelectionOptions, _ operands: ConvolutionOperands) throws -> (() -> Void) {
      let plan = try ConvolutionPlan(operands.shape.descriptor(operands.layout, operands.pass, operands.format, options))
      let (input, weights, output) = (operands.input, operands.weights, operands.output)
      let run = { () throws(HeadroomError) in
        switch operands.pass {
        case .forward: try plan.execute(input: input, weights: weights, output: output)
        case .backwardData: try plan.execute(outputGradient: output, weights: weights, inputGradient: input)
        case .backwardWeights: try plan.execute(input: input, outputGradient: output, weightGradient: weights)
        }
      }
      try run()
      // As for products.
      return { try? run() }
    }

    private func say(_ problem: Problem, _ format: NumericFormat, _ selection: String) {
      if isVerbose { StandardError.write("\(problem) \(format.rawValue): \(selection)\n") }
    }

    func words(_ problem: Problem, _ format: NumericFormat, isa: ISA, threads: Int, variant: String) -> [String] {
      ["headroom", "bench", problem.operation.rawValue, "\(problem)"] + (problem.layout.map { ["--layout", $0.rawValue] } ?? [])
        + (problem.pass.map { $0 == .forward ? [] : ["--pass", $0.rawValue] } ?? [])
        + ["--dtype", format.rawValue, "--threads", "\(threads)", "--isa", isa.name, "--variants", variant]
        + (leadingPadding == 0 ? [] : ["--padding", "\(leadingPadding)"])
    }

    private static func note(_ options: SelectionOptions, _ chosen: ChosenKernel, allowed: Int) -> String? {
      var parts = options.without.techniques.map { "without \($0.rawValue)" }
      if chosen.threads < allowed { parts.append("dispatch used \(chosen.threads) of \(allowed) threads") }
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
