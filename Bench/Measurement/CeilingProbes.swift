import CeilingKernels
import KernelDispatch
import Results

extension Ceilings {
  /// How long the loops run. On one thread and on all, `quick` takes some 4 s, `full` some 15.
  public enum Effort: Sendable {
    case quick
    case full

    fileprivate var computeSeconds: Double { self == .quick ? 0.08 : 0.35 }
    fileprivate var bandwidthSeconds: Double { self == .quick ? 0.05 : 0.2 }
  }

  /// Measures the arithmetic peak of every instruction set up to `isa` and the bandwidth at footprints from the first-level cache to memory.
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
    var rows: [Ceiling] = []
    for threads in Set(threads ?? [1, machine.threads]).sorted() {
      if threads < 1 { throw .invalidThreads(found: threads) }
      for probe in Probe.all(machine: machine, isa: isa, threads: threads, effort: effort) {
        if isCancelled() { throw .cancelled }
        progress("ceilings: \(probe.description)")
        if let row = try probe.run() { rows.append(row) }
      }
    }
    return Ceilings(rows: rows)
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

  static func all(machine: Machine, isa: ISA, threads: Int, effort: Ceilings.Effort) -> [Probe] {
    let types = [("f32", CEILING_F32), ("f64", CEILING_F64), ("bf16", CEILING_BF16)]
    var probes = ISA.allCases.filter { $0 <= isa }.flatMap { level in
      types.map { name, loop in
        Probe(
          kind: .compute, name: name, loop: loop, isa: level, threads: threads, footprint: nil, seconds: effort.computeSeconds)
      }
    }
    for footprint in Footprint.all(machine: machine, threads: threads) {
      for (name, loop) in [("read", CEILING_READ), ("copy", CEILING_COPY), ("triad", CEILING_TRIAD)]
      where loop == CEILING_READ || footprint.standsForLevel {
        probes.append(
          Probe(
            kind: .bandwidth, name: name, loop: loop, isa: isa, threads: threads, footprint: footprint,
            seconds: effort.bandwidthSeconds))
      }
    }
    return probes
  }
}

/// How much memory a bandwidth loop goes through, per thread.
struct Footprint: Equatable {
  /// Larger memory is no slower.
  private static let largest = 1 << 30

  var bytes: Int
  /// `nil` where the machine hides its caches.
  var level: String?
  /// Copy and triad are measured at one footprint of each level.
  var standsForLevel: Bool

  /// Two in each cache and two beyond, smallest first. Threads that may share a cache get a part of it each.
  static func all(machine: Machine, threads: Int) -> [Footprint] {
    func share(_ cache: Cache) -> Int { cache.bytes / max(1, min(threads, cache.sharedBy)) }
    return all(l1: share(machine.l1d), l2: share(machine.l2), l3: share(machine.l3))
  }

  /// From the bytes of each cache that a thread has; 0 = unknown or not there.
  static func all(l1: Int, l2: Int, l3: Int) -> [Footprint] {
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
