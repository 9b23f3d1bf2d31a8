import KernelDispatch
import Measurement
import Results

extension Study {
  /// Times everything that the ladders and the quartet of one shape need, and every other variant, in one comparison.
  func runLadders(_ entry: NamedProblem, isFirst: Bool) throws(BenchError) {
    let problem = entry.problem
    let software = softwareLadder(of: problem)
    let ladders = isFirst ? [software, .instructionSets(on: hardware), .cores(on: hardware)] : [software]
    let quartet = QuartetPlan(on: hardware, naive: problem.naiveRung)
    var subjects = ladders.flatMap { $0.rows.map(\.subject) }
    subjects += [quartet.naiveWeakest, quartet.naiveBest, quartet.tunedWeakest, quartet.tunedBest]
    if isFirst { subjects += contestants.rungs(problem).map { Subject(.rung(name: $0, isa: hardware.bestForFloat32)) } }
    subjects = try withoutLongCalls(distinct(subjects), on: problem)
    subjects = distinct(subjects + servingVariants(on: problem))
    let timed = try time(subjects, on: entry, seconds: plan.secondsPerLadderRow)
    findings.measurements += subjects.compactMap { timed[$0]?.measurement }
    for ladder in ladders {
      addLadder(ladder, entry, timed, after: ladder.kind == .software ? interpretedStep(entry) : nil)
    }
    addQuartet(quartet, entry, timed)
  }

  /// Times every combination of techniques and hardware and adds the shares.
  func runExperiment(_ problem: Problem) throws(BenchError) {
    let experiment = FactorialExperiment(on: hardware)
    let timed = try time(
      experiment.distinctSubjects, on: NamedProblem(problem), seconds: plan.secondsPerLadderRow)
    note("shares on \(problem)") { () throws(AttributionError) in
      findings.attributions.append(
        try experiment.attribution(shape: problem.description, timed: timed.mapValues(\.measurement)))
    }
  }

  /// Times Strassen's algorithm beside the classical product, as a ladder of its own: no textbook loop ends at its sizes.
  func runStrassen(_ entry: NamedProblem) throws(BenchError) {
    let ladder = LadderPlan.strassen(on: hardware)
    let timed = try time(ladder.rows.map(\.subject), on: entry, seconds: plan.secondsPerLadderRow)
    findings.measurements += ladder.rows.compactMap { timed[$0.subject]?.measurement }
    addLadder(ladder, entry, timed)
  }

  /// `interpreted`: a step before the first.
  private func addLadder(
    _ ladder: LadderPlan, _ entry: NamedProblem, _ timed: [Subject: Sampled], after interpreted: LadderBuilder.Step? = nil
  ) {
    var steps = ladder.rows.compactMap { row in
      timed[row.subject].map { LadderBuilder.Step(technique: row.technique, contestant: $0) }
    }
    if let interpreted { steps.insert(interpreted, at: 0) }
    // A single core is no ladder.
    if ladder.rows.count < 2 { return }
    note("the \(ladder.kind) ladder on \(entry.problem)") { () throws(AttributionError) in
      findings.ladders.append(try LadderBuilder.ladder(kind: ladder.kind, steps: steps))
    }
  }

  private func addQuartet(_ quartet: QuartetPlan, _ entry: NamedProblem, _ timed: [Subject: Sampled]) {
    guard let naiveWeakest = timed[quartet.naiveWeakest], let builtForBest = timed[quartet.naiveBest],
      let naiveBest = QuartetBuilder.fastest([builtForBest, naiveWeakest]),
      let tunedWeakest = timed[quartet.tunedWeakest], let tunedBest = timed[quartet.tunedBest]
    else {
      findings.missing.append("the quartet on \(entry.problem): not every corner was timed")
      return
    }
    note("the quartet on \(entry.problem)") { () throws(AttributionError) in
      let quartet = try QuartetBuilder(
        naiveWeakest: naiveWeakest, naiveBest: naiveBest, tunedWeakest: tunedWeakest, tunedBest: tunedBest
      ).quartet()
      findings.quartets.append(quartet)
      if findings.hardwareYears.isEmpty {
        findings.hardwareYears = try HardwareEquivalence.table(speedup: quartet.softwareGivenHardware.value)
      }
    }
  }

  /// What could not be built goes to what is missing.
  private func note(_ what: String, _ build: () throws(AttributionError) -> Void) {
    do throws(AttributionError) {
      try build()
    } catch {
      findings.missing.append("\(what): \(error)")
    }
  }

  private func softwareLadder(of problem: Problem) -> LadderPlan {
    switch problem {
    case .product: .software(on: hardware)
    case .convolution: .convolution(on: hardware, tiles: tilePairs(for: problem).last { $0.isa == hardware.bestForFloat32 })
    }
  }

  /// Every variant that can serve the problem, on the best hardware.
  private func servingVariants(on problem: Problem) -> [Subject] {
    distinct(
      contestants.candidates(problem).map { candidate in
        .dispatch(isa: hardware.bestForFloat32, threads: hardware.cores, variant: candidate.variant)
      }
    ).filter { subject in (try? contestants.contestant(subject, problem)) != nil }
  }

  private func distinct(_ subjects: [Subject]) -> [Subject] {
    var seen: Set<Subject> = []
    return subjects.filter { seen.insert($0).inserted }
  }
}
