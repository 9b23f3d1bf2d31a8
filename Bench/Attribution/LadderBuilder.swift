import Measurement
import Results

/// A contestant with all its times: what ratios and their intervals are made of.
public struct Sampled: Sendable {
  public var measurement: Results.Measurement
  /// Seconds per call, in the order taken.
  public var samples: [Double]

  public init(measurement: Results.Measurement, samples: [Double]) {
    self.measurement = measurement
    self.samples = samples
  }

  /// Throws unless there are samples, each a finite time above 0, of the product `shape`.
  func check(shape: String) throws(AttributionError) {
    guard measurement.shape == shape else { throw .differentShapes(expected: shape, found: measurement.shape) }
    guard !samples.isEmpty else { throw .noSamples(contestant: measurement.variant) }
    for sample in samples where !(sample > 0 && sample.isFinite) {
      throw .invalidTime(found: sample)
    }
  }

  /// How many times faster `faster` is: the ratio of the medians with its bootstrap interval.
  func factor(to faster: Sampled) -> Estimate {
    Statistics.ratioOfMedians(samples, faster.samples)
  }
}

/// Turns contestants in the order of their techniques into a ladder with step and total factors.
public enum LadderBuilder {
  public struct Step: Sendable {
    public var technique: String
    public var contestant: Sampled
    /// Set where the samples are carried over from a smaller shape, saying how.
    public var extrapolation: String?

    public init(technique: String, contestant: Sampled, extrapolation: String? = nil) {
      self.technique = technique
      self.contestant = contestant
      self.extrapolation = extrapolation
    }
  }

  /// - Parameter steps: At least two, first the slowest software or the weakest hardware; all on one shape, timed in turn.
  public static func ladder(kind: FactorKind, steps: [Step]) throws(AttributionError) -> Ladder {
    guard steps.count >= 2, let first = steps.first else { throw .tooFewSteps(found: steps.count) }
    let shape = first.contestant.measurement.shape
    for step in steps { try step.contestant.check(shape: shape) }
    let built = steps.indices.map { index in
      let step = steps[index]
      return Ladder.Step(
        technique: step.technique, measurement: step.contestant.measurement,
        stepFactor: index == 0 ? nil : steps[index - 1].contestant.factor(to: step.contestant),
        totalFactor: index == 0 ? nil : first.contestant.factor(to: step.contestant), extrapolation: step.extrapolation)
    }
    return Ladder(kind: kind.rawValue, shape: shape, steps: built)
  }
}
