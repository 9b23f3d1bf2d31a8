import KernelDispatch
import Measurement
import Results

/// The same tile written in Swift and in C, run by the same variant.
package struct TilePair: Hashable {
  /// What the name of a row in Swift ends in; without it, it is the name of the row in C.
  static let swiftSuffix = "_swift"

  var variant: String
  var isa: ISA
  /// Names of micro-kernels.
  var swift: String
  var c: String

  /// The pairs of `variant` among `candidates`, lowest instruction set first.
  static func pairs(of variant: String, among candidates: [StudyCandidate], upTo isa: ISA) -> [TilePair] {
    let rows = candidates.filter { $0.variant == variant && $0.isa <= isa }
    let names = Set(rows.map(\.microkernel))
    return rows.compactMap { row in
      guard row.microkernel.hasSuffix(swiftSuffix) else { return nil }
      let c = String(row.microkernel.dropLast(swiftSuffix.count))
      return names.contains(c) ? TilePair(variant: variant, isa: row.isa, swift: row.microkernel, c: c) : nil
    }.sorted { ($0.isa, $0.swift) < ($1.isa, $1.swift) }
  }

  /// One thread, this micro-kernel alone.
  static func subject(_ variant: String, _ microkernel: String, isa: ISA) -> Subject {
    Subject(.dispatch(SelectionOptions(maxISA: isa, threads: 1, variant: variant, microkernel: microkernel)))
  }

  var swiftSubject: Subject { Self.subject(variant, swift, isa: isa) }
  var cSubject: Subject { Self.subject(variant, c, isa: isa) }
}

extension Problem {
  /// The variant in which micro-kernels are compared: it does little beside calling them.
  var plainVariant: String {
    switch self {
    case .product: "outer.packed"
    case .convolution(let shape, _, _): shape.isDepthwise ? "depthwise" : "direct"
    }
  }
}

extension Study {
  func tilePairs(for problem: Problem) -> [TilePair] {
    TilePair.pairs(of: problem.plainVariant, among: contestants.candidates(problem), upTo: hardware.bestForFloat32)
  }

  /// Times every micro-kernel in Swift beside its twin in C, all in one comparison.
  func runLanguages(_ entry: NamedProblem) throws(BenchError) {
    // What can't serve, because it is for another layout, is no gap.
    let pairs = tilePairs(for: entry.problem).filter { pair in
      [pair.swiftSubject, pair.cSubject].allSatisfy { (try? contestants.contestant($0, entry.problem)) != nil }
    }
    if pairs.isEmpty {
      findings.missing.append("Swift beside C on \(entry.title): \(entry.problem.plainVariant) has no micro-kernel in both")
      return
    }
    let timed = try time(pairs.flatMap { [$0.swiftSubject, $0.cSubject] }, on: entry, seconds: plan.secondsPerLadderRow)
    for pair in pairs {
      guard let swift = timed[pair.swiftSubject], let c = timed[pair.cSubject] else { continue }
      findings.languages.append(
        LanguagePair(swift: swift.measurement, c: c.measurement, speedOfSwift: c.factor(to: swift)))
    }
  }
}
