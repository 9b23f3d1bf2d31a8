import CeilingKernels
import Results

/// Verifies contestants and then times them in turn: A B C A B C ..., with a fixed loop between the rounds that shows when the machine itself
/// changed speed. A round during which it did is repeated.
///
/// Not Sendable: one thread measures.
public final class Bench {
  public struct Settings: Sendable, Equatable {
    /// For each contestant on each shape, beside warm-up and verification.
    public var secondsPerPoint = 0.1
    public var rounds = 10
    /// Of each contestant whose calls take up to 0.3 s; the others get three.
    public var minimumSamples = 10
    /// Of the operands and of the bootstrap.
    public var seed: UInt64 = 1
    /// Rotate the operands through more than the last-level cache.
    public var cold = false
    /// A round is repeated when the loop's times before and after it differ by more: 0.03 = 3 %.
    public var driftLimit = 0.03
    /// How many rounds may be repeated on each shape, and how long that may take.
    public var mostRepeats = 5
    public var mostSecondsRepeated = 2.0

    public init() {}
  }

  public let settings: Settings
  /// Without them, measurements have no shares of peak and roof. A peak that a contestant beats is measured again.
  public private(set) var ceilings: Ceilings?
  /// Of all rounds so far.
  public private(set) var sentinel = Results.Sentinel()

  private let progress: @Sendable (String) -> Void
  private let isCancelled: @Sendable () -> Bool

  /// - Parameters:
  ///   - progress: told what is done next, in a few words.
  ///   - isCancelled: asked between turns; when it says yes, `measure` throws `BenchError.cancelled`.
  public init(
    settings: Settings = Settings(), ceilings: Ceilings? = nil, progress: @escaping @Sendable (String) -> Void = { _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) {
    self.settings = settings
    self.ceilings = ceilings
    self.progress = progress
    self.isCancelled = isCancelled
  }

  /// Times every contestant whose result is right.
  ///
  /// - Throws: `BenchError.outOfMemory` and `.cancelled`. What concerns one contestant is in `Comparison.refused` instead.
  public func measure(_ problem: Problem, name: String? = nil, contestants: [Contestant]) throws(BenchError) -> Comparison {
    let title = name ?? problem.description
    var entrants: [Entrant] = []
    var refused: [Comparison.Refusal] = []
    var operands: [OperandSet.Kind: OperandSet] = [:]
    for (index, contestant) in contestants.enumerated() {
      try checkCancelled()
      progress("\(title): checking \(contestant.variant)")
      let kind = OperandSet.Kind(format: contestant.format, leadingPadding: contestant.leadingPadding)
      let set: OperandSet
      if let made = operands[kind] { set = made } else { set = try OperandSet(problem, kind, settings) }
      operands[kind] = set
      switch set.verifiedCall(of: contestant) {
      case .success(let verified):
        let sampler = Sampler(warmingUp: verified.call, firstSeconds: verified.firstSeconds, settings: settings)
        entrants.append(Entrant(index: index, sampler: sampler))
      case .failure(let fault):
        refused.append(.init(index: index, variant: contestant.variant, reason: fault.reason, isWrong: fault.isWrong))
      }
    }
    progress("\(title): timing \(entrants.count) contestants")
    try time(&entrants)
    for entrant in entrants { raisePeak(over: contestants[entrant.index], problem, entrant.samples) }
    let points = entrants.map { entrant in
      Comparison.Point(
        index: entrant.index, measurement: measurement(problem, name, contestants[entrant.index], entrant.samples),
        samples: entrant.samples)
    }
    return Comparison(problem: problem, points: points, refused: refused)
  }

  private func checkCancelled() throws(BenchError) {
    if isCancelled() { throw .cancelled }
  }
}

extension Bench {
  private struct Entrant {
    let index: Int
    let sampler: Sampler
    var samples: [Double] = []
  }

  private func time(_ entrants: inout [Entrant]) throws(BenchError) {
    let rounds = entrants.map(\.sampler.plan.turns).max() ?? 0
    var (repeats, secondsRepeated) = (0, 0.0)
    var round = 0
    var before = ceiling_sentinel()
    while round < rounds {
      let start = Clock.now()
      var taken: [[Double]] = []
      for entrant in entrants {
        try checkCancelled()
        taken.append(entrant.sampler.plan.takesPart(inRound: round, of: rounds) ? entrant.sampler.turn() : [])
      }
      let after = ceiling_sentinel()
      let drift = max(before, after) / min(before, after) - 1
      before = after
      if drift > settings.driftLimit && repeats < settings.mostRepeats && secondsRepeated < settings.mostSecondsRepeated {
        repeats += 1
        secondsRepeated += Clock.now() - start
        continue
      }
      for index in entrants.indices { entrants[index].samples += taken[index] }
      sentinel.rounds += 1
      sentinel.largestDrift = max(sentinel.largestDrift, drift)
      round += 1
    }
    sentinel.repeated += repeats
  }

  /// A share above 1 is the machine's change of speed, unless the contestant needs fewer operations than are counted (Strassen) or cheaper ones
  /// (f32 through bf16): then the peak stays, as it does where it can't be measured again.
  private func raisePeak(over contestant: Contestant, _ problem: Problem, _ samples: [Double]) {
    let (format, isa, threads) = (contestant.format, contestant.isa, contestant.threads)
    guard let peak = ceilings?.peak(format: format, isa: isa, threads: threads), let best = samples.min(),
      problem.operations / best * 1e-9 > peak
    else { return }
    try? ceilings?.measureAgain(format: format, isa: isa, threads: threads)
  }

  private func measurement(
    _ problem: Problem, _ name: String?, _ contestant: Contestant, _ samples: [Double]
  ) -> Results.Measurement {
    let median = Statistics.medianInterval(samples, seed: settings.seed)
    let gflops = problem.operations / median.value * 1e-9
    let peak = ceilings?.peak(format: contestant.format, isa: contestant.isa, threads: contestant.threads)
    let roof = ceilings?.roof(
      problem, format: contestant.format, isa: contestant.isa, threads: contestant.threads, isCold: settings.cold)
    return Results.Measurement(
      op: problem.op, shape: problem.description, layout: problem.layout?.rawValue, shapeName: name,
      dtype: contestant.format.rawValue, threads: contestant.threads,
      isa: contestant.isa.name, variant: contestant.variant, ukernel: contestant.ukernel,
      seconds: Seconds(
        median: median.value, best: samples.min() ?? median.value, samples: samples.count, low: median.low, high: median.high),
      gflops: gflops, shareOfPeak: peak.map { gflops / $0 }, shareOfRoof: roof.map { gflops / $0.gflops }, boundBy: roof?.boundBy,
      intensity: problem.intensity(contestant.format), verified: true, note: note(of: contestant, problem),
      command: contestant.command)
  }

  /// A contestant's own words, and how its operands lie in memory.
  private func note(of contestant: Contestant, _ problem: Problem) -> String? {
    let padding = contestant.leadingPadding
    guard case .product = problem else { return contestant.note }
    if contestant.note == nil && padding == 0 { return nil }
    let layout = padding == 0 ? "leading dimensions tight" : "leading dimensions padded by \(padding)"
    return [contestant.note, layout].compactMap { $0 }.joined(separator: "; ")
  }
}
