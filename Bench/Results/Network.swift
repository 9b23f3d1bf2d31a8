/// The convolutions of a network, each distinct one measured by itself.
public struct Network: Codable, Sendable, Equatable {
  public struct Layer: Codable, Sendable, Equatable {
    /// How often the network has it.
    public var count: Int
    public var measurement: Measurement

    public init(count: Int, measurement: Measurement) {
      self.count = count
      self.measurement = measurement
    }
  }

  /// The suite of its shapes: `resnet50`, `resnet50-b16`.
  public var name: String
  /// Of all layers: `nhwc`, `nchw`.
  public var layout: String
  public var dtype: String
  public var threads: Int
  public var layers: [Layer]
  /// Distinct layers that the network has; more than `layers` where some were left out.
  public var distinctLayers: Int
  /// The sum of count times median time.
  public var seconds: Double
  /// The textbook operations of all layers over `seconds`, in 10^9 per second; 0 without layers.
  public var gflops: Double

  public init(name: String, layout: String, dtype: String, threads: Int, layers: [Layer], distinctLayers: Int) {
    self.name = name
    self.layout = layout
    self.dtype = dtype
    self.threads = threads
    self.layers = layers
    self.distinctLayers = distinctLayers
    seconds = layers.reduce(0) { $0 + Double($1.count) * $1.measurement.seconds.median }
    let work = layers.reduce(0) { $0 + Double($1.count) * $1.measurement.seconds.median * $1.measurement.gflops }
    gflops = seconds > 0 ? work / seconds : 0
  }

  enum CodingKeys: String, CodingKey {
    case name, layout, dtype, threads, layers, seconds, gflops
    case distinctLayers = "distinct_layers"
  }
}

/// One variant on one problem with the same tile written in Swift and in C, timed in turn.
public struct LanguagePair: Codable, Sendable, Equatable {
  public var swift: Measurement
  public var c: Measurement
  /// Time with the C micro-kernel over time with the Swift one: 0.95 = Swift runs at 95 % of the speed of C.
  public var speedOfSwift: Estimate

  public init(swift: Measurement, c: Measurement, speedOfSwift: Estimate) {
    self.swift = swift
    self.c = c
    self.speedOfSwift = speedOfSwift
  }

  enum CodingKeys: String, CodingKey {
    case swift, c
    case speedOfSwift = "speed_of_swift"
  }
}
