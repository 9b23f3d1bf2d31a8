/// How one contestant is timed: how many calls make a sample, how many samples a turn, in how many rounds it takes part.
package struct SamplingPlan: Equatable {
  /// A call longer than this is sampled three times, not ten.
  static let longCall = 0.3
  /// Calls shorter than this are timed in bundles: reading the clock costs some 20 ns.
  static let shortestSample = 20e-6
  static let samplesOfLongCall = 3
  /// Beyond, longer bundles: more samples say little more about a median.
  package static let mostSamplesPerTurn = 20

  /// Calls in a sample.
  package var bundle: Int
  package var samplesPerTurn: Int
  package var turns: Int

  /// - Parameter call: seconds of one call, as measured while warming up.
  package init(call: Double, settings: Bench.Settings) {
    if call > Self.longCall {
      (bundle, samplesPerTurn, turns) = (1, 1, Self.samplesOfLongCall)
      return
    }
    let turnSeconds = settings.secondsPerPoint / Double(settings.rounds)
    let shortest = max(Self.shortestSample, turnSeconds / Double(Self.mostSamplesPerTurn))
    bundle = call >= shortest ? 1 : max(1, Int((shortest / max(call, 1e-9)).rounded(.up)))
    turns = settings.rounds
    let needed = (settings.minimumSamples + turns - 1) / turns
    samplesPerTurn = max(needed, Int(turnSeconds / (Double(bundle) * call)))
  }

  /// Whether it takes part in a round: its turns are spread over all of them.
  package func takesPart(inRound round: Int, of rounds: Int) -> Bool {
    (round * turns) % rounds < turns
  }
}

/// Times the calls of one contestant.
struct Sampler {
  /// Up to this, each turn begins with calls that don't count: other contestants have used the caches since the last.
  private static let longestWarmUpCall = 0.01

  let call: () -> Void
  let plan: SamplingPlan
  private let warmUpCalls: Int

  /// Calls for about 30 % of the time of a point and plans by the fastest call; not at all when one call, `firstSeconds`, took longer.
  init(warmingUp call: @escaping () -> Void, firstSeconds: Double, settings: Bench.Settings) {
    let warmUpSeconds = 0.3 * settings.secondsPerPoint
    let start = Clock.now()
    var fastest = firstSeconds
    var bundle = 1
    while Clock.now() - start < warmUpSeconds && firstSeconds < warmUpSeconds {
      let seconds = Self.time(call, bundle: bundle)
      fastest = min(fastest, seconds / Double(bundle))
      if seconds < SamplingPlan.shortestSample { bundle *= 2 }
    }
    self.call = call
    plan = SamplingPlan(call: fastest, settings: settings)
    warmUpCalls = fastest < Self.longestWarmUpCall ? plan.bundle : 0
  }

  /// Seconds per call of each sample of one turn.
  func turn() -> [Double] {
    for _ in 0..<warmUpCalls { call() }
    return (0..<plan.samplesPerTurn).map { _ in Self.time(call, bundle: plan.bundle) / Double(plan.bundle) }
  }

  /// Seconds of `bundle` calls.
  private static func time(_ call: () -> Void, bundle: Int) -> Double {
    let start = Clock.now()
    for _ in 0..<bundle { call() }
    return Clock.now() - start
  }
}
