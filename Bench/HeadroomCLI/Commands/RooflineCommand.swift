#if Tools
  import ArgumentParser
  import Headroom
  import Measurement
  import Reporting

  struct RooflineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "roofline",
      abstract: "Measures the ceilings: arithmetic and bandwidth.",
      discussion: """
        Arithmetic for each instruction set and type, bandwidth of reading, copying and triad at each level of the memory, on one \
        thread and on all.

        Examples:
          headroom roofline
          headroom roofline --isa avx2 --threads 1
          headroom roofline --quick --json -
        """)

    @OptionGroup var limits: DispatchLimits

    @Flag(help: "Measure for some 9 s, not 18.")
    var quick = false

    @Option(help: ArgumentHelp("Write the run as JSON; '-' is standard output.", valueName: "file"))
    var json: Destination?

    @Option(help: ArgumentHelp("Write the ceilings as CSV; '-' is standard output.", valueName: "file"))
    var csv: Destination?

    func run() throws {
      let invocation = try Invocation()
      let options = try limits.selectionOptions(invocation)
      for destination in [json, csv].compactMap(\.self) { try destination.check() }
      Interrupt.listen()
      let record = try measure(invocation, options.maxISA ?? invocation.isaCap, [1, options.threads ?? invocation.threads])
      let run = record.run()
      try RunOutput(json: json, csv: csv).write(run, table: run.ceilingTables, rows: CSVWriter.text(run.ceilings))
      try record.check()
    }

    /// One number of threads after another, so that Ctrl-C keeps those that are done.
    private func measure(_ invocation: Invocation, _ isa: ISA, _ threads: Set<Int>) throws(Failure) -> RunRecord {
      var record = RunRecord(invocation, seed: SamplingOptions.defaultSeed)
      let progress = ProgressLine(expected: quick ? 9 : 18)
      defer { progress.finish() }
      for (done, count) in threads.sorted().enumerated() {
        progress.advance(to: Double(done) / Double(threads.count))
        do throws(BenchError) {
          record.ceilings += try Ceilings.measure(
            isa: isa, threads: [count], effort: quick ? .quick : .full, progress: progress.say,
            isCancelled: { Interrupt.isRequested }
          ).rows
        } catch .cancelled {
          record.findings.isCancelled = true
          record.findings.missing.append(
            "interrupted: the ceilings on \(count) \(count == 1 ? "thread" : "threads") were not measured")
          break
        } catch {
          record.failures.append("ceilings: \(error)")
        }
      }
      return record
    }
  }
#endif
