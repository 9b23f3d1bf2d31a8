import Foundation
import Results

/// The built `headroom` beside the test bundle, run as its users run it.
struct Tool {
  struct Outcome {
    var status: Int32
    var output: String
    var errors: String

    /// Standard output as a run.
    func run() throws -> Run {
      try JSONDecoder().decode(Run.self, from: Data(output.utf8))
    }

    /// Standard output as a JSON object.
    func object() throws -> [String: Any] {
      try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any] ?? [:]
    }
  }

  /// Replaces variables of the environment; overrides of the test run itself are taken out.
  var environment: [String: String] = [:]

  func callAsFunction(_ arguments: String...) throws -> Outcome {
    let started = try start(arguments)
    started.process.waitUntilExit()
    return try started.outcome()
  }

  /// Starts without waiting, for what happens on the way.
  func start(_ arguments: [String]) throws -> Started {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appendingPathComponent("headroom")
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("HEADROOM_") }
      .merging(environment) { $1 }
    let folder = try Folder()
    let (output, errors) = try (folder.newFile("output"), folder.newFile("errors"))
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return Started(process: process, folder: folder)
  }

  struct Started {
    var process: Process
    var folder: Folder

    func outcome() throws -> Outcome {
      Outcome(status: process.terminationStatus, output: try folder.text("output"), errors: try folder.text("errors"))
    }
  }
}

/// A folder of its own that goes with its last reference.
final class Folder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("headroom-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  func newFile(_ name: String, _ text: String = "") throws -> FileHandle {
    try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
    return try FileHandle(forWritingTo: URL(fileURLWithPath: file(name)))
  }

  func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: file(name))), as: UTF8.self)
  }
}
