/// What is wrong with a shape or a suite.
public enum WorkloadError: Error, Equatable, Sendable, CustomStringConvertible {
  case malformedShape(text: String, problem: String, expected: String)
  /// `line` counts from 1.
  case malformedLine(file: String, line: Int, problem: String, expected: String)
  case emptySuite(file: String)
  case unreadable(file: String, reason: String)
  case unknownSuite(name: String, known: [String])

  public var description: String {
    switch self {
    case .malformedShape(let text, let problem, let expected):
      "malformed shape '\(text)': \(problem); expected \(expected)"
    case .malformedLine(let file, let line, let problem, let expected):
      "\(file):\(line): \(problem); expected \(expected)"
    case .emptySuite(let file):
      "\(file): no shape in the file; expected lines of a name and a shape, such as 'ffn-up 8x3072x768:nt'"
    case .unreadable(let file, let reason):
      "\(file): can't be read: \(reason)"
    case .unknownSuite(let name, let known):
      "unknown suite '\(name)'; known are \(known.joined(separator: ", "))"
    }
  }
}
