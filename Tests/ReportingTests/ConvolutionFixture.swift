import Results

/// Convolutions of the run.
extension Fixture {
  static func convolution(
    _ shape: String = "n1 c64 h28 w28 k64 r3 s3 p1", operations: Double = 55_000_000, name: String? = nil,
    layout: String = "nhwc",
    threads: Int = 1, isa: String = "avx512", variant: String = "direct", ukernel: String? = nil, gflops: Double
  ) -> Results.Measurement {
    let seconds = operations / gflops / 1e9
    return Results.Measurement(
      op: "conv", shape: shape, layout: layout, shapeName: name, dtype: "f32", threads: threads, isa: isa, variant: variant,
      ukernel: ukernel,
      seconds: Seconds(median: seconds, best: seconds * 0.99, samples: 10, low: seconds * 0.995, high: seconds * 1.01),
      gflops: gflops, shareOfPeak: gflops / 275 / Double(threads), shareOfRoof: gflops / 275 / Double(threads),
      boundBy: "compute", intensity: 40, verified: true,
      command: "headroom bench conv \(shape) --layout \(layout) --threads \(threads) --isa \(isa) --variants \(variant)")
  }

  static var convolutions: [Results.Measurement] {
    [("naive-direct.c", 1.2), ("direct", 200), ("implicit-gemm.packed", 221)].map { variant, rate in
      convolution(name: "report.conv3x3", variant: variant, gflops: rate)
    }
  }

  static var convolutionLadder: Ladder {
    ladder(
      kind: "software",
      [
        ("plain Swift", convolution(variant: "naive-direct.swift", gflops: 0.8)),
        ("naive C", convolution(variant: "naive-direct.c", gflops: 1.2)),
        ("im2col", convolution(variant: "im2col.c", gflops: 1.3)),
        ("SIMD in Swift", convolution(gflops: 190)), ("SIMD in C", convolution(gflops: 200)),
        ("implicit GEMM, packed", convolution(variant: "implicit-gemm.packed", gflops: 221)),
      ])
  }

  static var convolutionQuartet: Quartet {
    var row = quartet
    row.shape = "n1 c64 h28 w28 k64 r3 s3 p1"
    row.naiveWeakest = convolution(isa: "sse2", variant: "naive-direct.c", gflops: 1.1)
    row.naiveBest = convolution(variant: "naive-direct.c", gflops: 1.2)
    row.tunedWeakest = convolution(isa: "sse2", gflops: 30)
    row.tunedBest = convolution(threads: 2, gflops: 410)
    return row
  }

  static var languages: [LanguagePair] {
    let c = convolution(ukernel: "outer_f32_14x32_avx512", gflops: 200)
    let swift = convolution(ukernel: "outer_f32_14x32_avx512_swift", gflops: 190)
    return [LanguagePair(swift: swift, c: c, speedOfSwift: estimate(0.95))]
  }

  static var convolutionNetworks: [Network] {
    let layers = [("conv1", 3, 180.0), ("conv2", 2, 240), ("conv3", 1, 60)].map { name, count, rate in
      Network.Layer(count: count, measurement: convolution(name: "resnet50.\(name)", gflops: rate))
    }
    return [
      Network(name: "resnet50", layout: "nhwc", dtype: "f32", threads: 1, layers: layers, distinctLayers: 3),
      Network(name: "vgg16", layout: "nhwc", dtype: "f32", threads: 1, layers: Array(layers.prefix(1)), distinctLayers: 9),
    ]
  }
}
