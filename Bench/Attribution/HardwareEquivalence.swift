import Foundation
import Results

/// A speedup as years of hardware progress: how long hardware takes to gain the same factor at a published rate.
public enum HardwareEquivalence {
  /// Growth of hardware per year, 0.29 = 29 %, and who published it.
  public struct Rate: Sendable, Hashable {
    public var growth: Double
    public var source: String

    public init(growth: Double, source: String) {
      self.growth = growth
      self.source = source
    }

    /// Growth at which a quantity doubles every `years`.
    static func doubling(years: Double) -> Double { exp2(1 / years) - 1 }
  }

  public static let rates = [
    Rate(
      growth: Rate.doubling(years: 2.46),
      source: "FLOP/s per dollar of GPUs, doubling every 2.46 years (Epoch AI, Trends in GPU price-performance, 2022)"),
    Rate(growth: 0.29, source: "FLOP/s of machine-learning accelerators (Epoch AI, 2025)"),
    Rate(growth: 0.455, source: "\(specInt), 1986 to 2003"),
    Rate(growth: 0.144, source: "\(specInt), 2003 to 2011"),
    Rate(growth: 0.067, source: "\(specInt), 2016 to 2021"),
  ]

  private static let specInt = "One-thread SPECint of CPUs (fit to karlrupp/microprocessor-trend-data)"

  /// ln(speedup) / ln(1 + growth): negative for a speedup below 1.
  public static func years(speedup: Double, growth: Double) throws(AttributionError) -> Double {
    guard speedup > 0, speedup.isFinite else { throw .invalidSpeedup(found: speedup) }
    guard growth > 0, growth.isFinite else { throw .invalidGrowth(found: growth) }
    return log(speedup) / log1p(growth)
  }

  /// The speedup at each of the published rates.
  public static func table(speedup: Double, rates: [Rate] = rates) throws(AttributionError) -> [HardwareYears] {
    var rows: [HardwareYears] = []
    for rate in rates {
      let years = try years(speedup: speedup, growth: rate.growth)
      rows.append(HardwareYears(speedup: speedup, growth: rate.growth, source: rate.source, years: years))
    }
    return rows
  }
}
