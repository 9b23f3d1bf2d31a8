import Foundation
import Results

/// The measured ceilings that bind a run's products.
package struct Roofline: Sendable {
  package struct Roof: Sendable {
    package var name: String
    /// GFLOP/s of a peak, GB/s of a bandwidth.
    package var value: Double
  }

  package var threads: Int
  /// The highest compute rate of each type among the products.
  package var peaks: [Roof] = []
  /// Bandwidth by level, nearest to the core first.
  package var bandwidths: [Roof] = []

  /// For those of `products` that ran on the largest number of threads for which there are compute and bandwidth ceilings; nil
  /// without those.
  package init?(_ ceilings: [Ceiling], products: [Results.Measurement]) {
    let counts = Set(products.map(\.threads))
      .intersection(ceilings.filter { $0.kind == .compute }.map(\.threads))
      .intersection(ceilings.filter { $0.kind == .bandwidth }.map(\.threads))
    guard let threads = counts.max() else { return nil }
    self.threads = threads
    let here = ceilings.filter { $0.threads == threads }
    // Products of bf16 operands and fp32 results share the ceiling of bf16.
    let names = Set(products.filter { $0.threads == threads }.map { $0.dtype == "bf16f32" ? "bf16" : $0.dtype })
    for ceiling in here where ceiling.kind == .compute && names.contains(ceiling.name) {
      Self.keepHighest(Roof(name: ceiling.name, value: ceiling.value), in: &peaks)
    }
    // A product mostly reads, so the reading bandwidth is its roof where it was measured.
    let reads = here.filter { $0.kind == .bandwidth && $0.name == "read" }
    for ceiling in reads.isEmpty ? here.filter({ $0.kind == .bandwidth }) : reads {
      Self.keepHighest(Roof(name: ceiling.level ?? "memory", value: ceiling.value), in: &bandwidths)
    }
    guard !peaks.isEmpty, !bandwidths.isEmpty else { return nil }
  }

  package var highestPeak: Double { peaks.map(\.value).max() ?? 0 }

  private static func keepHighest(_ roof: Roof, in roofs: inout [Roof]) {
    if let index = roofs.firstIndex(where: { $0.name == roof.name }) {
      roofs[index].value = max(roofs[index].value, roof.value)
    } else {
      roofs.append(roof)
    }
  }
}
