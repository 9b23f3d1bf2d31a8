/// One run of the tool: what `results.json` holds.
public struct Run: Codable, Sendable, Equatable {
  /// Raised when a field changes its meaning or goes; a new optional field doesn't raise it.
  public static let currentSchema = 1

  public var schema: Int
  /// The version of Headroom.
  public var version: String
  /// ISO 8601, UTC.
  public var started: String
  public var durationSeconds: Double
  /// The command line of the run.
  public var command: String
  public var environment: RunEnvironment
  public var ceilings: [Ceiling]
  public var sentinel: Sentinel
  public var measurements: [Measurement]
  public var ladders: [Ladder]
  public var quartets: [Quartet]
  public var attributions: [Attribution]
  public var hardwareYears: [HardwareYears]
  /// nil where no layouts were compared.
  public var leadingDimensions: [LeadingDimensions]?
  /// nil where no micro-kernels were compared.
  public var languages: [LanguagePair]?
  /// nil where no network was measured layer by layer.
  public var networks: [Network]?
  /// nil where other libraries were not measured beside this one.
  public var rivals: RivalStudy?
  /// Square products of many sizes beside other libraries; nil where they were not measured.
  public var rivalSweep: RivalStudy?
  /// Convolutions beside other libraries; nil where they were not measured.
  public var rivalConvolutions: RivalConvolutions?
  /// What was asked for and is not there, and why: a missing tool, an instruction set this machine lacks, an interrupt.
  public var missing: [String]

  public init(
    version: String, started: String, durationSeconds: Double, command: String, environment: RunEnvironment,
    ceilings: [Ceiling] = [], sentinel: Sentinel = Sentinel(), measurements: [Measurement] = [], ladders: [Ladder] = [],
    quartets: [Quartet] = [], attributions: [Attribution] = [], hardwareYears: [HardwareYears] = [],
    leadingDimensions: [LeadingDimensions]? = nil, languages: [LanguagePair]? = nil, networks: [Network]? = nil,
    rivals: RivalStudy? = nil, rivalSweep: RivalStudy? = nil, rivalConvolutions: RivalConvolutions? = nil,
    missing: [String] = []
  ) {
    schema = Run.currentSchema
    self.version = version
    self.started = started
    self.durationSeconds = durationSeconds
    self.command = command
    self.environment = environment
    self.ceilings = ceilings
    self.sentinel = sentinel
    self.measurements = measurements
    self.ladders = ladders
    self.quartets = quartets
    self.attributions = attributions
    self.hardwareYears = hardwareYears
    self.leadingDimensions = leadingDimensions
    self.languages = languages
    self.networks = networks
    self.rivals = rivals
    self.rivalSweep = rivalSweep
    self.rivalConvolutions = rivalConvolutions
    self.missing = missing
  }

  enum CodingKeys: String, CodingKey {
    case schema, version, started, command, environment, ceilings, sentinel, measurements, ladders, quartets, attributions,
      languages, networks, rivals, missing
    case durationSeconds = "duration_seconds"
    case hardwareYears = "hardware_years"
    case leadingDimensions = "leading_dimensions"
    case rivalSweep = "rival_sweep"
    case rivalConvolutions = "rival_convolutions"
  }
}

/// The fixed FMA loop that runs between rounds and shows when the machine itself changed speed.
public struct Sentinel: Codable, Sendable, Equatable {
  public var rounds: Int
  /// Rounds repeated because the sentinel drifted by more than 3 %.
  public var repeated: Int
  /// The largest drift among the rounds that were kept, 0.01 = 1 %.
  public var largestDrift: Double

  public init(rounds: Int = 0, repeated: Int = 0, largestDrift: Double = 0) {
    self.rounds = rounds
    self.repeated = repeated
    self.largestDrift = largestDrift
  }

  enum CodingKeys: String, CodingKey {
    case rounds, repeated
    case largestDrift = "largest_drift"
  }
}
