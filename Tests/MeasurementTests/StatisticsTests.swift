import Foundation
import Measurement
import Oracle
import Testing

@Suite("Statistics")
struct StatisticsTests {
  /// Times with a few percent of scatter to one side, as a shared machine gives them.
  static func times(_ count: Int, seed: UInt64, around seconds: Double = 1) -> [Double] {
    var generator = SplitMix64(seed: seed)
    return (0..<count).map { _ in
      seconds * (1 - 0.02 * log(Double.random(in: Double.leastNonzeroMagnitude..<1, using: &generator)))
    }
  }

  private static let medianRows: [([Double], Double)] = [
    ([3], 3), ([1, 9], 5), ([9, 1, 2], 2), ([4, 1, 3, 2], 2.5), ([1, 1, 1, 100, 1], 1),
  ]

  @Test("The median of odd and even numbers of samples", arguments: medianRows)
  func median(samples: [Double], expected: Double) {
    #expect(Statistics.median(samples) == expected)
  }

  @Test("Equal samples have an interval of no width")
  func degenerate() {
    let estimate = Statistics.ratioOfMedians([6, 6, 6], [2, 2])
    #expect(estimate.value == 3 && estimate.low == 3 && estimate.high == 3)
    let single = Statistics.medianInterval([5])
    #expect(single.value == 5 && single.low == 5 && single.high == 5)
  }

  @Test("The same samples and seed give the same interval; a longer unit of time changes nothing but the unit")
  func deterministic() {
    let (a, b) = (Self.times(25, seed: 1), Self.times(12, seed: 2))
    let first = Statistics.ratioOfMedians(a, b, seed: 7)
    #expect(Statistics.ratioOfMedians(a, b, seed: 7) == first)
    #expect(Statistics.ratioOfMedians(a.map { $0 * 8 }, b.map { $0 * 8 }, seed: 7) == first)
    #expect(first.low < first.value && first.value < first.high)
    #expect(Statistics.ratioOfMedians(a.shuffled(), b, seed: 7) == first)
  }

  @Test("The 95 % interval of the median covers the true one in about 95 of 100 cases")
  func coverage() {
    let truth = 1 + 0.02 * log(2.0)
    let covered = (0..<1000).count { trial in
      let estimate = Statistics.medianInterval(Self.times(20, seed: UInt64(trial)), seed: UInt64(trial))
      return estimate.low <= truth && truth <= estimate.high
    }
    #expect((920...980).contains(covered), "\(covered) of 1000")
  }

  @Test(
    "Over 1,000 pairs of equal contestants the interval of the ratio excludes 1 in 3 to 7 % of cases", arguments: [10, 20, 50])
  func falseAlarms(samples: Int) {
    let alarms = (0..<1000).count { trial in
      let a = Self.times(samples, seed: UInt64(2 * trial))
      let b = Self.times(samples, seed: UInt64(2 * trial + 1))
      let estimate = Statistics.ratioOfMedians(a, b, seed: UInt64(trial))
      return estimate.low > 1 || estimate.high < 1
    }
    #expect((30...70).contains(alarms), "\(alarms) of 1000 with \(samples) samples")
  }

  private static func detectableEffect(samples: Int, seed: UInt64) throws -> Double {
    let ratio = Statistics.ratioOfMedians(times(samples, seed: 2 * seed), times(samples, seed: 2 * seed + 1))
    return try #require(ratio.detectableEffect)
  }

  @Test("A difference of the detectable effect is found in about 8 of 10 cases")
  func power() throws {
    let effects = try (0..<50).map { try Self.detectableEffect(samples: 40, seed: $0) }
    let effect = Statistics.median(effects)
    let found = (0..<500).count { trial in
      let a = Self.times(40, seed: UInt64(10_000 + 2 * trial), around: 1 + effect)
      let b = Self.times(40, seed: UInt64(10_001 + 2 * trial))
      return Statistics.ratioOfMedians(a, b, seed: UInt64(trial)).low > 1
    }
    #expect((325...475).contains(found), "\(found) of 500 at an effect of \(effect)")
  }

  @Test("More samples detect smaller effects")
  func samplesHelp() throws {
    #expect(try Self.detectableEffect(samples: 1000, seed: 1) < Self.detectableEffect(samples: 10, seed: 1) / 3)
  }
}
