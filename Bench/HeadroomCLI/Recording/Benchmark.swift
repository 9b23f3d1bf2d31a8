#if Tools
  import Headroom
  import Measurement
  import Results
  import Workloads

  /// What `bench gemm` measures.
  struct Benchmark {
    var invocation: Invocation
    var entries: [Suite.Entry]
    var format: NumericFormat
    var options: SelectionOptions
    var variants: VariantChoice
    var sampling: SamplingOptions

    /// The contestants on each shape, and those that were asked for and can't serve.
    private func lineUp(_ shape: GEMMShape) throws(Failure) -> (taking: [Contestant], unserved: [String]) {
      try Failure.converting {
        try variants.contestants(ContestantFactory(invocation, sampling: sampling.words), shape, format, options)
      }
    }

    /// Measures the ceilings and then shape after shape, until all are done or Ctrl-C.
    func measure() throws(Failure) -> RunRecord {
      let lineUps = try entries.map { entry throws(Failure) in (entry: entry, contestants: try lineUp(entry.shape)) }
      var record = RunRecord(invocation, seed: sampling.seed)
      let progress = ProgressLine()
      defer { progress.finish() }
      var shapesDone = 0
      do throws(BenchError) {
        let ceilings = try measureCeilings(lineUps.flatMap(\.contestants.taking), progress)
        record.ceilings = ceilings.rows
        let bench = Bench(
          settings: sampling.settings, ceilings: ceilings, progress: progress.say, isCancelled: { Interrupt.isRequested })
        for (entry, contestants) in lineUps {
          record.missing += contestants.unserved
          record.add(try bench.measure(entry.shape, name: entry.name, contestants: contestants.taking))
          record.sentinel = bench.sentinel
          shapesDone += 1
          progress.advance(to: Double(shapesDone) / Double(entries.count))
        }
      } catch .cancelled {
        record.isInterrupted = true
        record.missing.append("interrupted: \(entries.count - shapesDone) of \(entries.count) shapes were not measured")
      } catch {
        throw .checkFailed("\(error)", remedy: "choose smaller shapes or fewer threads")
      }
      return record
    }

    /// Those of the numbers of threads that take part.
    private func measureCeilings(_ contestants: [Contestant], _ progress: ProgressLine) throws(BenchError) -> Ceilings {
      try Ceilings.measure(
        isa: invocation.isaCap, threads: contestants.map(\.threads), effort: .quick, progress: progress.say,
        isCancelled: { Interrupt.isRequested })
    }
  }
#endif
