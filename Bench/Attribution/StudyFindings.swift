import Measurement
import Results

/// What a study found.
public struct StudyFindings: Sendable {
  public var measurements: [Results.Measurement] = []
  public var ladders: [Ladder] = []
  public var quartets: [Quartet] = []
  public var attributions: [Results.Attribution] = []
  public var leadingDimensions: [LeadingDimensions] = []
  public var languages: [LanguagePair] = []
  public var networks: [Network] = []
  public var hardwareYears: [HardwareYears] = []
  public var sentinel = Sentinel()
  /// What was planned and is not there, and why.
  public var missing: [String] = []
  /// Contestants that were not timed because their result was wrong.
  public var wrongResults: [String] = []
  public var isCancelled = false

  public init() {}

  /// Takes up what was timed, and notes which contestants were not.
  public mutating func add(_ comparison: Comparison) {
    measurements += comparison.points.map(\.measurement)
    note(comparison.refused, on: comparison.problem.description)
  }

  /// Notes which contestants were not timed, and why.
  mutating func note(_ refused: [Comparison.Refusal], on shape: String) {
    for refusal in refused {
      let line = "\(refusal.variant) on \(shape): \(refusal.reason)"
      missing.append(line)
      if refusal.isWrong { wrongResults.append(line) }
    }
  }

  mutating func add(_ sentinel: Sentinel) {
    self.sentinel.rounds += sentinel.rounds
    self.sentinel.repeated += sentinel.repeated
    self.sentinel.largestDrift = max(self.sentinel.largestDrift, sentinel.largestDrift)
  }
}
