import CeilingKernels
import KernelDispatch
import Results
import Workloads

extension Ceilings {
  /// How long the loops run. On one thread and on all, `quick` takes some 9 s, `full` some 18 (two cores of Emerald Rapids).
  public enum Effort: Sendable {
    case quick
    case full

    /// In each of two turns, before and after the loops of bandwidth.
    fileprivate var computeSeconds: Double { self == .quick ? 0.04 : 0.18 }
    fileprivate var bandwidthSeconds: Double { self == .quick ? 0.05 : 0.2 }
  }

  /// Measures the arithmetic peak of every instruction set up to `isa` and the bandwidth at footprints from the first-level cache to memory.
  ///
  /// The peaks are measured twice, seconds apart, and the larger figures hold: with neighbours on the machine, one spell may run tile registers
  /// at 990 and the next at 2,350 GFLOP/s (Emerald Rapids, virtual).
  ///
  /// - Parameters:
  ///   - isa: the machine's own unless given; never more than that.
  ///   - threads: numbers of threads; one and all that are worth starting unless given.
  /// - Throws: `BenchError`.
  public static func measure(
    machine: Machine = .current, isa: ISA? = nil, threads: [Int]? = nil, effort: Effort = .full,
    progress: @Sendable (String) -> Void = { _ in }, isCancelled: @Sendable () -> Bool = { false }
  ) throws(BenchError) -> Ceilings {
    let isa = min(isa ?? machine.isa, machine.isa)
    let counts = Set(threads ?? [1, machine.threads]).sorted()
    if let first = counts.first, first < 1 { throw .invalidThreads(found: first) }
    let turns = counts.flatMap { threads in
      let peaks = Probe.peaks(isa: isa, threads: threads, effort: effort)
      return peaks + Probe.bandwidths(machine: machine, isa: isa, threads: threads, effort: effort) + peaks
    }
    var ceilings = Ceilings(rows: [])
    for probe in turns {
      if isCancelled() { throw .cancelled }
      progress("ceilings: \(probe.description)")
      if let row = try probe.run() { ceilings.raise(to: row) }
    }
    return ceilings
  }

  /// Measures a peak again that a contestant has beaten: it was measured in a slower spell of the machine. The larger figure holds.
  mutating func measureAgain(format: NumericFormat, isa: ISA, threads: Int) throws(BenchError) {
    guard let beaten = peakRow(format: format, isa: isa, threads: threads) else { return }
    let probes = Probe.peaks(isa: isa, threads: threads, effort: .quick)
    guard let probe = probes.first(where: { $0.name == beaten.name && $0.isa.name == beaten.isa }) else { return }
    if let row = try probe.run() { raise(to: row) }
  }
}

/// One loop at one level.
private struct Probe: CustomStringConvertible {
  var kind: Ceiling.Kind
  var name: String
  var loop: ceiling_kind
  var isa: ISA
  var threads: Int
  var footprint: Footprint?
  var seconds: Double

  var description: String {
    "\(name), \(footprint?.level ?? isa.name), \(threads) \(threads == 1 ? "thread" : "threads")"
  }

  /// `nil` where this architecture has no such loop.
  func run() throws(BenchError) -> Ceiling? {
    var probe = ceiling_probe(
      kind: loop, isa: ceiling_isa(rawValue: Int32(isa.rawValue)), threads: Int32(clamping: threads),
      footprint_bytes: Int64(footprint?.bytes ?? 0), seconds: seconds)
    var perSecond = 0.0
    switch ceiling_measure(&probe, &perSecond) {
    case CEILING_OK:
      return Ceiling(
        kind: kind, name: name, isa: isa.name, level: footprint?.level, footprintBytes: footprint?.bytes, threads: threads,
        value: perSecond * 1e-9)
    case CEILING_OUT_OF_MEMORY: throw .outOfMemory(byteCount: (footprint?.bytes ?? 0) * threads)
    case CEILING_NO_THREADS: throw .noThreads(count: threads)
    default: return nil
    }
  }

  static func peaks(isa: ISA, threads: Int, effort: Ceilings.Effort) -> [Probe] {
    let types = [("f32", CEILING_F32), ("f64", CEILING_F64), ("bf16", CEILING_BF16)]
    return ISA.allCases.filter { $0 <= isa }.flatMap { level in
      types.map { name, loop in
        Probe(
          kind: .compute, name: name, loop: loop, isa: level, threads: threads, footprint: nil, seconds: effort.computeSeconds)
      }
    }
  }

  static func bandwidths(machine: Machine, isa: ISA, threads: Int, effort: Ceilings.Effort) -> [Probe] {
    let loops = [("read", CEILING_READ), ("copy", CEILING_COPY), ("triad", CEILING_TRIAD)]
    return Footprint.all(machine: machine, threads: threads).flatMap { footprint in
      loops.filter { $0.1 == CEILING_READ || footprint.standsForLevel }.map { name, loop in
        Probe(
          kind: .bandwidth, name: name, loop: loop, isa: isa, threads: threads, footprint: footprint,
          seconds: effort.bandwidthSeconds)
      }
    }
  }
}

/// How much memory a bandwidth loop goes through, per thread.
package struct Footprint: Equatable {
  /// Larger memory is no slower.
  private static let largest = 1 << 30

  package var bytes: Int
  /// `nil` where the machine hides its caches.
  package var level: String?
  /// Copy and triad are measured at one footprint of each level.
  package var standsForLevel: Bool

  /// Two in each cache and two beyond, smallest first. Threads that may share a cache get a part of it each.
  package static func all(machine: Machine, threads: Int) -> [Footprint] {
    func share(_ cache: Cache) -> Int { cache.bytes / max(1, min(threads, cache.sharedBy)) }
    return all(l1: share(machine.l1d), l2: share(machine.l2), l3: share(machine.l3))
  }

  /// From the bytes of each cache that a thread has; 0 = unknown or not there.
  package static func all(l1: Int, l2: Int, l3: Int) -> [Footprint] {
    if l1 == 0 { return (7...14).map { Footprint(bytes: 1 << (2 * $0), level: nil, standsForLevel: true) } }
    var footprints = [
      Footprint(bytes: l1 / 4, level: "L1", standsForLevel: false),
      Footprint(bytes: l1 / 4 * 3, level: "L1", standsForLevel: true),
    ]
    var inner = l1
    for (level, bytes) in [("L2", l2), ("L3", l3)] where bytes > inner {
      // Not so near the cache inside that this one is hardly needed, nor so large that other data push these out.
      let near = max(bytes / 8, inner * 2)
      if near < bytes / 2 { footprints.append(Footprint(bytes: near, level: level, standsForLevel: false)) }
      footprints.append(Footprint(bytes: bytes / 2, level: level, standsForLevel: true))
      inner = bytes
    }
    footprints.append(Footprint(bytes: min(inner * 2, largest / 2), level: "DRAM", standsForLevel: false))
    footprints.append(Footprint(bytes: min(max(inner * 4, 64 << 20), largest), level: "DRAM", standsForLevel: true))
    return footprints
  }
}
