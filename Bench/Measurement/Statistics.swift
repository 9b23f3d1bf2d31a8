import Glibc
import Oracle
import Results

/// What is said about samples: medians, never means, and intervals by the percentile bootstrap (Efron 1979) with a deterministic generator.
public enum Statistics {
  /// How often the samples are resampled for an interval.
  public static let resamples = 2000

  /// - Precondition: at least one sample.
  public static func median(_ samples: [Double]) -> Double {
    precondition(!samples.isEmpty, "the median of no samples")
    let sorted = samples.sorted()
    return (sorted[sorted.count / 2] + sorted[(sorted.count - 1) / 2]) / 2
  }

  /// The median with its 95 % interval.
  public static func medianInterval(_ samples: [Double], seed: UInt64 = 1) -> Estimate {
    var source = BootstrapMedians(samples, seed: seed)
    return estimate(median(samples), (0..<resamples).map { _ in source.next() })
  }

  /// The ratio of two medians with its 95 % interval, which over pairs of equal contestants excludes 1 in 3 to 7 of 100 cases, and
  /// with the smallest effect that is detectable at the 5 % level.
  public static func ratioOfMedians(_ numerator: [Double], _ denominator: [Double], seed: UInt64 = 1) -> Estimate {
    var above = BootstrapMedians(numerator, seed: seed)
    var below = BootstrapMedians(denominator, seed: ~seed)
    let ratios = (0..<resamples).map { _ in above.next() / below.next() }
    var ratio = estimate(median(numerator) / median(denominator), ratios)
    ratio.detectableEffect = detectableEffect(ratios)
    return ratio
  }

  private static func detectableEffect(_ ratios: [Double]) -> Double {
    let logs = ratios.map { log2($0) }
    let mean = logs.reduce(0, +) / Double(logs.count)
    let variance = logs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(logs.count - 1)
    // Two-sided 5 % and one-sided 20 % points of the normal distribution.
    return exp2((1.960 + 0.842) * variance.squareRoot()) - 1
  }

  private static func estimate(_ value: Double, _ resampled: [Double]) -> Estimate {
    let sorted = resampled.sorted()
    let tail = sorted.count / 40
    return Estimate(value: value, low: sorted[tail], high: sorted[sorted.count - 1 - tail])
  }
}

/// Medians of resamples, drawn with replacement.
private struct BootstrapMedians {
  private let sorted: [Double]
  private var generator: SplitMix64
  private var draws: [Int]

  init(_ samples: [Double], seed: UInt64) {
    precondition(!samples.isEmpty, "the interval of no samples")
    sorted = samples.sorted()
    generator = SplitMix64(seed: seed)
    draws = [Int](repeating: 0, count: samples.count)
  }

  /// Counts how often each sample is drawn: since they are sorted, that is the resample in order.
  mutating func next() -> Double {
    let count = sorted.count
    for index in 0..<count { draws[index] = 0 }
    for _ in 0..<count { draws[Int(generator.next().multipliedFullWidth(by: UInt64(count)).high)] += 1 }
    return (sorted[place(of: (count - 1) / 2)] + sorted[place(of: count / 2)]) / 2
  }

  /// Which sample is at `rank` of the resample, the lowest being 0.
  private func place(of rank: Int) -> Int {
    var seen = 0
    for index in 0..<sorted.count {
      seen += draws[index]
      if seen > rank { return index }
    }
    return sorted.count - 1
  }
}
