import Foundation
import Results

/// Order-free shares of the factors in a speedup: the Shapley value on log-speedup, over every combination of the factors.
public enum Shapley {
  /// The most factors that are computed; 2^6 combinations.
  public static let mostFactors = 6

  /// One thing that can be on or off.
  public struct Factor: Sendable, Hashable {
    public var name: String
    public var kind: FactorKind

    public init(name: String, kind: FactorKind) {
      self.name = name
      self.kind = kind
    }
  }

  /// The share of each factor in ln T(none) - ln T(all).
  ///
  /// - Parameters:
  ///   - factors: At most `mostFactors`.
  ///   - times: Seconds of every combination, 2^factors of them; bit i of the index says whether factor i is on.
  /// - Returns: One share per factor, in the order given. Every `share` is 0 when all factors together change nothing.
  public static func shares(factors: [Factor], times: [Double]) throws(AttributionError) -> [Results.Attribution.Share] {
    guard factors.count <= mostFactors else {
      throw .tooManyFactors(found: factors.count, most: mostFactors)
    }
    guard times.count == 1 << factors.count else {
      throw .wrongNumberOfCells(found: times.count, expected: 1 << factors.count)
    }
    for time in times where !(time > 0 && time.isFinite) {
      throw .invalidTime(found: time)
    }
    let logs = times.map { log($0) }
    let total = logs[0] - logs[logs.count - 1]
    return factors.indices.map { index in
      let marginals = marginals(of: index, count: factors.count, logs: logs)
      let phi = marginals.reduce(0) { $0 + $1.weight * $1.gain }
      let gains = marginals.map(\.gain)
      return Results.Attribution.Share(
        factor: factors[index].name, kind: factors[index].kind.rawValue, speedup: exp(phi),
        share: total == 0 ? 0 : phi / total, smallest: exp(gains.min() ?? 0), largest: exp(gains.max() ?? 0))
    }
  }

  /// What switching factor `index` on gains in log time in each combination of the others, and how many orders go through it.
  private static func marginals(of index: Int, count: Int, logs: [Double]) -> [(gain: Double, weight: Double)] {
    let bit = 1 << index
    let orders = factorial(count)
    return logs.indices.filter { $0 & bit == 0 }.map { others in
      let size = others.nonzeroBitCount
      let weight = factorial(size) * factorial(count - size - 1) / orders
      return (logs[others] - logs[others | bit], weight)
    }
  }

  private static func factorial(_ n: Int) -> Double {
    n < 2 ? 1 : (2...n).reduce(1) { $0 * Double($1) }
  }
}

/// Whether a factor belongs to the program or to the machine.
public enum FactorKind: String, Sendable, Hashable {
  case software, hardware
}
