import CKernels
import Tensors

/// Chooses what runs.
///
/// Selection on the way of a call looks at a shortlist that is computed once and allocates nothing; `explain` walks all candidates with
/// the same tests and names the reason for each.
public struct Dispatch: Sendable {
  /// On this machine, under this process's overrides.
  public static let process: Result<Dispatch, HeadroomError> = Overrides.process.map {
    Dispatch(
      isa: Machine.current.isa, threads: Machine.current.threads, overrides: $0,
      blocks: BlockSizes(l2: Machine.current.l2, l3: Machine.current.l3), microarchitecture: Machine.current.microarchitecture,
      hasQuota: Machine.current.cpuQuota.map { $0 < Double(Machine.current.cpusAllowed) } ?? false)
  }

  // Plain data: dispatch copies itself on the way of a call without touching a reference count.
  let candidates = KernelTable.shared.candidates
  let machineISA: ISA
  /// After the override.
  package let cap: ISA
  private let threads: Int
  private let overrideVariant: Int?
  let overrideConvolution: Int?
  let overrideWinograd: Bool
  let blocks: BlockSizes
  let microarchitecture: Microarchitecture
  /// How long threads spin after a product before they sleep. libomp's 200 ms takes a core from whatever runs next; asleep, the next fork-join
  /// costs 35 to 47 us instead of 0.4. One millisecond keeps back-to-back products on the fast path; under a quota below the allowed CPUs
  /// spinning is paid for.
  let spinMilliseconds: Int32

  init(
    isa: ISA, threads: Int, overrides: Overrides, blocks: BlockSizes,
    microarchitecture: Microarchitecture = Microarchitecture(), hasQuota: Bool = false
  ) {
    machineISA = isa
    cap = min(isa, overrides.maxISA ?? isa)
    self.threads = overrides.threads ?? threads
    overrideVariant = overrides.variant.flatMap { name in KernelTable.shared.variants.firstIndex { $0.name == name } }
    overrideConvolution = overrides.variant.flatMap { name in ConvolutionVariant.all.firstIndex { $0.name == name } }
    overrideWinograd = overrides.winograd
    self.blocks = blocks
    self.microarchitecture = microarchitecture
    spinMilliseconds = hasQuota ? 0 : 1
  }

  /// As if the machine were another: for tests that pin selections on every kind of machine.
  public init(
    isa: ISA, threads: Int, l2: Cache, l3: Cache, microarchitecture: Microarchitecture = Microarchitecture(),
    overrides: Overrides = Overrides()
  ) {
    self.init(
      isa: isa, threads: threads, overrides: overrides, blocks: BlockSizes(l2: l2, l3: l3),
      microarchitecture: microarchitecture)
  }

  /// Whether the environment forces a variant.
  var overridesVariant: Bool { overrideVariant != nil }

  /// What runs for `descriptor`, whose sizes and layouts the caller has checked.
  ///
  /// - Throws: `unknownVariant`, `unknownMicrokernel`, `invalidThreads`, `invalidBlocking`, `noCandidate`. Without an allocation unless a variant, a
  ///   micro-kernel, blocks or techniques are forced, by the options or the environment.
  public func select(_ descriptor: GEMMDescriptor) throws(HeadroomError) -> Selection {
    try choose(oriented(descriptor), descriptor)
  }

  /// `descriptor` turned as the instruction set at hand likes it.
  func oriented(_ descriptor: GEMMDescriptor) -> OrientedProblem {
    let isa = min(cap, descriptor.options.maxISA ?? cap)
    return OrientedProblem(
      descriptor, isa: isa < .amx || mayUseTileRegisters(descriptor.options) ? isa : .avx512bf16,
      packsAcross: microarchitecture.packsAcross)
  }

  /// Whether what is forced, if anything, leaves them.
  private func mayUseTileRegisters(_ options: SelectionOptions) -> Bool {
    if options.leavesCandidates && overrideVariant == nil { return true }
    let table = KernelTable.shared
    let variant = options.variant ?? overrideVariant.map { table.variants[$0].name }
    let families =
      table.variants.filter { $0.name == variant }.map(\.family)
      + table.microkernels.filter { $0.name == options.microkernel }.map(\.family)
    return options.without.isEmpty && families.allSatisfy { $0 == .matrix }
  }

  /// What was selected for `descriptor` and the C plan of it.
  package func plan(_ descriptor: GEMMDescriptor) throws(HeadroomError) -> (selection: Selection, plan: ck_gemm_plan) {
    let problem = oriented(descriptor)
    let selection = try choose(problem, descriptor)
    return (selection, written(problem, descriptor, selection))
  }

  func choose(_ problem: OrientedProblem, _ descriptor: GEMMDescriptor) throws(HeadroomError) -> Selection {
    let options = descriptor.options
    try check(options.blocking)
    let most = try threads(options.threads, without: options.without)
    let cap = min(cap, options.maxISA ?? cap)
    if options.leavesCandidates && overrideVariant == nil && problem.tileSetIndex == nil {
      let shortlist = candidates.shortlist(inputType: problem.inputType, cap: cap)
      if let best = best(of: shortlist, problem, descriptor, mostThreads: most) { return best.selection }
      throw .noCandidate(reasons: rejections(problem, options))
    }
    let filter = try filter(problem, options, cap: cap)
    let left = candidates.pairs.filter { filter.rejection(of: $0, among: candidates.pairs) == nil }
    if let best = left.withUnsafeBufferPointer({ best(of: $0, problem, descriptor, mostThreads: most) }) { return best.selection }
    throw .noCandidate(reasons: rejections(problem, options))
  }

  private func best(
    of pairs: UnsafeBufferPointer<CandidatePair>, _ problem: OrientedProblem, _ descriptor: GEMMDescriptor, mostThreads: Int
  ) -> Prediction? {
    var best: Prediction?
    for index in pairs.indices where problem.rejection(of: pairs[index]) == nil {
      let prediction = predict(
        pairs[index], problem, descriptor.options, batch: descriptor.batch.count, mostThreads: mostThreads)
      if prediction.cycles < best?.cycles ?? .infinity { best = prediction }
    }
    return best
  }

  private struct Prediction {
    let cycles: Double
    let selection: Selection
  }

  /// `batch`: how many such products there are.
  private func predict(
    _ pair: CandidatePair, _ problem: OrientedProblem, _ options: SelectionOptions, batch: Int, mostThreads: Int
  ) -> Prediction {
    let blocked = !options.without.contains(.cacheBlocking)
    var blocking = options.blocking?.fitted(to: problem, pair) ?? blocks.blocking(of: problem, for: pair, blocked: blocked)
    let cycles = CostModel(problem, blocking, microarchitecture).cycles(pair)
    let threads = options.keepsThreads ? mostThreads : CostModel.threads(cycles * Double(batch), most: mostThreads)
    if threads == 1 && blocked && options.blocking == nil { blocking = blocks.narrowed(blocking, problem, pair) }
    return Prediction(
      cycles: cycles,
      selection: Selection(
        pairIndex: pair.index, blocking: blocking, threads: threads, swapped: problem.swapped))
  }

  /// Whether forced blocks hold something.
  func check(_ blocking: Blocking?) throws(HeadroomError) {
    if let blocking, min(blocking.mc, blocking.nc, blocking.kc) < 1 { throw .invalidBlocking(found: blocking) }
  }

  func threads(_ asked: Int?, without: TechniqueSet) throws(HeadroomError) -> Int {
    let asked = asked ?? threads
    guard (1...SelectionOptions.mostThreads).contains(asked) else { throw .invalidThreads(found: asked) }
    return without.contains(.threads) ? 1 : asked
  }

  private func filter(
    _ problem: OrientedProblem, _ options: SelectionOptions, cap: ISA
  ) throws(HeadroomError) -> CandidateFilter {
    let table = KernelTable.shared
    var filter = CandidateFilter(inputType: problem.inputType, cap: cap, machineISA: machineISA)
    filter.without = options.without
    filter.variantIndex = overrideVariant
    filter.tileSetIndex = problem.tileSetIndex
    if let name = options.variant {
      guard let index = table.variants.firstIndex(where: { $0.name == name }) else {
        throw .unknownVariant(found: name, known: table.variants.map(\.name))
      }
      filter.variantIndex = index
    }
    if let name = options.microkernel {
      let names = table.tileSets.indices.map(table.name(ofTileSet:))
      guard let index = names.firstIndex(of: name) else { throw .unknownMicrokernel(found: name, known: names) }
      filter.tileSetIndex = index
    }
    return filter
  }
}

// MARK: - Explaining

extension Dispatch {
  /// Every candidate for `descriptor` with what became of it; the chosen one first, then by predicted time, then the rejected ones.
  public func explain(_ descriptor: GEMMDescriptor) throws(HeadroomError) -> [Candidate] {
    let problem = oriented(descriptor)
    let options = descriptor.options
    let chosen: Selection?
    do throws(HeadroomError) {
      chosen = try choose(problem, descriptor)
    } catch .noCandidate {
      chosen = nil
    }
    let most = try threads(options.threads, without: options.without)
    return try judged(problem, options).map { pair, rejection in
      let outcome: Candidate.Outcome
      if let rejection {
        outcome = .rejected(rejection)
      } else {
        let prediction = predict(pair, problem, options, batch: descriptor.batch.count, mostThreads: most)
        let seconds = CostModel.seconds(prediction.cycles, threads: prediction.selection.threads)
        outcome = prediction.selection == chosen ? .chosen(prediction.selection, seconds: seconds) : .slower(seconds: seconds)
      }
      let table = KernelTable.shared
      return Candidate(
        variant: table.variants[pair.variantIndex], microkernel: table.microkernel(ofTileSet: pair.tileSetIndex), outcome: outcome
      )
    }.sorted { $0.outcome.rank < $1.outcome.rank }
  }

  private func judged(
    _ problem: OrientedProblem, _ options: SelectionOptions
  ) throws(HeadroomError) -> [(CandidatePair, Rejection?)] {
    let cap = min(cap, options.maxISA ?? cap)
    let filter = try filter(problem, options, cap: cap)
    return candidates.pairs.map { ($0, filter.rejection(of: $0, among: candidates.pairs) ?? problem.rejection(of: $0)) }
  }

  private func rejections(_ problem: OrientedProblem, _ options: SelectionOptions) -> [String] {
    guard let judged = try? judged(problem, options) else { return [] }
    let table = KernelTable.shared
    return judged.compactMap { pair, rejection in
      guard let rejection, ![.types, .variantNotAskedFor, .microkernelNotAskedFor].contains(rejection) else { return nil }
      return "\(table.variants[pair.variantIndex].name) \(table.name(ofTileSet: pair.tileSetIndex)): \(rejection)"
    }
  }
}

extension Blocking {
  /// Forced blocks, rounded to whole tiles, panels and groups of K, and no larger than the problem.
  func fitted(to problem: OrientedProblem, _ pair: CandidatePair) -> Blocking {
    Blocking(
      mc: wholeMultiple(min(mc, problem.m), of: pair.mr(problem)), nc: wholeMultiple(min(nc, problem.n), of: pair.set.nr),
      kc: wholeMultiple(min(kc, problem.k), of: pair.set.aKr))
  }
}
