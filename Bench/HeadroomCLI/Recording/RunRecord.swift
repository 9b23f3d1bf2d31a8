#if Tools
  import Attribution
  import Foundation
  import Measurement
  import Results

  /// What a run has found so far, and where and when.
  struct RunRecord {
    private let invocation: Invocation
    private let seed: UInt64
    private let probe = EnvironmentProbe()
    private let date = Date()
    private let start = Clock.now()

    var ceilings: [Ceiling] = []
    var sentinel = Sentinel()
    var measurements: [Results.Measurement] = []
    var ladders: [Ladder] = []
    var quartets: [Quartet] = []
    var attributions: [Results.Attribution] = []
    var hardwareYears: [HardwareYears] = []
    var missing: [String] = []
    var isInterrupted = false
    /// Contestants that were not timed because their result was wrong.
    var wrongResults: [String] = []

    init(_ invocation: Invocation, seed: UInt64) {
      self.invocation = invocation
      self.seed = seed
    }

    mutating func add(_ comparison: Comparison) {
      measurements += comparison.points.map(\.measurement)
      for refusal in comparison.refused {
        let line = "\(refusal.variant) on \(comparison.shape): \(refusal.reason)"
        missing.append(line)
        if refusal.isWrong { wrongResults.append(line) }
      }
    }

    mutating func add(_ findings: StudyFindings) {
      measurements += findings.measurements
      ladders += findings.ladders
      quartets += findings.quartets
      attributions += findings.attributions
      hardwareYears += findings.hardwareYears
      sentinel = findings.sentinel
      missing += findings.missing
      wrongResults += findings.wrongResults
      isInterrupted = isInterrupted || findings.isCancelled
    }

    /// Fails when a result was wrong or Ctrl-C ended the run early.
    func checkResults() throws(Failure) {
      if let wrong = wrongResults.first {
        throw .checkFailed(wrong, remedy: "this is a defect of a kernel; a report of it needs 'headroom doctor --json'")
      }
      if isInterrupted { throw .interrupted }
    }

    func run() -> Run {
      Run(
        version: Invocation.version, started: date.formatted(.iso8601), durationSeconds: Clock.now() - start,
        command: invocation.commandLine, environment: probe.finish(seed: seed, isa: invocation.isaCap), ceilings: ceilings,
        sentinel: sentinel, measurements: measurements, ladders: ladders, quartets: quartets,
        attributions: attributions, hardwareYears: hardwareYears, missing: missing)
    }
  }
#endif
