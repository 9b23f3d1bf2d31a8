import Attribution
import Foundation
import Testing

struct ShapleyTests {
  static func factors(_ count: Int) -> [Shapley.Factor] {
    (0..<count).map { Shapley.Factor(name: "factor \($0)", kind: .software) }
  }

  static func near(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-12 * max(abs(a), abs(b), 1) }

  /// Times of every combination that scatter over three decades, the same in every run.
  static func scatteredTimes(count: Int, seed: UInt64) -> [Double] {
    var state = seed
    return (0..<(1 << count)).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return pow(10, 3 * Double(state >> 11) / Double(1 << 53))
    }
  }

  @Test func independentFactorsBuyExactlyWhatTheyMultiply() throws {
    let bought = [2.0, 3, 5, 1.5]
    let times = (0..<16).map { cell in
      bought.indices.reduce(100.0) { cell & (1 << $1) != 0 ? $0 / bought[$1] : $0 }
    }
    let shares = try Shapley.shares(factors: Self.factors(4), times: times)
    for (share, factor) in zip(shares, bought) {
      #expect(Self.near(share.speedup, factor))
      #expect(Self.near(share.share, log(factor) / log(45)))
      #expect(Self.near(share.smallest, factor))
      #expect(Self.near(share.largest, factor))
    }
  }

  @Test func twoFactorsThatNeedEachOtherShareEqually() throws {
    // Nothing alone, 16 together: threads and cores.
    let shares = try Shapley.shares(factors: Self.factors(2), times: [8, 8, 8, 0.5])
    for share in shares {
      #expect(Self.near(share.speedup, 4))
      #expect(Self.near(share.share, 0.5))
      #expect(Self.near(share.smallest, 1))
      #expect(Self.near(share.largest, 16))
    }
  }

  @Test func threeFactorsByHand() throws {
    // Gains in log2: a 1, b 2, c 3, ab 4, ac 4, bc 6, abc 9.
    let gains = [0.0, 1, 2, 4, 3, 4, 6, 9]
    let shares = try Shapley.shares(factors: Self.factors(3), times: gains.map { exp2(-$0) })
    // a: (2*1 + (4-2) + (4-3) + 2*(9-6)) / 6 = 11/6; b: (2*2 + 3 + 3 + 2*5) / 6 = 20/6; c: (2*3 + 3 + 4 + 2*5) / 6 = 23/6.
    for (share, sixths) in zip(shares, [11.0, 20, 23]) {
      #expect(Self.near(log2(share.speedup), sixths / 6))
      #expect(Self.near(share.share, sixths / 54))
    }
  }

  @Test(arguments: 1...Shapley.mostFactors)
  func sharesAddUpToTheWholeSpeedup(count: Int) throws {
    for seed in 1...5 as ClosedRange<UInt64> {
      let times = Self.scatteredTimes(count: count, seed: seed)
      let shares = try Shapley.shares(factors: Self.factors(count), times: times)
      let product = shares.reduce(1) { $0 * $1.speedup }
      #expect(abs(product / (times[0] / times[times.count - 1]) - 1) < 1e-9)
      #expect(abs(shares.reduce(0) { $0 + $1.share } - 1) < 1e-9)
      for share in shares {
        #expect(share.smallest <= share.speedup * (1 + 1e-12))
        #expect(share.speedup <= share.largest * (1 + 1e-12))
      }
    }
  }

  @Test func aFactorThatChangesNothingGetsNothing() throws {
    let others = Self.scatteredTimes(count: 3, seed: 9)
    // Bit 1 is the dummy: the time depends on bits 0, 2 and 3.
    let times = (0..<16).map { (cell: Int) -> Double in others[(cell & 1) | ((cell >> 1) & 0b110)] }
    let dummy = try Shapley.shares(factors: Self.factors(4), times: times)[1]
    #expect(dummy.speedup == 1)
    #expect(dummy.share == 0)
    #expect(dummy.smallest == 1 && dummy.largest == 1)
  }

  @Test func exchangingTwoFactorsExchangesTheirShares() throws {
    let times = Self.scatteredTimes(count: 3, seed: 4)
    // Bits 0 and 2 change places.
    let exchanged = [0, 4, 2, 6, 1, 5, 3, 7].map { times[$0] }
    let before = try Shapley.shares(factors: Self.factors(3), times: times)
    let after = try Shapley.shares(factors: Self.factors(3), times: exchanged)
    #expect(Self.near(before[0].share, after[2].share))
    #expect(Self.near(before[1].share, after[1].share))
    #expect(Self.near(before[2].share, after[0].share))
  }

  @Test func noSpeedupHasNoShares() throws {
    let shares = try Shapley.shares(factors: Self.factors(2), times: [3, 2, 5, 3])
    #expect(shares.allSatisfy { $0.share == 0 })
  }

  @Test func badInputIsNamed() {
    #expect(throws: AttributionError.tooManyFactors(found: 7, most: 6)) {
      try Shapley.shares(factors: Self.factors(7), times: Array(repeating: 1, count: 128))
    }
    #expect(throws: AttributionError.wrongNumberOfCells(found: 3, expected: 4)) {
      try Shapley.shares(factors: Self.factors(2), times: [1, 1, 1])
    }
    #expect(throws: AttributionError.invalidTime(found: 0)) {
      try Shapley.shares(factors: Self.factors(1), times: [1, 0])
    }
    #expect(throws: AttributionError.invalidTime(found: .infinity)) {
      try Shapley.shares(factors: Self.factors(1), times: [.infinity, 1])
    }
  }
}
