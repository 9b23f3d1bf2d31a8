import CeilingKernels
import KernelDispatch
import Measurement
import Results
import Testing
import Workloads

@Suite("Ceilings")
struct CeilingTests {
  private static func compute(_ name: String, _ isa: String, _ value: Double, threads: Int = 1) -> Ceiling {
    Ceiling(kind: .compute, name: name, isa: isa, threads: threads, value: value)
  }

  private static func read(_ level: String?, _ bytes: Int, _ value: Double, threads: Int = 1) -> Ceiling {
    Ceiling(kind: .bandwidth, name: "read", isa: "avx512", level: level, footprintBytes: bytes, threads: threads, value: value)
  }

  private static let ceilings = Ceilings(rows: [
    compute("f32", "scalar", 8), compute("f32", "sse2", 32), compute("f32", "avx512", 256), compute("f64", "avx512", 128),
    compute("bf16", "avx512bf16", 512), compute("f32", "avx512", 500, threads: 2),
    read("DRAM", 1 << 26, 16), read("L1", 1 << 12, 512), read("L1", 1 << 14, 256), read("L2", 1 << 18, 64),
    Ceiling(kind: .bandwidth, name: "copy", isa: "avx512", level: "L1", footprintBytes: 1 << 12, threads: 1, value: 9999),
    read("DRAM", 1 << 20, 40, threads: 2), read("L1", 1 << 14, 400, threads: 2),
  ])

  private static let peakRows: [(NumericFormat, ISA, Double)] = [
    (.f32, .scalar, 8), (.f32, .avx512, 256), (.f32, .avx512bf16, 256), (.f64, .avx512bf16, 128), (.bf16, .avx512bf16, 512),
    (.bf16f32, .avx512bf16, 512), (.bf16, .avx512, 256), (.bf16f32, .sse2, 32),
  ]

  @Test("Peaks by format and instruction set; widened bf16 has the peak of f32", arguments: peakRows)
  func peaks(format: NumericFormat, isa: ISA, expected: Double) {
    #expect(Self.ceilings.peak(format: format, isa: isa, threads: 1) == expected)
  }

  @Test("What was not measured is not guessed")
  func unknown() {
    #expect(Self.ceilings.peak(format: .f64, isa: .sse2, threads: 1) == nil)
    #expect(Self.ceilings.peak(format: .f32, isa: .avx512, threads: 3) == nil)
    #expect(Self.ceilings.bandwidth(footprintBytes: 4096, threads: 3) == nil)
    #expect(Self.ceilings.roof(.product(GEMMShape(m: 1, n: 1, k: 1)), format: .f64, isa: .sse2, threads: 1) == nil)
  }

  private static let bandwidthRows: [(Int, Int, Double, String)] = [
    (1, 1, 512, "L1"), (4096, 1, 512, "L1"), (16384, 1, 256, "L1"), (65536, 1, 128, "L2"), (262_144, 1, 64, "L2"),
    (4_194_304, 1, 32, "DRAM"), (1_099_511_627_776, 1, 16, "DRAM"), (32768, 2, 400, "L1"), (2_097_152, 2, 40, "DRAM"),
  ]

  @Test("Bandwidth at, between and beyond the measured footprints, named after the farther level", arguments: bandwidthRows)
  func bandwidth(footprint: Int, threads: Int, expected: Double, level: String) throws {
    let found = try #require(Self.ceilings.bandwidth(footprintBytes: footprint, threads: threads))
    #expect(abs(found.gigabytesPerSecond - expected) < 1e-9 * expected)
    #expect(found.level == level)
  }

  @Test("The roof is the lower of the peak and of what memory feeds")
  func roof() {
    // 2 * 2048^2 operations on 16 MiB + 16 KiB: half an operation a byte.
    let vector = GEMMShape(m: 1, n: 2048, k: 2048)
    let fed = Self.ceilings.roof(.product(vector), format: .f32, isa: .avx512, threads: 1)
    #expect(fed?.boundBy == "DRAM")
    #expect(fed.map { (10...14).contains($0.gflops) } == true)
    #expect(
      Self.ceilings.roof(.product(GEMMShape(m: 512, n: 512, k: 512)), format: .f32, isa: .avx512, threads: 1)
        == Roof(gflops: 256, boundBy: "compute"))
    #expect(Self.ceilings.roof(.product(vector), format: .f32, isa: .scalar, threads: 1) == Roof(gflops: 8, boundBy: "compute"))
    let small = GEMMShape(m: 8, n: 8, k: 8)
    #expect(Self.ceilings.roof(.product(small), format: .f32, isa: .avx512, threads: 1) == Roof(gflops: 256, boundBy: "compute"))
    let cold = Self.ceilings.roof(.product(small), format: .f32, isa: .avx512, threads: 1, isCold: true)
    #expect(cold?.boundBy == "DRAM" && cold?.gflops == 16 * small.intensity(.f32))
  }

  @Test("Without names of caches, memory binds")
  func hiddenCaches() {
    let ceilings = Ceilings(rows: [Self.compute("f32", "scalar", 8), Self.read(nil, 1 << 20, 1)])
    #expect(ceilings.roof(.product(GEMMShape(m: 1, n: 64, k: 64)), format: .f32, isa: .scalar, threads: 1)?.boundBy == "memory")
  }

  private static let cacheSizes: [(Int, Int, Int)] = [
    (49152, 1 << 20, 32 << 20), (32768, 1 << 18, 6 << 20), (65536, 2 << 20, 0), (32768, 0, 0), (32768, 1 << 20, 1 << 20),
  ]

  @Test("Footprints rise, stay within their level and reach beyond the last", arguments: cacheSizes)
  func footprints(l1: Int, l2: Int, l3: Int) {
    let all = Footprint.all(l1: l1, l2: l2, l3: l3)
    #expect(zip(all, all.dropFirst()).allSatisfy { $0.bytes < $1.bytes })
    let capacities = ["L1": l1, "L2": l2, "L3": l3, "DRAM": Int.max]
    for footprint in all { #expect(footprint.bytes < capacities[footprint.level ?? "", default: 0]) }
    #expect(all.first { $0.level == "DRAM" }.map { $0.bytes >= 2 * max(l1, l2, l3) } == true)
    let levels = Set(all.map(\.level))
    for level in levels {
      let representatives = all.filter { $0.level == level && $0.standsForLevel }
      #expect(representatives.count == 1)
    }
  }

  @Test("A machine that hides its caches is measured on a grid without names")
  func unknownCaches() {
    let all = Footprint.all(l1: 0, l2: 0, l3: 0)
    #expect(all.count >= 6 && all.allSatisfy { $0.level == nil })
  }

  @Test("This machine's ceilings: one row for each loop and level, all above 0")
  func measured() throws {
    let isa = min(Machine.current.isa, .avx512)
    let ceilings = try Ceilings.measure(isa: isa, threads: [1], effort: .quick)
    for level in ISA.allCases where level <= isa {
      let names = ceilings.rows.filter { $0.kind == .compute && $0.isa == level.name }.map(\.name)
      #expect(names == ["f32", "f64"])
    }
    let reads = ceilings.rows.filter { $0.name == "read" }.compactMap(\.footprintBytes)
    #expect(reads == Footprint.all(machine: .current, threads: 1).map(\.bytes))
    #expect(Set(ceilings.rows.map(\.name)) == ["f32", "f64", "read", "copy", "triad"])
    #expect(ceilings.rows.allSatisfy { $0.value > 0 && $0.value.isFinite && $0.threads == 1 })
    #expect(ceilings.roof(.product(GEMMShape(m: 64, n: 64, k: 64)), format: .f32, isa: isa, threads: 1) != nil)
  }

  @Test("Impossible requests are errors")
  func refused() {
    #expect(throws: BenchError.invalidThreads(found: 0)) { try Ceilings.measure(threads: [0], effort: .quick) }
    #expect(throws: BenchError.cancelled) { try Ceilings.measure(effort: .quick, isCancelled: { true }) }
  }

  @Test("Several threads, a footprint smaller than a step, and loops that are not there")
  func loops() {
    var rate = 0.0
    var probe = ceiling_probe(kind: CEILING_TRIAD, isa: CEILING_SCALAR, threads: 3, footprint_bytes: 1, seconds: 0)
    #expect(ceiling_measure(&probe, &rate) == CEILING_OK)
    #expect(rate > 0)
    probe = ceiling_probe(kind: CEILING_BF16, isa: CEILING_SCALAR, threads: 1, footprint_bytes: 0, seconds: 0)
    #expect(ceiling_measure(&probe, &rate) == CEILING_UNSUPPORTED)
    probe = ceiling_probe(kind: CEILING_F32, isa: CEILING_SCALAR, threads: 0, footprint_bytes: 0, seconds: 0)
    #expect(ceiling_measure(&probe, &rate) == CEILING_UNSUPPORTED)
    probe = ceiling_probe(kind: CEILING_READ, isa: CEILING_SCALAR, threads: 2, footprint_bytes: 1 << 60, seconds: 0)
    #expect(ceiling_measure(&probe, &rate) == CEILING_OUT_OF_MEMORY)
    #expect(ceiling_sentinel() > 0)
  }
}
