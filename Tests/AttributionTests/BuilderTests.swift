import Attribution
import Foundation
import Results
import Testing

/// Ten samples round `seconds`.
func sampled(_ seconds: Double, shape: String = "64x64x64", variant: String = "outer.packed") -> Sampled {
  let samples = (0..<10).map { seconds * (1 + 0.001 * Double($0 % 5 - 2)) }
  let measurement = Results.Measurement(
    op: "gemm", shape: shape, dtype: "f32", threads: 1, isa: "avx2", variant: variant,
    seconds: Seconds(median: seconds, best: seconds, samples: 10, low: seconds, high: seconds), gflops: 1 / seconds,
    verified: true, command: "headroom bench gemm \(shape)")
  return Sampled(measurement: measurement, samples: samples)
}

struct LadderBuilderTests {
  @Test func factorsAreRatiosOfMedians() throws {
    let ladder = try LadderBuilder.ladder(
      kind: .software,
      steps: [
        LadderBuilder.Step(technique: "naive", contestant: sampled(12), extrapolation: "from 32x32x32, times 8"),
        LadderBuilder.Step(technique: "loop order", contestant: sampled(4)),
        LadderBuilder.Step(technique: "SIMD", contestant: sampled(1)),
      ])
    #expect(ladder.kind == "software" && ladder.shape == "64x64x64")
    #expect(ladder.steps.map(\.technique) == ["naive", "loop order", "SIMD"])
    #expect(ladder.steps[0].stepFactor == nil && ladder.steps[0].totalFactor == nil)
    #expect(ladder.steps[0].extrapolation == "from 32x32x32, times 8")
    for (step, factors) in zip(ladder.steps.dropFirst(), [(3.0, 3.0), (4, 12)]) {
      let (one, all) = (try #require(step.stepFactor), try #require(step.totalFactor))
      #expect(abs(one.value / factors.0 - 1) < 1e-12 && abs(all.value / factors.1 - 1) < 1e-12)
      #expect(one.low <= one.value && one.value <= one.high && one.high < one.low * 1.02)
      #expect(all.low <= all.value && all.value <= all.high && all.high < all.low * 1.02)
    }
  }

  @Test func badStepsAreNamed() {
    func ladder(_ contestants: [Sampled]) throws -> Ladder {
      try LadderBuilder.ladder(
        kind: .hardware, steps: contestants.map { LadderBuilder.Step(technique: "step", contestant: $0) })
    }
    #expect(throws: AttributionError.tooFewSteps(found: 1)) { try ladder([sampled(1)]) }
    #expect(throws: AttributionError.differentShapes(expected: "64x64x64", found: "65x65x65")) {
      try ladder([sampled(1), sampled(1, shape: "65x65x65")])
    }
    var empty = sampled(1, variant: "ikj.c")
    empty.samples = []
    #expect(throws: AttributionError.noSamples(contestant: "ikj.c")) { try ladder([sampled(1), empty]) }
    var negative = sampled(1)
    negative.samples[3] = -1
    #expect(throws: AttributionError.invalidTime(found: -1)) { try ladder([negative, sampled(1)]) }
  }
}

struct QuartetBuilderTests {
  static let builder = QuartetBuilder(
    naiveWeakest: sampled(60, variant: "naive-ijk.c"), naiveBest: sampled(40, variant: "naive-ijk.c"), tunedWeakest: sampled(6),
    tunedBest: sampled(0.5))

  @Test func ratiosAreThoseOfTheDefinition() throws {
    let quartet = try Self.builder.quartet()
    let expected = [
      (quartet.hardwareAlone, 1.5), (quartet.softwareAlone, 10), (quartet.softwareGivenHardware, 80),
      (quartet.hardwareGivenSoftware, 12), (quartet.interaction, 8), (quartet.beatTest, 40.0 / 6),
    ]
    for (estimate, value) in expected {
      #expect(abs(estimate.value / value - 1) < 1e-12)
      #expect(estimate.low <= estimate.value && estimate.value <= estimate.high)
      #expect(estimate.high < estimate.low * 1.02)
    }
  }

  @Test func betterHardwareRunsTheFastestBuild() throws {
    let (older, wider) = (sampled(40, variant: "naive-ijk.c"), sampled(60, variant: "naive-ijk.c"))
    #expect(QuartetBuilder.fastest([wider, older])?.measurement.seconds.median == older.measurement.seconds.median)
    #expect(QuartetBuilder.fastest([]) == nil)
    // So hardware alone never makes naive code slower.
    var builder = Self.builder
    (builder.naiveWeakest, builder.naiveBest) = (older, try #require(QuartetBuilder.fastest([wider, older])))
    #expect(try builder.quartet().hardwareAlone.value == 1)
  }

  @Test func aLostBeatTestIsBelowOne() throws {
    var builder = Self.builder
    builder.tunedWeakest = sampled(50)
    let beatTest = try builder.quartet().beatTest
    #expect(beatTest.high < 1)
  }

  @Test func theIntervalOfAQuotientIsWiderThanEitherPart() {
    let exact = Estimate(value: 2, low: 2, high: 2)
    let wide = Estimate(value: 8, low: 4, high: 16)
    let quotient = QuartetBuilder.quotient(wide, exact)
    #expect(abs(quotient.value - 4) < 1e-12 && abs(quotient.low - 2) < 1e-12 && abs(quotient.high - 8) < 1e-12)
    // The divisor's upper bound makes the quotient's lower one.
    let skewed = QuartetBuilder.quotient(exact, Estimate(value: 1, low: 1, high: 3))
    #expect(abs(skewed.low - 2.0 / 3) < 1e-12 && abs(skewed.high - 2) < 1e-12)
    // Two independent factors of 2 make one of 2^sqrt(2).
    let both = QuartetBuilder.quotient(wide, wide)
    #expect(abs(both.high - exp2(2.0.squareRoot())) < 1e-12 && abs(both.low * both.high - 1) < 1e-12)
  }

  @Test func cornersOfDifferentShapesAreRefused() {
    var builder = Self.builder
    builder.tunedBest = sampled(1, shape: "8x8x8")
    #expect(throws: AttributionError.differentShapes(expected: "64x64x64", found: "8x8x8")) { try builder.quartet() }
  }
}

struct HardwareEquivalenceTests {
  @Test func oneYearGainsOneYearsGrowth() throws {
    for rate in HardwareEquivalence.rates {
      #expect(abs(try HardwareEquivalence.years(speedup: 1 + rate.growth, growth: rate.growth) - 1) < 1e-12)
      #expect(try HardwareEquivalence.years(speedup: 1, growth: rate.growth) == 0)
    }
  }

  @Test func aDoublingTakesTheDoublingTime() throws {
    let gpu = try #require(HardwareEquivalence.rates.first { $0.source.contains("2.46") })
    #expect(abs(try HardwareEquivalence.years(speedup: 2, growth: gpu.growth) - 2.46) < 1e-9)
  }

  @Test func everyRateHasItsRow() throws {
    let rows = try HardwareEquivalence.table(speedup: 45.6)
    #expect(rows.map(\.growth) == HardwareEquivalence.rates.map(\.growth))
    #expect(rows.map(\.source) == HardwareEquivalence.rates.map(\.source))
    let slowest = try #require(rows.max { $0.years < $1.years })
    #expect(slowest.growth == 0.067)
    #expect(abs(slowest.years - log(45.6) / log(1.067)) < 1e-9)
  }

  @Test func badInputIsNamed() {
    #expect(throws: AttributionError.invalidSpeedup(found: 0)) { try HardwareEquivalence.years(speedup: 0, growth: 0.3) }
    #expect(throws: AttributionError.invalidGrowth(found: 0)) { try HardwareEquivalence.years(speedup: 2, growth: 0) }
  }
}
