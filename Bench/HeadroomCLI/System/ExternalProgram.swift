#if Tools
  import Foundation

  /// Programs of the system that make a report richer and are no condition for it.
  enum ExternalProgram {
    /// Where the shell would find `name`.
    static func path(of name: String) -> String? {
      let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
      return folders.lazy.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// What `path` prints on standard output; nil if it can't be run or fails.
    static func output(of path: String, _ arguments: [String]) -> Data? {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: path)
      process.arguments = arguments
      let output = Pipe()
      process.standardOutput = output
      process.standardError = FileHandle.nullDevice
      process.standardInput = FileHandle.nullDevice
      guard (try? process.run()) != nil else { return nil }
      let data = try? output.fileHandleForReading.readToEnd()
      process.waitUntilExit()
      return process.terminationStatus == 0 ? data : nil
    }
  }
#endif
