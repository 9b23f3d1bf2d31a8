#if Tools
  import Foundation

  enum StandardError {
    /// A message that can't be written has nowhere else to go, so a failure is ignored.
    static func write(_ text: String) {
      try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    /// Whether a person watches: a terminal that can move its cursor.
    static var isTerminal: Bool {
      isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }
  }

  enum StandardOutput {
    static func write(_ text: String) throws(Failure) {
      do {
        try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
      } catch {
        throw .checkFailed("standard output can't be written: \(reason(error))", remedy: "check where it is redirected to")
      }
    }
  }

  /// The system's own words for a failed file operation, without the wrapping that Foundation adds.
  func reason(_ error: any Error) -> String {
    var innermost = error as NSError
    while let underlying = innermost.userInfo[NSUnderlyingErrorKey] as? NSError { innermost = underlying }
    return innermost.domain == NSPOSIXErrorDomain
      ? String(cString: strerror(Int32(innermost.code))) : innermost.localizedDescription
  }
#endif
