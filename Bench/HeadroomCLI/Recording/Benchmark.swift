#if Tools
  import Headroom
  import Measurement
  import Results
  import Workloads

  /// What `bench` measures.
  struct Benchmark {
    var invocation: Invocation
    var entries: [NamedProblem]
    var format: NumericFormat
    var options: SelectionOptions
    var variants: VariantChoice
    /// Elements between the end of a row and the start of the next.
    var leadingPadding: Int
    var sampling: SamplingOptions

    /// The contestants on each problem, and those that were asked for and can't serve.
    private func lineUp(_ problem: Problem) throws(Failure) -> (taking: [Contestant], unserved: [String]) {
      try Failure.converting {
        try variants.contestants(
          ContestantFactory(invocation, leadingPadding: leadingPadding, sampling: sampling.words), problem, format, options)
      }
    }

    /// Measures the ceilings and then shape after shape, until all are done or Ctrl-C.
    func measure() throws(Failure) -> RunRecord {
      let lineUps = try entries.map { entry throws(Failure) in (entry: entry, contestants: try lineUp(entry.problem)) }
      if lineUps.allSatisfy(\.contestants.taking.isEmpty) {
        let reasons = lineUps.flatMap(\.contestants.unserved).joined(separator: ", ")
        throw .badUsage("nothing can serve: \(reasons)", remedy: "choose other variants, or '--variants all'")
      }
      var record = RunRecord(invocation, seed: sampling.seed)
      record.findings.missing = lineUps.flatMap(\.contestants.unserved)
      let progress = ProgressLine()
      defer { progress.finish() }
      do throws(BenchError) {
        let ceilings = try measureCeilings(lineUps.flatMap(\.contestants.taking), progress)
        record.ceilings = ceilings.rows
        let bench = Bench(
          settings: sampling.settings, ceilings: ceilings, progress: progress.say, isCancelled: { Interrupt.isRequested })
        for (index, lineUp) in lineUps.enumerated() {
          try measure(lineUp.entry, lineUp.contestants.taking, bench, into: &record)
          progress.advance(to: Double(index + 1) / Double(lineUps.count))
        }
      } catch .cancelled {
        record.findings.isCancelled = true
        let done = Set(record.findings.measurements.map { [$0.shape, $0.layout, $0.op] }).count
        record.findings.missing.append("interrupted: \(entries.count - done) of \(entries.count) shapes were not measured")
      } catch {
        record.failures.append("ceilings: \(error)")
      }
      return record
    }

    /// A shape that can't be measured does not take the others with it.
    private func measure(
      _ entry: NamedProblem, _ contestants: [Contestant], _ bench: Bench, into record: inout RunRecord
    ) throws(BenchError) {
      defer {
        record.findings.sentinel = bench.sentinel
        record.ceilings = bench.ceilings?.rows ?? []
      }
      do throws(BenchError) {
        record.findings.add(try bench.measure(entry.problem, name: entry.name, contestants: contestants))
      } catch .cancelled {
        throw .cancelled
      } catch {
        record.failures.append("\(entry.problem): \(error)")
      }
    }

    /// On the numbers of threads that take part.
    private func measureCeilings(_ contestants: [Contestant], _ progress: ProgressLine) throws(BenchError) -> Ceilings {
      try Ceilings.measure(
        isa: invocation.isaCap, threads: contestants.map(\.threads), effort: .quick, progress: progress.say,
        isCancelled: { Interrupt.isRequested })
    }
  }
#endif
