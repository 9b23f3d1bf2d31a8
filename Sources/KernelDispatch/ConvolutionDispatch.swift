import CKernels
import Tensors

extension Dispatch {
  /// What runs for `descriptor`, whose sizes and types the caller has checked.
  ///
  /// - Throws: as for products: `unknownVariant`, `unknownMicrokernel`, `invalidThreads`, `invalidBlocking`, `noCandidate`.
  public func select(_ descriptor: ConvolutionDescriptor) throws(HeadroomError) -> ConvolutionSelection {
    let problems = problems(descriptor)
    return try choose(problems[largest(of: problems)], descriptor.options).selection
  }

  /// What was selected for the largest part of `descriptor`, and the C plans of all. `weightsAhead`: weights are laid out once, for many calls.
  package func plans(
    _ descriptor: ConvolutionDescriptor, weightsAhead: Bool
  ) throws(HeadroomError) -> (selection: ConvolutionSelection, plans: [ck_conv_plan]) {
    let problems = problems(descriptor, weightsAhead: weightsAhead)
    let choices = try problems.map { problem throws(HeadroomError) in try choose(problem, descriptor.options) }
    var selection = choices[largest(of: problems)].selection
    var plans = zip(problems, choices).map { written($0, $1.kernels, threads: $1.threads, descriptor.options) }
    let parts = zip(problems, choices).map { Part(problem: $0, kernels: $1.kernels) }
    let cycles = choices.reduce(0) { $0 + $1.cycles }
    let most = try threads(descriptor.options.threads, without: descriptor.options.without)
    let joint = descriptor.options.keepsThreads ? most : CostModel.threads(cycles, most: most)
    if joinPhases(&plans, of: parts, descriptor, threads: joint) { selection.threads = joint }
    return (selection, plans)
  }

  /// What `descriptor` asks for as one product whose rows are patches, where that is possible and faster, else part by part.
  private func problems(_ descriptor: ConvolutionDescriptor, weightsAhead: Bool = false) -> [ConvolutionProblem] {
    func ahead(_ problem: ConvolutionProblem) -> ConvolutionProblem {
      var problem = problem
      (problem.weightsAhead, problem.packsAcross) = (weightsAhead, microarchitecture.packsAcross)
      return problem
    }
    let parts = ConvolutionProblem.all(of: descriptor).map(ahead)
    guard let patches = ConvolutionProblem.patches(of: descriptor).map(ahead),
      let choice = try? choose(patches, descriptor.options)
    else { return parts }
    let part = try? choose(parts[largest(of: parts)], descriptor.options)
    return part.map { $0.cycles * Double(parts.count) < choice.cycles } ?? false ? parts : [patches]
  }

  /// Where the first of those with the most work stands.
  private func largest(of problems: [ConvolutionProblem]) -> Int {
    problems.indices.dropFirst().reduce(0) { problems[$1].work > problems[$0].work ? $1 : $0 }
  }

  /// Every candidate for `descriptor`, or the largest of its parts, with what became of it; the chosen one first, then by predicted time, then the
  /// rejected ones.
  public func explain(_ descriptor: ConvolutionDescriptor) throws(HeadroomError) -> [ConvolutionCandidate] {
    let problems = problems(descriptor)
    let problem = problems[largest(of: problems)]
    let filter = try filter(descriptor.options, problem)
    let chosen: Choice?
    do throws(HeadroomError) {
      chosen = try choose(problem, descriptor.options)
    } catch .noCandidate {
      chosen = nil
    }
    let judged = try ConvolutionKernels.all.map { kernels throws(HeadroomError) in
      let outcome: ConvolutionCandidate.Outcome
      if let rejection = try rejection(of: kernels, problem, filter, descriptor.options) {
        outcome = .rejected(rejection)
      } else {
        let choice = try predict(kernels, problem, descriptor.options)
        let seconds = CostModel.seconds(choice.cycles, threads: choice.threads)
        outcome = choice.selection == chosen?.selection ? .chosen(choice.selection, seconds: seconds) : .slower(seconds: seconds)
      }
      return ConvolutionCandidate(
        variant: kernels.variant, product: kernels.product, microkernel: kernels.microkernel, isa: kernels.isa, outcome: outcome)
    }
    return judged.sorted { $0.outcome.rank < $1.outcome.rank }
  }

  /// One of a convolution's problems, and what solves it.
  struct Part {
    let problem: ConvolutionProblem
    let kernels: ConvolutionKernels
  }

  private struct Choice {
    let kernels: ConvolutionKernels
    let cycles: Double
    let threads: Int

    var selection: ConvolutionSelection {
      ConvolutionSelection(
        variant: kernels.variant.name, product: kernels.product, microkernel: kernels.microkernel, isa: kernels.isa,
        threads: threads)
    }
  }

  private func choose(_ problem: ConvolutionProblem, _ options: SelectionOptions) throws(HeadroomError) -> Choice {
    try check(options.blocking)
    let filter = try filter(options, problem)
    var best: Choice?
    for kernels in ConvolutionKernels.all where filter.rejection(of: kernels, for: problem) == nil {
      let choice = try predict(kernels, problem, options)
      if choice.cycles < best?.cycles ?? .infinity, workspaceRejection(choice, problem, options) == nil { best = choice }
    }
    if let best { return best }
    var reasons: [String] = []
    for kernels in ConvolutionKernels.all {
      guard let rejection = try rejection(of: kernels, problem, filter, options),
        ![.types, .pass, .variantNotAskedFor, .microkernelNotAskedFor].contains(rejection)
      else { continue }
      reasons.append("\(kernels.variant.name) \(kernels.microkernel): \(rejection)")
    }
    throw .noCandidate(reasons: reasons)
  }

  /// Why the kernels can't serve, the workspace that they need among the reasons.
  private func rejection(
    of kernels: ConvolutionKernels, _ problem: ConvolutionProblem, _ filter: ConvolutionFilter, _ options: SelectionOptions
  ) throws(HeadroomError) -> Rejection? {
    if let rejection = filter.rejection(of: kernels, for: problem) { return rejection }
    return workspaceRejection(try predict(kernels, problem, options), problem, options)
  }

  /// Whether a choice needs more workspace than the caller grants.
  private func workspaceRejection(
    _ choice: Choice, _ problem: ConvolutionProblem, _ options: SelectionOptions
  ) -> Rejection? {
    guard let limit = options.workspaceLimit else { return nil }
    let needed = workspace(problem, choice.kernels, threads: choice.threads, options)
    return needed > limit ? .workspace(needs: needed, limit: limit) : nil
  }

  /// In bytes.
  private func workspace(
    _ problem: ConvolutionProblem, _ kernels: ConvolutionKernels, threads: Int, _ options: SelectionOptions
  ) -> Int {
    var plan = written(problem, kernels, threads: threads, options)
    return withUnsafeMutablePointer(to: &plan) { plan in
      // Weights that are laid out ahead take none; where they are is not looked at.
      if problem.weightsAhead && ck_conv_ready_bytes(plan) > 0 { plan.pointee.ready = UnsafeRawPointer(plan) }
      return Int(ck_conv_workspace_bytes(plan, 1))
    }
  }

  private func predict(
    _ kernels: ConvolutionKernels, _ problem: ConvolutionProblem, _ options: SelectionOptions
  ) throws(HeadroomError) -> Choice {
    let cycles = ConvolutionCost(problem, blocks, microarchitecture).cycles(kernels)
    let most = try threads(options.threads, without: options.without)
    let threads = options.keepsThreads ? most : CostModel.threads(cycles, most: most)
    // Fewer threads need less. Then time decides, not work.
    var fitting = threads
    while let limit = options.workspaceLimit, fitting > 1, workspace(problem, kernels, threads: fitting, options) > limit {
      fitting /= 2
    }
    return Choice(kernels: kernels, cycles: cycles * (Double(threads) / Double(fitting)), threads: fitting)
  }

  private func filter(_ options: SelectionOptions, _ problem: ConvolutionProblem) throws(HeadroomError) -> ConvolutionFilter {
    let table = KernelTable.shared
    var variantIndex = overrideConvolution
    if let name = options.variant {
      variantIndex = ConvolutionVariant.all.firstIndex { $0.name == name }
      if variantIndex == nil { throw .unknownVariant(found: name, known: ConvolutionVariant.all.map(\.name)) }
    }
    var pairs = CandidateFilter(inputType: problem.inputType, cap: min(cap, options.maxISA ?? cap), machineISA: machineISA)
    pairs.without = options.without
    if let name = options.microkernel {
      let tiles = table.tileSets.indices.map(table.name(ofTileSet:))
      pairs.tileSetIndex = tiles.firstIndex(of: name)
      let known = tiles + table.depthwise.map(\.name)
      if !known.contains(name) { throw .unknownMicrokernel(found: name, known: known) }
      // A depthwise kernel leaves no tile.
      if pairs.tileSetIndex == nil { pairs.tileSetIndex = -1 }
    }
    let filter = ConvolutionFilter(
      pairs: pairs, variantIndex: variantIndex, microkernel: options.microkernel,
      allowsWinograd: options.allowsWinograd && overrideWinograd)
    return problem.isUnmet ? filter.unforced : filter
  }
}
