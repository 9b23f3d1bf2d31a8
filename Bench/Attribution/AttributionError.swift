/// Why a speedup can't be taken apart.
public enum AttributionError: Error, Equatable, Sendable, CustomStringConvertible {
  case tooManyFactors(found: Int, most: Int)
  case wrongNumberOfCells(found: Int, expected: Int)
  /// A combination without a time, by the factors that are on.
  case missingCell(on: [String])
  /// Seconds that are zero, negative or not a number.
  case invalidTime(found: Double)
  case noSamples(contestant: String)
  case tooFewSteps(found: Int)
  /// Contestants of one comparison that computed different products.
  case differentShapes(expected: String, found: String)
  case invalidSpeedup(found: Double)
  case invalidGrowth(found: Double)

  public var description: String {
    switch self {
    case .tooManyFactors(let found, let most): "\(found) factors; shares are computed over every combination of at most \(most)"
    case .wrongNumberOfCells(let found, let expected): "\(found) combinations timed; the factors have \(expected)"
    case .missingCell(let on): "no time with \(on.isEmpty ? "every factor off" : on.joined(separator: ", ") + " on")"
    case .invalidTime(let found): "a time of \(found) s; expected a finite time above 0"
    case .noSamples(let contestant): "no samples of \(contestant); expected at least one"
    case .tooFewSteps(let found): "a ladder of \(found) steps; expected at least 2"
    case .differentShapes(let expected, let found): "a time of \(found) in a comparison on \(expected)"
    case .invalidSpeedup(let found): "a speedup of \(found); expected a finite value above 0"
    case .invalidGrowth(let found): "growth of \(found) a year; expected a finite value above 0"
    }
  }
}
