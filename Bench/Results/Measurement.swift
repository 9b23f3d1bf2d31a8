/// One contestant on one problem, timed: a row of `results.json`, of the CSV and of the tables.
public struct Measurement: Codable, Sendable, Equatable {
  /// What was computed: `gemm`, `conv`.
  public var op: String
  /// The problem as text that the command line takes: `1024x1024x1024`, `8x4096x4096:nt`, `n1 c64 h56 w56 k64 r3 s3 p1`.
  public var shape: String
  /// How a convolution's images lie in memory: `nhwc`, `nchw`.
  public var layout: String?
  /// A name for the shape where a suite gives one, such as `bert-base.ffn-up.tok8`.
  public var shapeName: String?
  /// `f32`, `f64`, `bf16` (bf16 in and out), `bf16f32` (bf16 in, f32 out), `f32.bf16x3` (f32 through three bf16).
  public var dtype: String
  public var threads: Int
  /// The instruction set that the contestant was allowed: `scalar`, `sse2`, `avx2`, `avx512`, `avx512bf16`, `amx`.
  public var isa: String
  /// The contestant: a dispatch variant (`outer.packed`) or a rung (`naive-ijk.c`).
  public var variant: String
  /// The micro-kernel's row, where there is one.
  public var ukernel: String?
  public var seconds: Seconds
  /// Textbook operations (2 m n k; of a convolution those with the image, not with its padding) over the median time, in 10^9 per second.
  public var gflops: Double
  /// `gflops` over the measured peak of this type, instruction set and number of threads, 0...1. In JSON always there: null where unknown.
  public var shareOfPeak: Double?
  /// `gflops` over min(peak, intensity x bandwidth measured at this footprint). In JSON always there: null where unknown.
  public var shareOfRoof: Double?
  /// The ceiling that binds: `compute`, `L1`, `L2`, `L3`, `DRAM`.
  public var boundBy: String?
  /// Operations per byte when each operand and the result is touched once.
  public var intensity: Double?
  /// Whether the result was checked against the oracle before the timing.
  public var verified: Bool
  /// Compiler, flags, vectorised by the compiler or not, leading dimensions: what a reader needs to judge a rung.
  public var note: String?
  /// The command line that repeats this row.
  public var command: String

  public init(
    op: String, shape: String, layout: String? = nil, shapeName: String? = nil, dtype: String, threads: Int, isa: String,
    variant: String,
    ukernel: String? = nil, seconds: Seconds, gflops: Double, shareOfPeak: Double? = nil, shareOfRoof: Double? = nil,
    boundBy: String? = nil, intensity: Double? = nil, verified: Bool, note: String? = nil, command: String
  ) {
    self.op = op
    self.shape = shape
    self.layout = layout
    self.shapeName = shapeName
    self.dtype = dtype
    self.threads = threads
    self.isa = isa
    self.variant = variant
    self.ukernel = ukernel
    self.seconds = seconds
    self.gflops = gflops
    self.shareOfPeak = shareOfPeak
    self.shareOfRoof = shareOfRoof
    self.boundBy = boundBy
    self.intensity = intensity
    self.verified = verified
    self.note = note
    self.command = command
  }

  enum CodingKeys: String, CodingKey {
    case op, shape, layout, dtype, threads, isa, variant, ukernel, seconds, gflops, intensity, verified, note, command
    case shapeName = "shape_name"
    case shareOfPeak = "share_of_peak"
    case shareOfRoof = "share_of_roof"
    case boundBy = "bound_by"
  }
}

extension Measurement {
  /// Leaves out what is unknown, but for the two shares: that a row has none is said.
  public func encode(to encoder: any Encoder) throws {
    var row = encoder.container(keyedBy: CodingKeys.self)
    try row.encode(op, forKey: .op)
    try row.encode(shape, forKey: .shape)
    try row.encodeIfPresent(layout, forKey: .layout)
    try row.encodeIfPresent(shapeName, forKey: .shapeName)
    try row.encode(dtype, forKey: .dtype)
    try row.encode(threads, forKey: .threads)
    try row.encode(isa, forKey: .isa)
    try row.encode(variant, forKey: .variant)
    try row.encodeIfPresent(ukernel, forKey: .ukernel)
    try row.encode(seconds, forKey: .seconds)
    try row.encode(gflops, forKey: .gflops)
    try row.encode(shareOfPeak, forKey: .shareOfPeak)
    try row.encode(shareOfRoof, forKey: .shareOfRoof)
    try row.encodeIfPresent(boundBy, forKey: .boundBy)
    try row.encodeIfPresent(intensity, forKey: .intensity)
    try row.encode(verified, forKey: .verified)
    try row.encodeIfPresent(note, forKey: .note)
    try row.encode(command, forKey: .command)
  }
}

/// Seconds per call.
public struct Seconds: Codable, Sendable, Equatable {
  public var median: Double
  public var best: Double
  /// How many samples the median is of.
  public var samples: Int
  /// Bootstrap 95 % interval of the median.
  public var low: Double
  public var high: Double

  public init(median: Double, best: Double, samples: Int, low: Double, high: Double) {
    self.median = median
    self.best = best
    self.samples = samples
    self.low = low
    self.high = high
  }
}

/// A value with its bootstrap 95 % interval.
public struct Estimate: Codable, Sendable, Equatable {
  public var value: Double
  public var low: Double
  public var high: Double
  /// Of a ratio of times: the smallest distance from 1 that samples of this scatter show in 8 of 10 cases, 0.02 = 2 %.
  public var detectableEffect: Double?

  public init(value: Double, low: Double, high: Double, detectableEffect: Double? = nil) {
    self.value = value
    self.low = low
    self.high = high
    self.detectableEffect = detectableEffect
  }

  enum CodingKeys: String, CodingKey {
    case value, low, high
    case detectableEffect = "detectable_effect"
  }

  /// Whether a ratio counts as different from 1: its interval excludes 1, and it is farther from 1 than what the run can detect.
  public var isDifference: Bool {
    (low > 1 || high < 1) && max(value, 1 / value) - 1 > (detectableEffect ?? 0)
  }
}
