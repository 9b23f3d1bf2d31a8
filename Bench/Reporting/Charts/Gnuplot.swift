import Foundation

/// Draws charts by running gnuplot; without it a report has its tables alone.
public struct Gnuplot: Sendable {
  /// The program and its first arguments.
  let command: [String]
  /// Seconds after which a run is ended.
  let timeout: Double

  /// - Parameters:
  ///   - command: How to start gnuplot: the path of a program and its first arguments; by default the first gnuplot in `PATH`.
  ///   - timeout: Seconds after which drawing one chart is given up.
  public init(command: [String] = ["/usr/bin/env", "gnuplot"], timeout: Double = 10) {
    self.command = command
    self.timeout = timeout
  }

  package enum Failure: Error, Equatable {
    case missing
    case failed(reason: String)
  }

  /// The chart as gnuplot writes it.
  package func draw(_ chart: Chart) throws(Failure) -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("headroom-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let output = folder.appendingPathComponent("chart.svg")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let script = folder.appendingPathComponent("chart.gnuplot")
      try Data(Self.script(chart, output: output.path).utf8).write(to: script)
      try run(script: script, log: folder.appendingPathComponent("log"))
      let svg = try String(contentsOf: output, encoding: .utf8)
      guard svg.contains("</svg>") else { throw Failure.failed(reason: "it drew nothing") }
      return svg
    } catch let failure as Failure {
      throw failure
    } catch {
      throw .failed(reason: "\(error)")
    }
  }

  static func script(_ chart: Chart, output: String) -> String {
    let preamble = [
      "set encoding utf8",
      "set terminal svg size \(Chart.width),\(chart.height) fixed noenhanced font 'sans-serif,\(Chart.fontSize)'",
      "set output \(GnuplotText.quoted(output))",
      "set grid linecolor rgb '\(Palette.grey)' linewidth 0.5 dashtype 3",
    ]
    return (preamble + chart.commands + ["unset output"]).joined(separator: "\n") + "\n"
  }

  /// What `env` and shells exit with when there is no such program.
  private static let notFound: Int32 = 127

  private func run(script: URL, log: URL) throws {
    guard let program = command.first, FileManager.default.isExecutableFile(atPath: program) else { throw Failure.missing }
    try Data().write(to: log)
    let messages = try FileHandle(forWritingTo: log)
    defer { try? messages.close() }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = command.dropFirst() + [script.path]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = messages
    process.standardError = messages
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    try process.run()
    guard ended.wait(timeout: .now() + timeout) == .success else {
      // gnuplot holds nothing that an orderly end would save.
      kill(process.processIdentifier, SIGKILL)
      ended.wait()
      throw Failure.failed(reason: "it took over \(Format.number(timeout)) s")
    }
    guard process.terminationStatus != Self.notFound else { throw Failure.missing }
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
      let line = text.split(separator: "\n").last { !$0.allSatisfy { " ^".contains($0) } }
      throw Failure.failed(reason: line.map(String.init) ?? "exit status \(process.terminationStatus)")
    }
  }
}
