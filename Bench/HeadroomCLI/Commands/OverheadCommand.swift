#if Tools
  import ArgumentParser
  import Headroom
  import Measurement
  import Reporting
  import Results
  import Workloads

  struct OverheadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "overhead",
      abstract: "Measures what a call costs over its micro-kernels.",
      discussion: """
        The same small fp32 product, timed in turn: its micro-kernels alone, called from a list made beforehand; a ready plan, by \
        pointers and by spans; and one-shot calls, which check, select and plan every time, on a descriptor made beforehand or for the \
        call (by pointers). What they take over the first is the cost of the call.

        Examples:
          headroom overhead
          headroom overhead 14x32x64 --isa avx2
          headroom overhead --time 2 --json -
        """)

    @Argument(help: Help.shape)
    var shape = "8x8x8"

    @Option(help: ArgumentHelp("Use this instruction set at most (default: the best here).", valueName: "name"))
    var isa: ISA?

    @OptionGroup var sampling: SamplingOptions

    @Option(help: ArgumentHelp("Write the run as JSON; '-' is standard output.", valueName: "file"))
    var json: Destination?

    func run() throws {
      let invocation = try Invocation()
      let product = try Failure.converting { try GEMMShape(parsing: shape) }
      let options = SelectionOptions(maxISA: try invocation.usable(isa), threads: 1)
      try json?.check()
      guard try Failure.converting({ try CallContestants.canServe(product, options) }) else {
        throw Failure.badUsage(
          "\(product) is more than calls of micro-kernels: it is packed, or too large",
          remedy: "choose a smaller one, such as 8x8x8")
      }
      let calls = try Failure.converting { try CallContestants(product, options, command: invocation.commandLine) }
      Interrupt.listen()
      var record = RunRecord(invocation, seed: sampling.seed)
      let progress = ProgressLine()
      let bench = Bench(settings: sampling.settings, progress: progress.say, isCancelled: { Interrupt.isRequested })
      do throws(BenchError) {
        record.findings.add(try bench.measure(.product(product), contestants: calls.all))
      } catch .cancelled {
        record.findings.isCancelled = true
      } catch {
        record.failures.append("\(shape): \(error)")
      }
      record.findings.sentinel = bench.sentinel
      progress.finish()
      let run = record.run()
      let base = run.measurements.first { $0.variant == CallContestants.kernelsAlone }
      try RunOutput(json: json).write(run, table: base.map(run.overheadTable) ?? "", rows: "")
      try record.check()
      if base == nil {
        throw Failure.checkFailed(
          "'\(CallContestants.kernelsAlone)' was not timed, so nothing can be compared with it: \(run.missing.joined(separator: "; "))",
          remedy: "choose another shape, such as 8x8x8")
      }
    }
  }

  extension Run {
    /// Each way of calling, and what it takes over `base`: the micro-kernels alone.
    fileprivate func overheadTable(over base: Results.Measurement) -> String {
      var table = TextTable(columns: [
        .init("call"), .init("median", .right), .init("95 % interval", .right), .init("over the micro-kernels", .right),
        .init("best", .right), .init("over the micro-kernels", .right),
      ])
      for row in measurements {
        let seconds = row.seconds
        let isBase = row.variant == base.variant
        table.add([
          row.variant, Format.nanoseconds(seconds.median),
          "\(Format.nanoseconds(seconds.low)) to \(Format.nanoseconds(seconds.high))",
          isBase ? "" : Format.nanoseconds(seconds.median - base.seconds.median), Format.nanoseconds(seconds.best),
          isBase ? "" : Format.nanoseconds(seconds.best - base.seconds.best),
        ])
      }
      return table.text + "\(base.shape) f32 with \(base.ukernel ?? ""), one thread; \(environment.cpu)\n"
    }
  }

  extension Format {
    fileprivate static func nanoseconds(_ seconds: Double) -> String { "\((seconds * 1e10).rounded() / 10) ns" }
  }
#endif
