import Attribution
import KernelDispatch
import Measurement
import Results
import Synchronization
import Tensors
import Testing
import Workloads

/// Contestants that convolve NHWC images by the definition, without padding, on one thread.
private func textbook(_ subject: Subject, _ problem: Problem) -> Contestant {
  var (variant, microkernel, threads): (String, String?, Int) = (subject.name, nil, 1)
  if case .dispatch(let options) = subject.code { (microkernel, threads) = (options.microkernel, options.threads ?? 1) }
  if subject.format != .f32 { variant += " \(subject.format.rawValue)" }
  return Contestant(
    variant: variant, ukernel: microkernel, isa: .scalar, threads: threads, format: .f32,
    command: "headroom bench conv \(problem)"
  ) { (operands: ConvolutionOperands) in
    let shape = operands.shape
    let input = operands.input.assumingMemoryBound(to: Float.self)
    let weights = operands.weights.assumingMemoryBound(to: Float.self)
    let output = operands.output.assumingMemoryBound(to: Float.self)
    return {
      let (width, channels, outputs) = (shape.width, shape.inputChannels, shape.outputChannels)
      for p in 0..<shape.outputHeight {
        for q in 0..<shape.outputWidth {
          for k in 0..<outputs {
            var sum: Float = 0
            for r in 0..<shape.kernel.height {
              for s in 0..<shape.kernel.width {
                for c in 0..<channels {
                  let weight = weights[((r * shape.kernel.width + s) * channels + c) * outputs + k]
                  sum += input[((p + r) * width + q + s) * channels + c] * weight
                }
              }
            }
            output[(p * shape.outputWidth + q) * outputs + k] = sum
          }
        }
      }
    }
  }
}

struct ConvolutionStudyTests {
  private static let shape = ConvolutionShape(inputChannels: 3, height: 6, width: 5, outputChannels: 4, kernel: Extent(3))
  private static let entry = NamedProblem(name: "tiny.a", .convolution(shape, .nhwc))
  private static let hardware = HardwareRange(weakest: .sse2, best: .avx512bf16, cores: 2)

  private static let candidates = [
    StudyCandidate(variant: "direct", microkernel: "outer_f32_14x32_avx512", isa: .avx512),
    StudyCandidate(variant: "direct", microkernel: "outer_f32_14x32_avx512_swift", isa: .avx512),
    StudyCandidate(variant: "direct", microkernel: "outer_f32_6x8_sse2_swift", isa: .sse2),
    StudyCandidate(variant: "direct", microkernel: "outer_f32_6x8_sse2", isa: .sse2),
    StudyCandidate(variant: "direct", microkernel: "alone_swift", isa: .sse2),
    StudyCandidate(variant: "implicit-gemm.packed", microkernel: "outer_f32_14x32_avx512_swift", isa: .avx512),
  ]

  private static func findings(_ steps: [StudyPlan.Step], _ candidates: [StudyCandidate] = candidates) -> StudyFindings {
    let plan = StudyPlan(
      steps: steps, effort: .quick, secondsAtMost: 1000, secondsPerLadderRow: 0.001, secondsPerProduct: 0.001,
      secondsPerLayer: 0.001, longestCall: 1000, interpretedSize: 8, leftOut: [])
    let study = Study(
      plan: plan, contestants: StudyContestants(contestant: { textbook($0, $1) }, candidates: { _ in candidates }),
      hardware: hardware, ceilings: Ceilings(rows: []), seed: 1)
    return study.run(since: Clock.now())
  }

  @Test func oneComparisonGivesLadderAndQuartet() throws {
    let findings = Self.findings([.ladders(Self.entry, isFirst: false)])
    #expect(findings.missing == [])
    let ladder = try #require(findings.ladders.first)
    #expect(findings.ladders.count == 1 && ladder.kind == "software")
    #expect(
      ladder.steps.map(\.technique) == [
        "plain Swift", "naive C", "im2col", "SIMD in Swift", "SIMD in C", "implicit GEMM, packed",
        "Winograd: fewer multiplications", "2 threads", "bf16 operands",
      ])
    #expect(
      ladder.steps.compactMap(\.measurement.ukernel) == ["outer_f32_14x32_avx512_swift", "outer_f32_14x32_avx512"])
    #expect(findings.quartets.map(\.naiveWeakest.op) == ["conv"])
    #expect(findings.measurements.allSatisfy { $0.op == "conv" && $0.layout == "nhwc" && $0.verified })
  }

  @Test func withoutSwiftTheLadderIsAStepShorter() {
    let rows = LadderPlan.convolution(on: Self.hardware, tiles: nil).rows
    #expect(!rows.contains { $0.technique == "SIMD in Swift" })
    #expect(rows.contains { $0.technique == "SIMD in C" })
  }

  @Test func everySwiftRowMeetsItsTwinInC() {
    let findings = Self.findings([.languages(Self.entry)])
    #expect(findings.languages.map(\.swift.ukernel) == ["outer_f32_6x8_sse2_swift", "outer_f32_14x32_avx512_swift"])
    #expect(findings.languages.map(\.c.ukernel) == ["outer_f32_6x8_sse2", "outer_f32_14x32_avx512"])
    for pair in findings.languages {
      #expect(pair.speedOfSwift.value == pair.c.seconds.median / pair.swift.seconds.median)
    }
    #expect(findings.measurements.isEmpty)
  }

  @Test func noPairIsSaid() {
    let findings = Self.findings([.languages(Self.entry)], [])
    #expect(findings.languages.isEmpty && findings.missing.count == 1)
  }

  @Test func layersMakeNetworksByThreadsAndSumByCount() throws {
    var other = Self.entry
    other.name = "tiny.b"
    let layers = [(Self.entry, 2), (other, 3)].map { entry, count in
      NetworkLayer(network: "tiny", entry: entry, count: count, distinctLayers: 2, onAllCores: true, rounds: 3)
    }
    let findings = Self.findings(layers.map { .layer($0) })
    #expect(findings.networks.map(\.threads) == [1, 2])
    for network in findings.networks {
      #expect(network.layers.map(\.measurement.shapeName) == ["tiny.a", "tiny.b"] && network.distinctLayers == 2)
      let times = network.layers.map(\.measurement.seconds.median)
      #expect(abs(network.seconds - (2 * times[0] + 3 * times[1])) < 1e-12)
    }
    #expect(findings.measurements.isEmpty)
  }

  @Test func theFullPlanHasTheNetworks() throws {
    let layers = try StudyPlan.full().steps.compactMap { if case .layer(let layer) = $0 { layer } else { nil } }
    #expect(Set(layers.map(\.network)) == ["resnet50", "resnet50-b16", "vgg16", "mobilenet-v2"])
    #expect(Set(layers.filter { $0.network == "resnet50" }.map(\.entry.problem.layout)) == [.nhwc, .nchw])
    for (name, ofName) in Dictionary(grouping: layers, by: { "\($0.network) \($0.entry.problem.layout?.rawValue ?? "")" }) {
      #expect(ofName.allSatisfy { $0.distinctLayers == ofName.count && $0.count > 0 }, "\(name)")
    }
  }
}
