import Measurement
import Results

/// What a study found.
public struct StudyFindings: Sendable {
  public var measurements: [Results.Measurement] = []
  public var ladders: [Ladder] = []
  public var quartets: [Quartet] = []
  public var attributions: [Results.Attribution] = []
  public var hardwareYears: [HardwareYears] = []
  public var sentinel = Sentinel()
  /// What was planned and is not there, and why.
  public var missing: [String] = []
  /// Contestants that were not timed because their result was wrong.
  public var wrongResults: [String] = []
  public var isCancelled = false

  /// Notes which contestants were not timed.
  mutating func note(_ refused: [Comparison.Refusal], on title: String) {
    for refusal in refused {
      let line = "\(refusal.variant) on \(title): \(refusal.reason)"
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
