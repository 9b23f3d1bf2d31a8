import Foundation
import Results

/// The measurements of a run by what a reader looks for: the products of networks, the sweep over square sizes, the rest.
package struct Products: Sendable {
  package struct Network: Sendable {
    /// The network: what stands before the first dot of a shape's name.
    package var name: String
    package var measurements: [Results.Measurement]
  }

  /// Products of one type on one number of threads by size.
  package struct Sweep: Sendable {
    package var dtype: String
    package var threads: Int
    /// Size and measurement, smallest first.
    package var points: [(size: Int, measurement: Results.Measurement)]

    package var title: String { "\(dtype), \(threads) \(threads == 1 ? "thread" : "threads")" }
  }

  package private(set) var networks: [Network] = []
  package private(set) var sweeps: [Sweep] = []
  package private(set) var others: [Results.Measurement] = []

  package init(_ measurements: [Results.Measurement]) {
    for measurement in measurements where measurement.op == "gemm" {
      let suite = measurement.shapeName.flatMap { name in name.firstIndex(of: ".").map { String(name[..<$0]) } }
      if suite == Self.ladders {
        others.append(measurement)
      } else if let suite, suite != Self.squares {
        let index = networks.firstIndex { $0.name == suite } ?? networks.endIndex
        if index == networks.endIndex { networks.append(Network(name: suite, measurements: [])) }
        networks[index].measurements.append(measurement)
      } else if let size = Self.squareSize(measurement.shape) {
        let index = sweeps.firstIndex { $0.dtype == measurement.dtype && $0.threads == measurement.threads } ?? sweeps.endIndex
        if index == sweeps.endIndex { sweeps.append(Sweep(dtype: measurement.dtype, threads: measurement.threads, points: [])) }
        sweeps[index].points.append((size, measurement))
      } else {
        others.append(measurement)
      }
    }
    for index in sweeps.indices { sweeps[index].points.sort { $0.size < $1.size } }
  }

  /// What the names of the sweep's shapes start with.
  private static let squares = "square"
  /// What the names of the ladders' shapes start with: every variant runs on these, not only the chosen one.
  private static let ladders = "report"

  /// n of `nxnxn`, without a transpose.
  private static func squareSize(_ shape: String) -> Int? {
    let sizes = shape.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard sizes.count == 3, let n = sizes[0], sizes[1] == n, sizes[2] == n else { return nil }
    return n
  }
}

extension Products.Network {
  /// The products by token count where their names end in one (`.tok8`), else all together.
  package var groups: [(name: String, measurements: [Results.Measurement])] {
    var groups: [(name: String, measurements: [Results.Measurement])] = []
    for measurement in measurements {
      let last = measurement.shapeName?.split(separator: ".").last ?? ""
      let tokens = last.hasPrefix("tok") ? Int(last.dropFirst(3)) : nil
      let group = tokens.map { "\(name), \($0) \($0 == 1 ? "token" : "tokens")" } ?? name
      if let index = groups.firstIndex(where: { $0.name == group }) {
        groups[index].measurements.append(measurement)
      } else {
        groups.append((group, [measurement]))
      }
    }
    return groups
  }

  /// Lowest share of the roof first; those without one last.
  package var lowestFirst: [Results.Measurement] {
    measurements.sorted { ($0.shareOfRoof ?? .infinity) < ($1.shareOfRoof ?? .infinity) }
  }
}

extension [Results.Measurement] {
  /// Textbook operations of all products over the sum of their median times, in GFLOP/s; nil without any.
  package var totalGFLOPS: Double? {
    let seconds = totalSeconds
    return seconds > 0 ? reduce(0) { $0 + $1.gflops * $1.seconds.median } / seconds : nil
  }

  var totalSeconds: Double { reduce(0) { $0 + $1.seconds.median } }

  /// The geometric mean of the shares of the roof that are known; nil without any.
  package var meanShareOfRoof: Double? {
    let logs = compactMap(\.shareOfRoof).filter { $0 > 0 }.map { log($0) }
    return logs.isEmpty ? nil : exp(logs.reduce(0, +) / Double(logs.count))
  }
}

extension Run {
  /// Every different measurement: those of the products, then those inside ladders, quartets, shares, pairs and networks.
  package var everyMeasurement: [Results.Measurement] {
    let all =
      measurements + ladders.flatMap { $0.steps.map(\.measurement) }
      + quartets.flatMap { [$0.naiveWeakest, $0.naiveBest, $0.tunedWeakest, $0.tunedBest] }
      + attributions.flatMap { $0.cells.map(\.measurement) } + (leadingDimensions ?? []).flatMap { [$0.tight, $0.padded] }
      + (languages ?? []).flatMap { [$0.swift, $0.c] } + (networks ?? []).flatMap { $0.layers.map(\.measurement) }
    return all.reduce(into: []) { different, measurement in
      if !different.contains(measurement) { different.append(measurement) }
    }
  }
}
