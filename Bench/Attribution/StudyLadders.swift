import KernelDispatch
import Measurement
import Results
import Workloads

extension Study {
  /// Times everything that the ladders and the quartet of one shape need, and every other variant, in one comparison.
  func runLadders(_ entry: Suite.Entry, isFirst: Bool) throws(BenchError) {
    let software = LadderPlan.software(on: hardware)
    let ladders = isFirst ? [software, .instructionSets(on: hardware), .cores(on: hardware)] : [software]
    let quartet = QuartetPlan(on: hardware)
    var subjects = ladders.flatMap { $0.rows.map(\.subject) }
    subjects += [quartet.naiveWeakest, quartet.naiveBest, quartet.tunedWeakest, quartet.tunedBest]
    if isFirst { subjects += contestants.rungs.map { Subject(.rung(name: $0, isa: hardware.bestForFloat32)) } }
    subjects = try withoutLongCalls(distinct(subjects), on: entry.shape)
    subjects = distinct(subjects + servingVariants(on: entry.shape))
    let timed = try time(subjects, on: entry, seconds: plan.secondsPerLadderRow)
    findings.measurements += subjects.compactMap { timed[$0]?.measurement }
    for ladder in ladders { addLadder(ladder, entry, timed) }
    addQuartet(quartet, entry, timed)
  }

  /// Times every combination of techniques and hardware and adds the shares.
  func runExperiment(_ shape: GEMMShape) throws(BenchError) {
    let experiment = FactorialExperiment(on: hardware)
    let timed = try time(
      experiment.distinctSubjects, on: Suite.Entry(name: nil, shape: shape), seconds: plan.secondsPerLadderRow)
    note("shares on \(shape)") { () throws(AttributionError) in
      findings.attributions.append(
        try experiment.attribution(shape: shape.description, timed: timed.mapValues(\.measurement)))
    }
  }

  private func addLadder(_ ladder: LadderPlan, _ entry: Suite.Entry, _ timed: [Subject: Sampled]) {
    var steps = ladder.rows.compactMap { row in
      timed[row.subject].map { LadderBuilder.Step(technique: row.technique, contestant: $0) }
    }
    if ladder.kind == .software, let interpreted = interpretedStep(entry) { steps.insert(interpreted, at: 0) }
    // A single core is no ladder.
    if ladder.rows.count < 2 { return }
    note("the \(ladder.kind) ladder on \(entry.shape)") { () throws(AttributionError) in
      findings.ladders.append(try LadderBuilder.ladder(kind: ladder.kind, steps: steps))
    }
  }

  private func addQuartet(_ quartet: QuartetPlan, _ entry: Suite.Entry, _ timed: [Subject: Sampled]) {
    guard let naiveWeakest = timed[quartet.naiveWeakest], let builtForBest = timed[quartet.naiveBest],
      let naiveBest = QuartetBuilder.fastest([builtForBest, naiveWeakest]),
      let tunedWeakest = timed[quartet.tunedWeakest], let tunedBest = timed[quartet.tunedBest]
    else {
      findings.missing.append("the quartet on \(entry.shape): not every corner was timed")
      return
    }
    note("the quartet on \(entry.shape)") { () throws(AttributionError) in
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

  /// Every variant that can serve the shape, on the best hardware.
  private func servingVariants(on shape: GEMMShape) -> [Subject] {
    KernelTable.shared.variants.map { variant in
      Subject.dispatch(isa: hardware.bestForFloat32, threads: hardware.cores, variant: variant.name)
    }.filter { subject in (try? contestants.contestant(subject, shape)) != nil }
  }

  private func distinct(_ subjects: [Subject]) -> [Subject] {
    var seen: Set<Subject> = []
    return subjects.filter { seen.insert($0).inserted }
  }
}
