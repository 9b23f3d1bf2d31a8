import Foundation
import Measurement
import Results

/// Turns the four corners, naive and tuned software on the weakest and the best hardware, into the headline of a report.
public struct QuartetBuilder: Sendable {
  public var naiveWeakest: Sampled
  public var naiveBest: Sampled
  public var tunedWeakest: Sampled
  public var tunedBest: Sampled

  public init(naiveWeakest: Sampled, naiveBest: Sampled, tunedWeakest: Sampled, tunedBest: Sampled) {
    self.naiveWeakest = naiveWeakest
    self.naiveBest = naiveBest
    self.tunedWeakest = tunedWeakest
    self.tunedBest = tunedBest
  }

  /// The naive code as better hardware runs it best: it runs the build for the weakest hardware too, and a compiler's build for wider
  /// vectors can be slower (textbook sums by FMA wait longer for each other). The slower build would flatter every software factor.
  public static func fastest(_ builds: [Sampled]) -> Sampled? {
    builds.min { $0.measurement.seconds.median < $1.measurement.seconds.median }
  }

  /// All four corners must be times of one shape.
  public func quartet() throws(AttributionError) -> Quartet {
    let shape = naiveWeakest.measurement.shape
    for corner in [naiveWeakest, naiveBest, tunedWeakest, tunedBest] { try corner.check(shape: shape) }
    // One build for both corners: 1 by definition, not by measurement.
    let isSameBuild = naiveWeakest.measurement == naiveBest.measurement
    let hardwareAlone = isSameBuild ? Estimate(value: 1, low: 1, high: 1) : naiveWeakest.factor(to: naiveBest)
    let softwareAlone = naiveWeakest.factor(to: tunedWeakest)
    let softwareGivenHardware = naiveBest.factor(to: tunedBest)
    return Quartet(
      shape: shape, naiveWeakest: naiveWeakest.measurement, naiveBest: naiveBest.measurement,
      tunedWeakest: tunedWeakest.measurement, tunedBest: tunedBest.measurement,
      hardwareAlone: hardwareAlone, softwareAlone: softwareAlone,
      softwareGivenHardware: softwareGivenHardware, hardwareGivenSoftware: tunedWeakest.factor(to: tunedBest),
      interaction: Self.quotient(softwareGivenHardware, softwareAlone), beatTest: naiveBest.factor(to: tunedWeakest))
  }

  /// a / b for two ratios as if they shared no sample: the distances of the bounds from the value add as squares on the log scale. Where
  /// one build of the naive code is the fastest on all hardware they share its samples, and the interval is wider than it need be.
  package static func quotient(_ a: Estimate, _ b: Estimate) -> Estimate {
    let value = a.value / b.value
    let below = hypot(log(a.value / a.low), log(b.high / b.value))
    let above = hypot(log(a.high / a.value), log(b.value / b.low))
    return Estimate(value: value, low: value * exp(-below), high: value * exp(above))
  }
}
