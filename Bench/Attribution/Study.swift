import KernelDispatch
import Measurement
import Results
import Workloads

/// Runs the steps of a plan one after another and builds ladders, quartets and shares from what they time.
///
/// Not Sendable: one thread measures.
public final class Study {
  public struct Watch: Sendable {
    /// Told what part of the work is done, 0...1.
    public var advance: @Sendable (Double) -> Void
    /// Told what is done next.
    public var say: @Sendable (String) -> Void
    /// Asked between calls: whether to stop and keep what is there.
    public var isCancelled: @Sendable () -> Bool

    public init(
      advance: @escaping @Sendable (Double) -> Void = { _ in }, say: @escaping @Sendable (String) -> Void = { _ in },
      isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
      self.advance = advance
      self.say = say
      self.isCancelled = isCancelled
    }
  }

  let plan: StudyPlan
  let contestants: StudyContestants
  let hardware: HardwareRange
  let watch: Watch
  var findings = StudyFindings()
  /// Timed once, for all ladders.
  lazy var interpretedProduct = contestants.interpreted.flatMap { timed in
    watch.say("the textbook product in an interpreter")
    let product = timed(plan.interpretedSize)
    if product == nil { findings.missing.append("the rung in an interpreter: it failed or its result was wrong") }
    return product
  }
  /// As given, but for peaks that a contestant has beaten: these were measured again.
  public private(set) var ceilings: Ceilings
  private let seed: UInt64

  public init(
    plan: StudyPlan, contestants: StudyContestants, hardware: HardwareRange, ceilings: Ceilings, seed: UInt64,
    watch: Watch = Watch()
  ) {
    self.plan = plan
    self.contestants = contestants
    self.hardware = hardware
    self.ceilings = ceilings
    self.seed = seed
    self.watch = watch
  }

  /// Runs the plan until it is done, cancelled or out of time; what was found until then is kept.
  ///
  /// - Parameter start: when the plan's time began, on `Clock`.
  public func run(since start: Double) -> StudyFindings {
    findings.missing = plan.leftOut
    let total = plan.steps.reduce(0) { $0 + $1.expectedSeconds(plan) }
    var done = 0.0
    for (index, step) in plan.steps.enumerated() {
      if Clock.now() - start > plan.secondsAtMost {
        findings.missing.append("\(steps(from: index)): left out after \(Int(plan.secondsAtMost)) s")
        break
      }
      do throws(BenchError) {
        try run(step)
      } catch .cancelled {
        findings.isCancelled = true
        findings.missing.append("interrupted before the end of: \(steps(from: index))")
        break
      } catch {
        findings.missing.append("\(step.title): \(error)")
      }
      done += step.expectedSeconds(plan)
      watch.advance(done / total)
    }
    return findings
  }

  private func steps(from index: Int) -> String {
    let left = plan.steps.count - index
    return plan.steps[index].title + (left > 1 ? " and \(left - 1) more" : "")
  }

  private func run(_ step: StudyPlan.Step) throws(BenchError) {
    switch step {
    case .ladders(let entry, let isFirst): try runLadders(entry, isFirst: isFirst)
    case .experiment(let n): try runExperiment(.square(n))
    case .leadingDimensions(let n): try runLeadingDimensions(.square(n))
    case .strassen(let n): try runStrassen(NamedProblem(name: "report.square.\(n)", .square(n)))
    case .products(let entry, let formats):
      try runProducts(entry, formats.map { .dispatch(isa: nil, threads: nil, format: $0) })
    case .square(let n):
      let threads = Set([1, hardware.cores]).sorted()
      try runProducts(NamedProblem(.square(n)), threads.map { .dispatch(isa: nil, threads: $0) })
    case .languages(let entry): try runLanguages(entry)
    case .layer(let layer): try runLayer(layer)
    }
  }

  private func runProducts(_ entry: NamedProblem, _ subjects: [Subject]) throws(BenchError) {
    let timed = try time(subjects, on: entry, seconds: plan.secondsPerProduct)
    findings.measurements += subjects.compactMap { timed[$0]?.measurement }
  }

  /// Times the subjects in turn. Those that can't serve, or whose result is wrong, are noted as missing.
  ///
  /// - Parameter rounds: as many samples at least.
  func time(
    _ subjects: [Subject], on entry: NamedProblem, seconds: Double, rounds: Int = Bench.Settings().rounds
  ) throws(BenchError) -> [Subject: Sampled] {
    var taking: [(subject: Subject, contestant: Contestant)] = []
    for subject in subjects {
      do {
        taking.append((subject, try contestants.contestant(subject, entry.problem)))
      } catch {
        findings.missing.append("\(subject.name) on \(entry.problem): \(error)")
      }
    }
    var settings = Bench.Settings()
    settings.secondsPerPoint = seconds
    settings.rounds = rounds
    settings.minimumSamples = rounds
    settings.seed = seed
    let bench = Bench(settings: settings, ceilings: ceilings, progress: watch.say, isCancelled: watch.isCancelled)
    defer {
      findings.add(bench.sentinel)
      ceilings = bench.ceilings ?? ceilings
    }
    let comparison = try bench.measure(entry.problem, name: entry.name, contestants: taking.map(\.contestant))
    findings.note(comparison.refused, on: entry.problem.description)
    return Dictionary(
      uniqueKeysWithValues: comparison.points.map { point in
        (taking[point.index].subject, Sampled(measurement: point.measurement, samples: point.samples))
      })
  }
}

extension Problem {
  package static func square(_ n: Int) -> Problem { .product(GEMMShape(m: n, n: n, k: n)) }
}

extension Subject {
  /// For messages.
  package var name: String {
    switch code {
    case .rung(let name, _): name
    case .dispatch(let options): options.variant ?? "the variant that dispatch chooses"
    }
  }
}
