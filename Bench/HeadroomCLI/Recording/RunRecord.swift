#if Tools
  import Attribution
  import Foundation
  import Measurement
  import Results
  import Rungs

  /// What a run has found so far, and where and when.
  struct RunRecord {
    private let invocation: Invocation
    private let seed: UInt64
    private let probe = EnvironmentProbe()
    private let date = Date()
    private let start = Clock.now()

    var ceilings: [Ceiling] = []
    var findings = StudyFindings()
    /// Shapes and ceilings that could not be measured, and why.
    var failures: [String] = []

    init(_ invocation: Invocation, seed: UInt64) {
      self.invocation = invocation
      self.seed = seed
    }

    /// Ends the tool with an error when a result was wrong, something could not be measured, or Ctrl-C came.
    func check() throws(Failure) {
      if let wrong = findings.wrongResults.first {
        throw .checkFailed(wrong, remedy: "this is a defect of a kernel; a report of it needs 'headroom doctor --json'")
      }
      if let failure = failures.first { throw .checkFailed(failure, remedy: "choose smaller shapes or fewer threads") }
      if findings.isCancelled { throw .interrupted }
    }

    func run() -> Run {
      Run(
        version: Invocation.version, started: date.formatted(.iso8601), durationSeconds: Clock.now() - start,
        command: invocation.commandLine,
        environment: probe.finish(seed: seed, isa: invocation.isaCap, swiftCompiler: swiftCompiler), ceilings: ceilings,
        sentinel: findings.sentinel, measurements: findings.measurements, ladders: findings.ladders, quartets: findings.quartets,
        attributions: findings.attributions, hardwareYears: findings.hardwareYears,
        leadingDimensions: findings.leadingDimensions.isEmpty ? nil : findings.leadingDimensions,
        languages: findings.languages.isEmpty ? nil : findings.languages,
        networks: findings.networks.isEmpty ? nil : findings.networks,
        missing: findings.missing + failures)
    }
  }
#endif
