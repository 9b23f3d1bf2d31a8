import Measurement
import Results

extension Study {
  /// A cache line of fp32: rows a power of two apart share cache sets, rows a line farther apart do not.
  static let padding = 16

  /// Times textbook loops and what dispatch chooses on one core, each with tight rows and with padded ones, in one comparison.
  func runLeadingDimensions(_ problem: Problem) throws(BenchError) {
    let isa = hardware.bestForFloat32
    let subjects = [
      Subject(.rung(name: "naive-ijk.c", isa: isa)), Subject(.rung(name: "ikj.c", isa: isa)), .dispatch(isa: isa, threads: 1),
    ]
    let tight = try withoutLongCalls(subjects, on: problem)
    let both = tight.flatMap { [$0, $0.padded(by: Self.padding)] }
    let timed = try time(both, on: NamedProblem(problem), seconds: plan.secondsPerLadderRow)
    for subject in tight {
      guard let tight = timed[subject], let padded = timed[subject.padded(by: Self.padding)] else { continue }
      findings.leadingDimensions.append(
        LeadingDimensions(
          padding: Self.padding, tight: tight.measurement, padded: padded.measurement, speedup: tight.factor(to: padded)))
    }
  }
}
