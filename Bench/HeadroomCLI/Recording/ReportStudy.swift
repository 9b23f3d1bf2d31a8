#if Tools
  import Attribution
  import Headroom
  import Measurement
  import Workloads

  /// What `report` measures: the ceilings and then the steps of a study.
  struct ReportStudy {
    var invocation: Invocation
    var isQuick: Bool

    func measure() throws(Failure) -> RunRecord {
      let start = Clock.now()
      let seed = SamplingOptions.defaultSeed
      let plan = try Failure.converting { isQuick ? try StudyPlan.quick() : try StudyPlan.full() }
      let hardware = HardwareRange(isa: invocation.isaCap, threads: invocation.threads)
      let progress = ProgressLine(expected: plan.secondsAtMost)
      defer { progress.finish() }
      var record = RunRecord(invocation, seed: seed)
      do throws(BenchError) {
        let ceilings = try Ceilings.measure(
          isa: invocation.isaCap, threads: hardware.coreCounts, effort: plan.effort, progress: progress.say,
          isCancelled: { Interrupt.isRequested })
        record.ceilings = ceilings.rows
        let begun = (Clock.now() - start) / plan.secondsAtMost
        let watch = Study.Watch(
          advance: { progress.advance(to: begun + (1 - begun) * $0) }, say: progress.say, isCancelled: { Interrupt.isRequested })
        let study = Study(
          plan: plan, contestants: contestants, hardware: hardware, ceilings: ceilings, seed: seed, watch: watch)
        record.findings = study.run(since: start)
        record.ceilings = study.ceilings.rows
      } catch .cancelled {
        record.findings.isCancelled = true
      } catch {
        record.failures.append("ceilings: \(error)")
      }
      if ExternalProgram.path(of: "python3") == nil {
        record.findings.missing.append("the Python rung: python3 was not found. Remedy: apt-get install python3")
      }
      return record
    }

    /// None where dispatch can't judge the problem: then its contestants say why.
    private static func candidates(_ problem: Problem) -> [StudyCandidate] {
      let judged = try? problem.candidates(.f32, SelectionOptions())
      return (judged ?? []).map { StudyCandidate(variant: $0.variant, microkernel: $0.microkernel, isa: $0.isa) }
    }

    private var contestants: StudyContestants {
      let factory = ContestantFactory(invocation)
      var contestants = StudyContestants(
        contestant: factory.contestant, rungs: { $0.operation.rungs }, candidates: { Self.candidates($0) })
      if let python = ExternalProgram.path(of: "python3") {
        contestants.interpreted = { n in PythonProduct.timed(python: python, n: n) }
      }
      return contestants
    }
  }
#endif
