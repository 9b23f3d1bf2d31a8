import Measurement
import Results
import Workloads

/// A layer of a network in one layout, and how it is measured: in f32, on one core and, where asked, on all.
public struct NetworkLayer: Sendable, Hashable {
  /// The suite: `resnet50-b16`.
  public var network: String
  public var entry: NamedProblem
  /// How often the network has it.
  public var count: Int
  /// Distinct layers of the whole network.
  public var distinctLayers: Int
  public var onAllCores: Bool
  /// Of the comparison: large batches take fewer.
  public var rounds: Int

  public init(
    network: String, entry: NamedProblem, count: Int, distinctLayers: Int, onAllCores: Bool = false, rounds: Int = 10
  ) {
    self.network = network
    self.entry = entry
    self.count = count
    self.distinctLayers = distinctLayers
    self.onAllCores = onAllCores
    self.rounds = rounds
  }
}

extension Study {
  func runLayer(_ layer: NetworkLayer) throws(BenchError) {
    let threads = Set(layer.onAllCores ? [1, hardware.cores] : [1]).sorted()
    let subjects = threads.map { Subject.dispatch(isa: hardware.bestForFloat32, threads: $0) }
    let timed = try time(subjects, on: layer.entry, seconds: plan.secondsPerLayer, rounds: layer.rounds)
    for measurement in subjects.compactMap({ timed[$0]?.measurement }) { findings.add(measurement, of: layer) }
  }
}

extension StudyFindings {
  /// Adds the layer to its network in this layout, type and number of threads.
  mutating func add(_ measurement: Results.Measurement, of layer: NetworkLayer) {
    let layout = measurement.layout ?? ""
    let index = networks.firstIndex {
      $0.name == layer.network && $0.layout == layout && $0.dtype == measurement.dtype && $0.threads == measurement.threads
    }
    let layers = (index.map { networks[$0].layers } ?? []) + [Network.Layer(count: layer.count, measurement: measurement)]
    let network = Network(
      name: layer.network, layout: layout, dtype: measurement.dtype, threads: measurement.threads, layers: layers,
      distinctLayers: layer.distinctLayers)
    if let index { networks[index] = network } else { networks.append(network) }
  }
}
