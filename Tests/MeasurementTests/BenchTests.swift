import Foundation
import KernelDispatch
import Measurement
import Results
import Synchronization
import Testing
import Workloads

@Suite("Bench")
struct BenchTests {
  /// What was called, in order.
  final class CallLog: Sendable {
    private let names = Mutex<[String]>([])
    func add(_ name: String) { names.withLock { $0.append(name) } }
    var calls: [String] { names.withLock { $0 } }
  }

  struct Unavailable: Error, CustomStringConvertible { var description: String { "not for this shape" } }

  private static let shape = Problem.product(GEMMShape(m: 6, n: 5, k: 4))

  private static func settings(seconds: Double = 1e-3) -> Bench.Settings {
    var settings = Bench.Settings()
    settings.secondsPerPoint = seconds
    return settings
  }

  private static func contestant(
    _ name: String, log: CallLog = CallLog(), format: NumericFormat = .f32, seconds: Double = 0
  ) -> Contestant {
    Contestant(variant: name, isa: .sse2, threads: 1, format: format, note: "a note", command: "repeat \(name)") {
      (operands: GEMMOperands) in
      {
        log.add(name)
        Products.write(operands)
        if seconds > 0 { Thread.sleep(forTimeInterval: seconds) }
      }
    }
  }

  private static func lazy(log: CallLog) -> Contestant {
    Contestant(variant: "lazy", isa: .sse2, threads: 1, format: .f32, command: "") { (_: GEMMOperands) in { log.add("lazy") } }
  }

  @Test("A contestant with a wrong result is called once and never timed; the others are")
  func wrongResult() throws {
    let log = CallLog()
    let comparison = try Bench(settings: Self.settings()).measure(
      Self.shape, contestants: [Self.contestant("a"), Self.lazy(log: log), Self.contestant("b")])
    #expect(log.calls == ["lazy"])
    #expect(comparison.points.map(\.index) == [0, 2])
    #expect(comparison.points.map(\.measurement.variant) == ["a", "b"])
    #expect(comparison.point(for: 1) == nil)
    let refusal = try #require(comparison.refused.first)
    #expect(comparison.refused.count == 1 && refusal.index == 1 && refusal.isWrong)
    #expect(refusal.reason.contains("element (0, 0)"))
  }

  @Test("A contestant that can't take part is refused with its own words")
  func unavailable() throws {
    let absent = Contestant(variant: "absent", isa: .sse2, threads: 1, format: .f32, command: "") { (_: GEMMOperands) in
      throw Unavailable()
    }
    let comparison = try Bench(settings: Self.settings()).measure(Self.shape, contestants: [absent])
    #expect(comparison.points.isEmpty)
    #expect(comparison.refused == [.init(index: 0, variant: "absent", reason: "not for this shape", isWrong: false)])
  }

  @Test("Contestants are timed in turn, round after round")
  func inTurn() throws {
    let log = CallLog()
    let names = ["a", "b", "c"]
    let bench = Bench(settings: Self.settings())
    let comparison = try bench.measure(Self.shape, contestants: names.map { Self.contestant($0, log: log) })
    // Runs of calls of one contestant, after each one's verification and warm-up.
    let runs = log.calls.reduce(into: [String]()) { runs, name in if runs.last != name { runs.append(name) } }
    let rounds = bench.sentinel.rounds + bench.sentinel.repeated
    #expect(runs == [[String]](repeating: names, count: 1 + rounds).flatMap { $0 })
    #expect(bench.sentinel.rounds == bench.settings.rounds)
    for point in comparison.points {
      #expect(point.samples.count >= 10)
      #expect(point.samples.allSatisfy { $0 > 0 && $0.isFinite })
    }
  }

  @Test("A peak that a contestant beats is measured again, and the larger figure holds")
  func beatenPeak() throws {
    let peak = Ceiling(kind: .compute, name: "f32", isa: "sse2", threads: 1, value: 1e-9)
    let other = Ceiling(kind: .compute, name: "f64", isa: "sse2", threads: 1, value: 1e-9)
    let bench = Bench(settings: Self.settings(), ceilings: Ceilings(rows: [peak, other]))
    _ = try bench.measure(Self.shape, contestants: [Self.contestant("a")])
    let ceilings = try #require(bench.ceilings)
    #expect(ceilings.rows.map(\.name) == ["f32", "f64"])
    #expect(try #require(ceilings.peak(format: .f32, isa: .sse2, threads: 1)) > 1e-3)
    #expect(ceilings.peak(format: .f64, isa: .sse2, threads: 1) == 1e-9)

    var raised = ceilings
    raised.raise(to: peak)
    #expect(raised == ceilings)
  }

  @Test("A row is made of its samples, the shape and the ceilings")
  func row() throws {
    let ceilings = Ceilings(rows: [
      Ceiling(kind: .compute, name: "f32", isa: "sse2", threads: 1, value: 50),
      Ceiling(kind: .bandwidth, name: "read", isa: "sse2", level: "L1", footprintBytes: 4096, threads: 1, value: 100),
    ])
    let bench = Bench(settings: Self.settings(), ceilings: ceilings)
    let point = try #require(try bench.measure(Self.shape, name: "tiny", contestants: [Self.contestant("a")]).points.first)
    let row = point.measurement
    #expect(row.op == "gemm" && row.shape == "6x5x4" && row.shapeName == "tiny" && row.dtype == "f32")
    #expect(row.threads == 1 && row.isa == "sse2" && row.variant == "a" && row.verified)
    #expect(row.note == "a note; leading dimensions tight" && row.command == "repeat a")
    #expect(row.seconds.median == Statistics.median(point.samples) && row.seconds.best == point.samples.min())
    #expect(row.seconds.samples == point.samples.count)
    #expect(row.seconds.low <= row.seconds.median && row.seconds.median <= row.seconds.high)
    #expect(row.gflops == 240 / row.seconds.median * 1e-9)
    #expect(row.shareOfPeak == row.gflops / 50 && row.shareOfRoof == row.gflops / 50 && row.boundBy == "compute")
    #expect(row.intensity == 240.0 / (4 * 74))
  }

  @Test("A row says how its operands lie in memory")
  func leadingDimensions() throws {
    var padded = Self.contestant("a")
    padded.leadingPadding = 16
    let bound = padded.bind
    padded.bind = { operands in
      let own = try #require(operands as? GEMMOperands)
      #expect(own.lda == 20 && own.ldb == 21 && own.ldc == 21)
      return try bound(operands)
    }
    let points = try Bench(settings: Self.settings()).measure(Self.shape, contestants: [Self.contestant("a"), padded]).points
    #expect(
      points.map(\.measurement.note) == ["a note; leading dimensions tight", "a note; leading dimensions padded by 16"])
  }

  @Test("Formats stand side by side in one comparison")
  func formats() throws {
    let contestants = NumericFormat.allCases.map { Self.contestant($0.rawValue, format: $0) }
    let comparison = try Bench(settings: Self.settings()).measure(Self.shape, contestants: contestants)
    #expect(comparison.refused.isEmpty)
    #expect(comparison.points.map(\.measurement.dtype) == NumericFormat.allCases.map(\.rawValue))
  }

  @Test("A call over 0.3 s is made four times: once to be checked, three times to be timed")
  func longCalls() throws {
    let log = CallLog()
    var settings = Self.settings()
    settings.mostRepeats = 0
    let comparison = try Bench(settings: settings).measure(
      Self.shape, contestants: [Self.contestant("slow", log: log, seconds: 0.31)])
    #expect(log.calls.count == 4)
    #expect(comparison.points.first?.samples.count == 3)
  }

  @Test("A round in which the machine changed speed is repeated, so many times and no more")
  func repeats() throws {
    var settings = Self.settings()
    settings.driftLimit = -1
    settings.mostRepeats = 4
    settings.mostSecondsRepeated = .infinity
    let bench = Bench(settings: settings)
    let comparison = try bench.measure(Self.shape, contestants: [Self.contestant("a")])
    #expect(bench.sentinel.repeated == 4)
    #expect(bench.sentinel.rounds == settings.rounds)
    let point = try #require(comparison.points.first)
    #expect(point.samples.count >= 10)
    _ = try bench.measure(Self.shape, contestants: [Self.contestant("a")])
    #expect(bench.sentinel.repeated == 8 && bench.sentinel.rounds == 2 * settings.rounds)
  }

  @Test("Cold: calls go round more matrices than the last-level cache holds twice")
  func cold() throws {
    let log = CallLog()
    let contestant = Contestant(variant: "a", isa: .sse2, threads: 1, format: .f32, command: "") { (operands: GEMMOperands) in
      {
        log.add("\(operands.c)")
        Products.write(operands)
      }
    }
    var settings = Self.settings()
    settings.cold = true
    let shape = Problem.product(GEMMShape(m: 1000, n: 1000, k: 1))
    let set = try OperandSet(shape, OperandSet.Kind(format: .f32, leadingPadding: 0), settings)
    #expect(set.count * shape.footprintBytes(.f32) > 2 * max(Machine.current.l2.bytes, Machine.current.l3.bytes))

    let verified = try set.verifiedCall(of: contestant).get()
    for _ in 0..<2 * set.count { verified.call() }
    let round = log.calls.dropFirst().prefix(set.count)
    #expect(Set(round).count == set.count)
    #expect(Array(log.calls.dropFirst(1 + set.count)) == Array(round))
  }

  @Test("A cancelled measurement says so")
  func cancelled() {
    let bench = Bench(settings: Self.settings(), isCancelled: { true })
    #expect(throws: BenchError.cancelled) { try bench.measure(Self.shape, contestants: [Self.contestant("a")]) }
  }
}
