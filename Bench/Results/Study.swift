/// One technique after another on one problem; each step's factor depends on the order, so `Share`s stand beside it.
public struct Ladder: Codable, Sendable, Equatable {
  public struct Step: Codable, Sendable, Equatable {
    /// What this step added: `loop order`, `SIMD`.
    public var technique: String
    public var measurement: Measurement
    /// Time of the step before over this one's.
    public var stepFactor: Estimate?
    /// Time of the first step over this one's.
    public var totalFactor: Estimate?
    /// Set where the time is not measured on this shape but carried over from a smaller one, saying how.
    public var extrapolation: String?

    public init(
      technique: String, measurement: Measurement, stepFactor: Estimate?, totalFactor: Estimate?, extrapolation: String? = nil
    ) {
      self.technique = technique
      self.measurement = measurement
      self.stepFactor = stepFactor
      self.totalFactor = totalFactor
      self.extrapolation = extrapolation
    }

    enum CodingKeys: String, CodingKey {
      case technique, measurement, extrapolation
      case stepFactor = "step_factor"
      case totalFactor = "total_factor"
    }
  }

  /// `software` or `hardware`.
  public var kind: String
  public var shape: String
  public var steps: [Step]

  public init(kind: String, shape: String, steps: [Step]) {
    self.kind = kind
    self.shape = shape
    self.steps = steps
  }
}

/// The headline: what hardware alone, software alone and each on top of the other buy, as ratios of times.
public struct Quartet: Codable, Sendable, Equatable {
  public var shape: String
  /// The four corners: naive and tuned software on the weakest and the best hardware.
  public var naiveWeakest: Measurement
  public var naiveBest: Measurement
  public var tunedWeakest: Measurement
  public var tunedBest: Measurement
  public var hardwareAlone: Estimate
  public var softwareAlone: Estimate
  public var softwareGivenHardware: Estimate
  public var hardwareGivenSoftware: Estimate
  /// softwareGivenHardware / softwareAlone.
  public var interaction: Estimate
  /// T(naive, best hardware) / T(tuned, weakest hardware): above 1, software beat hardware.
  public var beatTest: Estimate

  public init(
    shape: String, naiveWeakest: Measurement, naiveBest: Measurement, tunedWeakest: Measurement, tunedBest: Measurement,
    hardwareAlone: Estimate, softwareAlone: Estimate, softwareGivenHardware: Estimate, hardwareGivenSoftware: Estimate,
    interaction: Estimate, beatTest: Estimate
  ) {
    self.shape = shape
    self.naiveWeakest = naiveWeakest
    self.naiveBest = naiveBest
    self.tunedWeakest = tunedWeakest
    self.tunedBest = tunedBest
    self.hardwareAlone = hardwareAlone
    self.softwareAlone = softwareAlone
    self.softwareGivenHardware = softwareGivenHardware
    self.hardwareGivenSoftware = hardwareGivenSoftware
    self.interaction = interaction
    self.beatTest = beatTest
  }

  enum CodingKeys: String, CodingKey {
    case shape, interaction
    case naiveWeakest = "naive_weakest"
    case naiveBest = "naive_best"
    case tunedWeakest = "tuned_weakest"
    case tunedBest = "tuned_best"
    case hardwareAlone = "hardware_alone"
    case softwareAlone = "software_alone"
    case softwareGivenHardware = "software_given_hardware"
    case hardwareGivenSoftware = "hardware_given_software"
    case beatTest = "beat_test"
  }
}

/// Shapley shares of the factors over all combinations on one problem.
public struct Attribution: Codable, Sendable, Equatable {
  public struct Share: Codable, Sendable, Equatable {
    public var factor: String
    /// `software` or `hardware`.
    public var kind: String
    /// exp(phi): the factor this technique bought, order-free.
    public var speedup: Double
    /// phi over the sum of all phi.
    public var share: Double
    /// exp of the smallest and largest marginal over all orders.
    public var smallest: Double
    public var largest: Double

    public init(factor: String, kind: String, speedup: Double, share: Double, smallest: Double, largest: Double) {
      self.factor = factor
      self.kind = kind
      self.speedup = speedup
      self.share = share
      self.smallest = smallest
      self.largest = largest
    }
  }

  /// One combination: the factors that are on, and its time.
  public struct Cell: Codable, Sendable, Equatable {
    public var on: [String]
    public var measurement: Measurement

    public init(on: [String], measurement: Measurement) {
      self.on = on
      self.measurement = measurement
    }
  }

  public var shape: String
  public var shares: [Share]
  public var cells: [Cell]

  public init(shape: String, shares: [Share], cells: [Cell]) {
    self.shape = shape
    self.shares = shares
    self.cells = cells
  }
}

/// One variant on one shape in two layouts, timed in turn: tight rows, and rows padded apart.
public struct LeadingDimensions: Codable, Sendable, Equatable {
  /// Elements between the end of a padded row and the start of the next.
  public var padding: Int
  public var tight: Measurement
  public var padded: Measurement
  /// Time with tight rows over time with padded ones.
  public var speedup: Estimate

  public init(padding: Int, tight: Measurement, padded: Measurement, speedup: Estimate) {
    self.padding = padding
    self.tight = tight
    self.padded = padded
    self.speedup = speedup
  }
}

/// A speedup as years of hardware progress at a published rate: an equivalence, not a forecast.
public struct HardwareYears: Codable, Sendable, Equatable {
  public var speedup: Double
  /// Growth per year: 0.29 = 29 %.
  public var growth: Double
  public var source: String
  public var years: Double

  public init(speedup: Double, growth: Double, source: String, years: Double) {
    self.speedup = speedup
    self.growth = growth
    self.source = source
    self.years = years
  }
}
