import Foundation
import Results
import Testing

/// The names in `results.json` are a promise to those who read it with other tools.
struct SchemaTests {
  static let measurement = Results.Measurement(
    op: "gemm", shape: "8x4096x4096:nt", shapeName: "llama-7b.q.tok8", dtype: "bf16", threads: 2, isa: "avx512bf16",
    variant: "pair.packed", ukernel: "pair.14x32",
    seconds: Seconds(median: 0.25, best: 0.2, samples: 11, low: 0.24, high: 0.26), gflops: 1.07, shareOfPeak: 0.5,
    shareOfRoof: 0.75, boundBy: "DRAM", intensity: 7.9, verified: true, note: "a note", command: "headroom bench gemm")

  static func keys(_ value: some Encodable) throws -> Set<String> {
    let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(value))
    return Set(try #require(object as? [String: Any]).keys)
  }

  static func run() -> Run {
    let environment = RunEnvironment(
      cpu: "unknown", caches: [], cpusOnline: 1, cpusAllowed: 1, cpuQuota: 0.5, isas: ["scalar"], hypervisor: false,
      memoryBytes: 1, os: "unknown", kernel: "unknown", compilers: [], flags: "", libraries: [:], commit: "unknown",
      seed: .max, load: 0, stealShare: 0, overrides: ["HEADROOM_THREADS": "1"])
    return Run(
      version: "0.1.0", started: "2026-03-01T12:00:00Z", durationSeconds: 1, command: "headroom report", environment: environment,
      ceilings: [
        Ceiling(kind: .bandwidth, name: "read", isa: "sse2", level: "L2", footprintBytes: 1 << 18, threads: 1, value: 50)
      ], measurements: [measurement])
  }

  @Test func aMeasurementHasItsPromisedNames() throws {
    #expect(
      try Self.keys(Self.measurement) == [
        "op", "shape", "shape_name", "dtype", "threads", "isa", "variant", "ukernel", "seconds", "gflops", "share_of_peak",
        "share_of_roof", "bound_by", "intensity", "verified", "note", "command",
      ])
    #expect(try Self.keys(Self.measurement.seconds) == ["median", "best", "samples", "low", "high"])
  }

  @Test func whatIsUnknownIsAbsentButForTheShares() throws {
    var bare = Self.measurement
    (bare.shapeName, bare.ukernel, bare.shareOfPeak, bare.shareOfRoof) = (nil, nil, nil, nil)
    (bare.boundBy, bare.intensity, bare.note) = (nil, nil, nil)
    #expect(
      try Self.keys(bare) == [
        "op", "shape", "dtype", "threads", "isa", "variant", "seconds", "gflops", "share_of_peak", "share_of_roof", "verified",
        "command",
      ])
    let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(bare)) as? [String: Any]
    for share in ["share_of_peak", "share_of_roof"] { #expect(object?[share] is NSNull) }
    let decoded = try JSONDecoder().decode(Results.Measurement.self, from: JSONEncoder().encode(bare))
    #expect(decoded == bare)
  }

  static let layer: Results.Measurement = {
    var layer = measurement
    (layer.op, layer.shape, layer.layout, layer.shapeName) = ("conv", "n1 c64 h56 w56 k64 r3 s3 p1", "nhwc", "resnet50.conv2")
    return layer
  }()

  @Test func aConvolutionSaysHowItsImagesLie() throws {
    #expect(try Self.keys(Self.layer) == Self.keys(Self.measurement).union(["layout"]))
    let decoded = try JSONDecoder().decode(Results.Measurement.self, from: JSONEncoder().encode(Self.layer))
    #expect(decoded == Self.layer && decoded.layout == "nhwc")
  }

  @Test func aNetworkSumsItsLayersByCount() throws {
    var slow = Self.layer
    (slow.seconds.median, slow.gflops) = (0.5, 4)
    let network = Network(
      name: "resnet50", layout: "nhwc", dtype: "f32", threads: 1,
      layers: [Network.Layer(count: 2, measurement: Self.layer), Network.Layer(count: 1, measurement: slow)], distinctLayers: 3)
    // 2 times 0.25 s at 1.07 GFLOP/s and 0.5 s at 4.
    #expect(network.seconds == 1 && abs(network.gflops - 2.535) < 1e-12)
    #expect(
      try Self.keys(network) == ["name", "layout", "dtype", "threads", "layers", "distinct_layers", "seconds", "gflops"])
    #expect(try Self.keys(network.layers[0]) == ["count", "measurement"])
    #expect(try JSONDecoder().decode(Network.self, from: JSONEncoder().encode(network)) == network)
    let empty = Network(name: "resnet50", layout: "nhwc", dtype: "f32", threads: 1, layers: [], distinctLayers: 3)
    #expect(empty.gflops == 0)
  }

  @Test func aRunWithNetworksAndLanguages() throws {
    let pair = LanguagePair(swift: Self.layer, c: Self.layer, speedOfSwift: Estimate(value: 1, low: 1, high: 1))
    #expect(try Self.keys(pair) == ["swift", "c", "speed_of_swift"])
    var run = Self.run()
    #expect(run.languages == nil && run.networks == nil)
    run.languages = [pair]
    run.networks = []
    #expect(try Self.keys(run).isSuperset(of: ["languages", "networks"]))
    #expect(try JSONDecoder().decode(Run.self, from: JSONEncoder().encode(run)) == run)
  }

  @Test func aRunHasItsPromisedNamesAndSchema() throws {
    let run = Self.run()
    let environment = run.environment
    #expect(
      try Self.keys(run) == [
        "schema", "version", "started", "duration_seconds", "command", "environment", "ceilings", "sentinel", "measurements",
        "ladders", "quartets", "attributions", "hardware_years", "missing",
      ])
    #expect(
      try Self.keys(environment) == [
        "cpu", "caches", "cpus_online", "cpus_allowed", "cpu_quota", "isas", "hypervisor", "memory_bytes", "os", "kernel",
        "compilers", "flags", "libraries", "commit", "seed", "load", "steal_share", "overrides",
      ])
    #expect(try Self.keys(run.ceilings[0]) == ["kind", "name", "isa", "level", "footprint_bytes", "threads", "value"])
    #expect(try Self.keys(run.sentinel) == ["rounds", "repeated", "largest_drift"])
    let decoded = try JSONDecoder().decode(Run.self, from: JSONEncoder().encode(run))
    #expect(decoded == run && decoded.schema == Run.currentSchema)
  }

  @Test func whatOlderRunsLackIsNotNeeded() throws {
    let estimate = try JSONDecoder().decode(Estimate.self, from: Data(#"{"value": 2, "low": 1.9, "high": 2.1}"#.utf8))
    #expect(estimate == Estimate(value: 2, low: 1.9, high: 2.1))
  }

  @Test func studiesHaveTheirPromisedNames() throws {
    let estimate = Estimate(value: 2, low: 1.9, high: 2.1, detectableEffect: 0.05)
    let corner = Self.measurement
    let quartet = Quartet(
      shape: corner.shape, naiveWeakest: corner, naiveBest: corner, tunedWeakest: corner, tunedBest: corner,
      hardwareAlone: estimate, softwareAlone: estimate, softwareGivenHardware: estimate, hardwareGivenSoftware: estimate,
      interaction: estimate, beatTest: estimate)
    #expect(
      try Self.keys(quartet) == [
        "shape", "naive_weakest", "naive_best", "tuned_weakest", "tuned_best", "hardware_alone", "software_alone",
        "software_given_hardware", "hardware_given_software", "interaction", "beat_test",
      ])
    let step = Ladder.Step(
      technique: "SIMD", measurement: corner, stepFactor: estimate, totalFactor: estimate, extrapolation: "from n = 64")
    #expect(try Self.keys(step) == ["technique", "measurement", "step_factor", "total_factor", "extrapolation"])
    #expect(try Self.keys(Ladder(kind: "software", shape: corner.shape, steps: [step])) == ["kind", "shape", "steps"])
    let share = Attribution.Share(factor: "SIMD", kind: "software", speedup: 2, share: 1, smallest: 2, largest: 2)
    #expect(try Self.keys(share) == ["factor", "kind", "speedup", "share", "smallest", "largest"])
    let layouts = LeadingDimensions(padding: 16, tight: corner, padded: corner, speedup: estimate)
    #expect(try Self.keys(layouts) == ["padding", "tight", "padded", "speedup"])
    #expect(try Self.keys(estimate) == ["value", "low", "high", "detectable_effect"])
    let years = HardwareYears(speedup: 2, growth: 0.29, source: "published", years: 2.7)
    #expect(try Self.keys(years) == ["speedup", "growth", "source", "years"])
  }
}
