import Results

/// Contestants timed in turn on one problem: only times of one comparison may be divided by one another.
public struct Comparison: Sendable {
  /// A contestant with its times.
  public struct Point: Sendable {
    /// Its place among the contestants.
    public let index: Int
    public let measurement: Results.Measurement
    /// Seconds per call, in the order taken; from these come the intervals of ratios.
    public let samples: [Double]
  }

  /// A contestant that was not timed, and why.
  public struct Refusal: Sendable, Equatable {
    /// Its place among the contestants.
    public let index: Int
    public let variant: String
    public let reason: String
    /// The result was wrong, as opposed to none.
    public let isWrong: Bool

    package init(index: Int, variant: String, reason: String, isWrong: Bool) {
      self.index = index
      self.variant = variant
      self.reason = reason
      self.isWrong = isWrong
    }
  }

  public let problem: Problem
  /// Those timed, in the order of the contestants.
  public let points: [Point]
  public let refused: [Refusal]

  /// The times of the contestant at `index`; `nil` if it was refused.
  public func point(for index: Int) -> Point? { points.first { $0.index == index } }
}
