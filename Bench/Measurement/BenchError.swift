/// Why a measurement could not be made.
public enum BenchError: Error, Equatable, Sendable, CustomStringConvertible {
  case outOfMemory(byteCount: Int)
  /// The system did not start the threads of a ceiling's loop.
  case noThreads(count: Int)
  case invalidThreads(found: Int)
  /// A contestant of products was given a convolution, or the reverse.
  case otherOperands(found: String, expected: String)
  /// The caller's check said so.
  case cancelled

  public var description: String {
    switch self {
    case .outOfMemory(let byteCount): "\(byteCount) bytes of memory could not be had for the operands"
    case .noThreads(let count): "the system did not start \(count) threads"
    case .invalidThreads(let found): "\(found) threads; expected 1 or more"
    case .otherOperands(let found, let expected): "it computes with \(expected), not with \(found)"
    case .cancelled: "the measurement was cancelled"
    }
  }
}
