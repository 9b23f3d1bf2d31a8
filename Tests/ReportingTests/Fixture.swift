import Foundation
import Results

/// A run as one machine could give it, in code: two cores, AVX-512-BF16, three networks.
enum Fixture {
  static func run() -> Run {
    Run(
      version: "0.1.0", started: "2026-03-01T12:00:00Z", durationSeconds: 212.4, command: "headroom report --out Reports/example",
      environment: environment, ceilings: ceilings, sentinel: Sentinel(rounds: 118, repeated: 3, largestDrift: 0.021),
      measurements: networks + squares + convolutions, ladders: [softwareLadder, instructionSets, cores, convolutionLadder],
      quartets: [quartet, convolutionQuartet],
      attributions: [attribution],
      hardwareYears: [
        HardwareYears(speedup: 218, growth: 0.325, source: "FLOP/s per dollar of GPUs (Epoch AI, 2022)", years: 19.1),
        HardwareYears(speedup: 218, growth: 0.067, source: "One-thread SPECint, 2016 to 2021", years: 83.0),
      ], leadingDimensions: leadingDimensions, languages: languages, networks: convolutionNetworks,
      missing: ["python3 rung: python3 was not found. Remedy: apt-get install python3"])
  }

  static let environment = RunEnvironment(
    cpu: "Example Nine 9000 <64-Core> & Co",
    caches: [
      CacheDescription(name: "L1d", bytes: 49_152, ways: 12, sharedBy: 1),
      CacheDescription(name: "L2", bytes: 1_048_576, ways: 16, sharedBy: 1),
      CacheDescription(name: "L3", bytes: 33_554_432, ways: 0, sharedBy: 0),
    ],
    cpusOnline: 4, cpusAllowed: 2, cpuQuota: nil, isas: ["scalar", "sse2", "avx2", "avx512", "avx512bf16"], hypervisor: true,
    memoryBytes: 25_265_393_664, os: "Debian GNU/Linux 12", kernel: "6.1.0", compilers: ["clang 21.0", "Swift 6.3.1"],
    flags: "-O3 -fopenmp", libraries: ["libomp": "14.0"], commit: "0123abc", seed: 20_260_301, load: 0.12, stealShare: nil,
    overrides: [:])

  static var ceilings: [Ceiling] {
    let rates = [("scalar", 9.6), ("sse2", 36), ("avx2", 138), ("avx512", 275)]
    var all: [Ceiling] = []
    for threads in [1, 2] {
      let scale = Double(threads) * (threads == 1 ? 1 : 0.99)
      all += rates.map { Ceiling(kind: .compute, name: "f32", isa: $0.0, threads: threads, value: $0.1 * scale) }
      all.append(Ceiling(kind: .compute, name: "bf16", isa: "avx512bf16", threads: threads, value: 550 * scale))
      for (level, footprint, bandwidth) in [
        ("L1", 24_576, 512.0), ("L2", 524_288, 240), ("L3", 8_388_608, 110), ("DRAM", 268_435_456, 38),
      ] {
        for (name, part) in [("read", 1.0), ("copy", 0.9), ("triad", 0.85)] {
          all.append(
            Ceiling(
              kind: .bandwidth, name: name, isa: "avx512", level: level, footprintBytes: footprint, threads: threads,
              value: bandwidth * part * (level == "DRAM" ? 1 : scale)))
        }
      }
    }
    return all
  }

  /// A measurement whose time, rate and intensity agree.
  static func measurement(
    _ m: Int, _ n: Int, _ k: Int, name: String? = nil, dtype: String = "f32", threads: Int = 1, isa: String = "avx512",
    variant: String = "outer.packed", gflops: Double, note: String? = nil
  ) -> Results.Measurement {
    let operations = 2.0 * Double(m) * Double(n) * Double(k)
    let seconds = operations / gflops / 1e9
    let width = dtype == "f32" ? 4.0 : 2.0
    let intensity = operations / (width * Double(m * k + k * n + m * n))
    let peak = (dtype == "f32" ? 275.0 : 550) * Double(threads)
    let roof = min(peak, intensity * (intensity < 8 ? 38 : 110))
    return Results.Measurement(
      op: "gemm", shape: "\(m)x\(n)x\(k)", shapeName: name, dtype: dtype, threads: threads, isa: isa, variant: variant,
      ukernel: variant.hasPrefix("outer") ? "outer.\(isa).14x32" : nil,
      seconds: Seconds(median: seconds, best: seconds * 0.99, samples: 12, low: seconds * 0.995, high: seconds * 1.01),
      gflops: gflops, shareOfPeak: gflops / peak, shareOfRoof: min(gflops / roof, 0.99),
      boundBy: intensity < 8 ? "DRAM" : "compute",
      intensity: intensity, verified: true, note: note,
      command: "headroom bench gemm \(m)x\(n)x\(k) --dtype \(dtype) --threads \(threads) --isa \(isa) --variants \(variant)")
  }

  static var networks: [Results.Measurement] {
    var all: [Results.Measurement] = []
    for (network, layers) in [
      ("bert-base", [("qkv", 768, 768), ("ffn-up", 3072, 768), ("ffn-down", 768, 3072)]),
      ("llama-7b", [("attention", 4096, 4096), ("up", 11008, 4096), ("down", 4096, 11008)]),
    ] {
      for tokens in [1, 8, 128, 512] {
        for (index, layer) in layers.enumerated() {
          let rate = [1: 9.0, 8: 68, 128: 300, 512: 470][tokens, default: 1] * (1 - 0.06 * Double(index))
          all.append(measurement(tokens, layer.1, layer.2, name: "\(network).\(layer.0).tok\(tokens)", threads: 2, gflops: rate))
        }
      }
    }
    for (index, k) in [64, 256, 576, 1152, 2304, 4608].enumerated() {
      all.append(
        measurement(
          64 << (index / 2), 3136 >> index, k, name: "resnet50.conv\(index + 1)", threads: 2, gflops: 310 + 25 * Double(index)))
    }
    return all
  }

  static var squares: [Results.Measurement] {
    [31, 64, 127, 128, 255, 256, 511, 512, 1000, 1024, 2048].flatMap { n in
      let reach = 1 - exp(-Double(n) / 180)
      return [
        measurement(n, n, n, name: "square.\(n)", gflops: 262 * reach),
        measurement(n, n, n, name: "square.\(n)", threads: 2, gflops: 515 * reach * reach),
        measurement(
          n, n, n, name: "square.\(n)", dtype: "bf16", threads: 2, isa: "avx512bf16", variant: "pair.packed",
          gflops: 930 * reach * reach),
      ]
    }
  }

  static func estimate(_ value: Double) -> Estimate { Estimate(value: value, low: value * 0.985, high: value * 1.02) }

  static func ladder(kind: String, _ steps: [(technique: String, measurement: Results.Measurement)]) -> Ladder {
    Ladder(
      kind: kind, shape: steps[0].measurement.shape,
      steps: steps.indices.map { index in
        let rate = steps[index].measurement.gflops
        return Ladder.Step(
          technique: steps[index].technique, measurement: steps[index].measurement,
          stepFactor: index == 0 ? nil : estimate(rate / steps[index - 1].measurement.gflops),
          totalFactor: index == 0 ? nil : estimate(rate / steps[0].measurement.gflops))
      })
  }

  static func square(
    _ variant: String, _ gflops: Double, threads: Int = 1, isa: String = "avx512", dtype: String = "f32", note: String? = nil
  )
    -> Results.Measurement
  {
    measurement(1024, 1024, 1024, dtype: dtype, threads: threads, isa: isa, variant: variant, gflops: gflops, note: note)
  }

  static var softwareLadder: Ladder {
    ladder(
      kind: "software",
      [
        ("plain Swift", square("naive-ijk.swift", 0.61, note: "swiftc 6.3.1 -O, not vectorised, leading dimension 1024")),
        ("naive C", square("naive-ijk.c", 0.88, note: "clang 21 -O2, not vectorised, leading dimension 1024")),
        ("loop order", square("ikj.c", 21.4, note: "clang 21 -O3, vectorised, leading dimension 1024")),
        ("tiled", square("tiled.c", 34.9)), ("SIMD and register tile", square("outer.direct", 118)),
        ("cache blocking and packing", square("outer.packed", 251)), ("2 threads", square("outer.packed", 488, threads: 2)),
        ("bf16 operands", square("pair.packed", 871, threads: 2, isa: "avx512bf16", dtype: "bf16")),
      ])
  }

  static var instructionSets: Ladder {
    ladder(
      kind: "hardware",
      [
        ("scalar", square("outer.packed", 8.9, isa: "scalar")), ("SSE2", square("outer.packed", 33, isa: "sse2")),
        ("AVX2 and FMA", square("outer.packed", 128, isa: "avx2")), ("AVX-512", square("outer.packed", 251)),
        ("AVX-512-BF16, bf16 operands", square("pair.packed", 455, isa: "avx512bf16", dtype: "bf16")),
      ])
  }

  static var cores: Ladder {
    ladder(kind: "hardware", [("1 core", square("outer.packed", 251)), ("2 cores", square("outer.packed", 488, threads: 2))])
  }

  static var quartet: Quartet {
    Quartet(
      shape: "1024x1024x1024", naiveWeakest: square("naive-ijk.c", 0.86, isa: "sse2"), naiveBest: square("naive-ijk.c", 0.88),
      tunedWeakest: square("outer.packed", 33, isa: "sse2"), tunedBest: square("outer.packed", 488, threads: 2),
      hardwareAlone: estimate(1.02), softwareAlone: estimate(38.4), softwareGivenHardware: estimate(554),
      hardwareGivenSoftware: estimate(14.8), interaction: estimate(14.4), beatTest: estimate(37.5))
  }

  static var leadingDimensions: [LeadingDimensions] {
    [("naive-ijk.c", 0.31, 1.2), ("outer.packed", 250, 250.5)].map { variant, tight, padded in
      var row = LeadingDimensions(
        padding: 16, tight: square(variant, tight), padded: square(variant, padded), speedup: estimate(padded / tight))
      row.padded.command += " --padding 16"
      return row
    }
  }

  static var attribution: Attribution {
    let factors = [
      ("SIMD used", "software", 0.24, 4.1), ("register tile", "software", 0.22, 3.7),
      ("cache blocking and packing", "software", 0.17, 2.8),
      ("wider instruction set", "hardware", 0.15, 2.5), ("threads used", "software", 0.11, 1.98),
      ("more cores", "hardware", 0.11, 1.98),
    ]
    return Attribution(
      shape: "1024x1024x1024",
      shares: factors.map {
        Attribution.Share(factor: $0.0, kind: $0.1, speedup: $0.3, share: $0.2, smallest: $0.3 * 0.8, largest: $0.3 * 1.6)
      },
      cells: [
        Attribution.Cell(on: [], measurement: square("outer.direct", 0.9, isa: "sse2")),
        Attribution.Cell(on: factors.map(\.0), measurement: square("outer.packed", 488, threads: 2)),
      ])
  }
}
