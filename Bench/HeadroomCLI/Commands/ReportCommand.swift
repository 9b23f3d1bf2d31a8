#if Tools
  import ArgumentParser
  import Foundation
  import Measurement
  import Reporting
  import Results

  struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "report",
      abstract: "Measures this machine and writes what software is worth on it as one page.",
      discussion: """
        Measures the ceilings, the ladders from plain code to the tuned kernels, every combination of techniques, micro-kernels in \
        Swift beside those in C, the products of three networks, the convolutions of three networks and a sweep of square products: about \
        seven minutes, or one with --quick. Writes index.html, report.md, \
        results.json and results.csv. Ctrl-C writes what is there until then. A report that was in the folder is replaced at the end.

        Examples:
          headroom report
          headroom report --quick --out /tmp/report
          headroom report --publish Reports
          headroom report --rivals peers.json --rival-sweep sweep.json --rival-convolutions conv.json
          headroom report --stored report/results.json --rival-convolutions conv.json
        """)

    @Flag(help: "Measure for less than a minute, with fewer shapes.")
    var quick = false

    @Option(help: ArgumentHelp("Write the report to this folder.", valueName: "folder"))
    var out = "report"

    @Option(
      help: ArgumentHelp("Also write it to <machine>/<date> below this folder and update the index there.", valueName: "folder"))
    var publish: String?

    @Option(
      help: ArgumentHelp(
        "Also a section on other libraries, from the JSON of a driver that timed them beside this one.", valueName: "file"))
    var rivals: String?

    @Option(
      help: ArgumentHelp(
        "Also how speed changes from one size of square products to the next, from the JSON of such a run over many sizes.",
        valueName: "file"))
    var rivalSweep: String?

    @Option(
      help: ArgumentHelp("Also a section on the convolutions of other libraries, from the JSON of such a run.", valueName: "file")
    )
    var rivalConvolutions: String?

    @Option(
      help: ArgumentHelp(
        "Measure nothing: take a results.json of this machine, with the sections on other libraries that are named here in place of its own.",
        valueName: "file"))
    var stored: String?

    func validate() throws {
      if quick && stored != nil { throw ValidationError("--stored measures nothing, --quick says how: leave out one of them") }
    }

    func run() throws {
      let invocation = try Invocation()
      let rivals = try RivalSections(products: rivals, sweep: rivalSweep, convolutions: rivalConvolutions)
      let old = try stored.map { path throws(Failure) in try Self.load(path) }
      try Self.check(folder: out)
      if let publish { try Self.check(folder: "\(publish)/new") }
      if var old {
        old.command += " && " + invocation.commandLine
        try write(rivals.added(to: old))
        return
      }
      Interrupt.listen()
      let record = try ReportStudy(invocation: invocation, isQuick: quick).measure()
      if record.findings.measurements.isEmpty {
        try record.check()
        throw Failure.checkFailed("nothing could be measured", remedy: "see 'headroom bench gemm 64x64x64 --variants all'")
      }
      try write(rivals.added(to: record.run()))
      try record.check()
    }

    private func write(_ run: Run) throws {
      let run = try Failure.converting { try ReportStore(directory: out).write(run) }
      if let publish { try Failure.converting { try Self.publish(run, below: publish) } }
      try StandardOutput.write(run.headline + "Report: \(URL(fileURLWithPath: out).path)/index.html\n")
    }

    private static func load(_ path: String) throws(Failure) -> Run {
      let run: Run
      do throws(ReportingError) {
        run = try RunFile.load(path)
      } catch {
        throw .badUsage("\(error)", remedy: "name the results.json of a report")
      }
      let here = EnvironmentProbe.cpu()
      if run.environment.cpu != here {
        throw .badUsage(
          "'\(path)' is of \(run.environment.cpu), this machine has \(here)",
          remedy: "shares of the roof, and what is chosen, are told by the machine that was measured: run it there")
      }
      return run
    }

    /// Before the measuring, not after it.
    private static func check(folder: String) throws(Failure) {
      do throws(ReportingError) {
        try ReportStore(directory: folder).checkFolder()
      } catch .notWritable(_, let reason) {
        throw .badUsage("the report's folder '\(folder)' can't be written: \(reason)", remedy: "name one that you may write to")
      } catch {
        throw Failure(error)
      }
    }

    private static func publish(_ run: Run, below root: String) throws(ReportingError) {
      try ReportStore(directory: "\(root)/\(run.machineFolder)/\(run.started.prefix(10))").write(run)
      try ReportIndex.update(root: root)
    }
  }

  extension Run {
    /// The CPU's name as that of a folder.
    fileprivate var machineFolder: String {
      environment.cpu.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.joined(separator: "-")
    }

    /// What the report says first, for the terminal.
    fileprivate var headline: String {
      var lines: [String] = []
      if let quartet = quartets.first {
        lines += [
          "On \(quartet.shape) software made the best hardware \(Format.number(quartet.softwareGivenHardware.value)) times faster,",
          "hardware made tuned software \(Format.number(quartet.hardwareGivenSoftware.value)) times faster.",
          "Beat test (naive on the best over tuned on the weakest hardware): \(Format.estimate(quartet.beatTest))",
        ]
      }
      if let attribution = attributions.first {
        let software = attribution.shares.filter { $0.kind == "software" }.reduce(0) { $0 + $1.share }
        lines.append("Software's order-free share of the speedup on \(attribution.shape): \(Format.percent(software))")
      }
      if !missing.isEmpty {
        lines.append("What is missing, and why, is in the report: \(missing.count == 1 ? "1 note" : "\(missing.count) notes")")
      }
      return lines.map { $0 + "\n" }.joined()
    }
  }
#endif
