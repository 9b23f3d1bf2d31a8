#if Tools
  /// Why the tool stops: what is wrong and what to do about it, in one line.
  struct Failure: Error, CustomStringConvertible {
    enum Code: Int32 {
      /// A result was wrong, or could not be written.
      case checkFailed = 1
      case badUsage = 2
      /// Ctrl-C; what was measured until then is kept.
      case interrupted = 130
    }

    var code: Code
    var message: String
    /// nil where the message has it.
    var remedy: String?

    static func badUsage(_ message: String, remedy: String? = nil) -> Failure {
      Failure(code: .badUsage, message: message, remedy: remedy)
    }

    static func checkFailed(_ message: String, remedy: String? = nil) -> Failure {
      Failure(code: .checkFailed, message: message, remedy: remedy)
    }

    static var interrupted: Failure {
      Failure(code: .interrupted, message: "interrupted", remedy: "what was done by then is kept")
    }

    var description: String { "error: \(message)" + (remedy.map { "; \($0)" } ?? "") }
  }
#endif
