import KernelDispatch
import Workloads

/// The operands of one comparison: one set of them, or for cold caches as many as it takes to fill the last-level cache twice.
package struct OperandSet {
  /// Stands for a last-level cache that the machine hides.
  private static let unknownCacheBytes = 64 << 20

  /// Why a contestant is not timed.
  package struct Fault: Error {
    let reason: String
    let isWrong: Bool
  }

  /// Contestants that agree in it share their operands.
  package struct Kind: Hashable {
    let format: NumericFormat
    let leadingPadding: Int

    package init(format: NumericFormat, leadingPadding: Int) {
      self.format = format
      self.leadingPadding = leadingPadding
    }
  }

  private let operands: [any Operands]

  /// How many sets there are.
  package var count: Int { operands.count }

  package init(_ problem: Problem, _ kind: Kind, _ settings: Bench.Settings) throws(BenchError) {
    func make() throws(BenchError) -> any Operands {
      try problem.operands(format: kind.format, seed: settings.seed, leadingPadding: kind.leadingPadding)
    }
    var operands = [try make()]
    if settings.cold {
      let machine = Machine.current
      let known = max(machine.l2.bytes, machine.l3.bytes)
      let target = 2 * (known > 0 ? known : Self.unknownCacheBytes)
      let copies = 2 + target / max(operands[0].byteCount, 1)
      for _ in 1..<copies { operands.append(try make()) }
    }
    self.operands = operands
  }

  /// What is timed, and how long its first call took.
  package struct VerifiedCall {
    package let call: () -> Void
    let firstSeconds: Double
  }

  /// A call whose result was found right; each further one is on the next set.
  package func verifiedCall(of contestant: Contestant) -> Result<VerifiedCall, Fault> {
    var calls: [() -> Void] = []
    do {
      for set in operands { calls.append(try contestant.bind(set)) }
    } catch {
      return .failure(Fault(reason: "\(error)", isWrong: false))
    }
    operands[0].poisonResult()
    let start = Clock.now()
    calls[0]()
    let seconds = Clock.now() - start
    if case .failed(let mismatch) = operands[0].verify(tolerance: contestant.tolerance) {
      return .failure(Fault(reason: "wrong result: \(mismatch)", isWrong: true))
    }
    return .success(VerifiedCall(call: calls.count == 1 ? calls[0] : Self.rotation(calls), firstSeconds: seconds))
  }

  private static func rotation(_ calls: [() -> Void]) -> () -> Void {
    var next = 0
    return {
      calls[next]()
      next = next + 1 == calls.count ? 0 : next + 1
    }
  }
}
