import Foundation
import Testing

/// The commands that look and measure nothing.
@Suite struct LookingTests {
  @Test func doctorShowsTheMachineAndWhatIsMissing() throws {
    let outcome = try Tool(environment: ["PATH": "/nonexistent"])("doctor")
    #expect(outcome.status == 0)
    for word in ["CPU", "L1d", "threads", "memory", "gnuplot", "missing", "apt-get install gnuplot-nox"] {
      #expect(outcome.output.contains(word))
    }
  }

  @Test func doctorInJSON() throws {
    let diagnosis = try Tool(environment: ["HEADROOM_THREADS": "1"])("doctor", "--json").object()
    #expect(diagnosis["threads"] as? Int == 1)
    let environment = try #require(diagnosis["environment"] as? [String: Any])
    #expect((environment["overrides"] as? [String: String]) == ["HEADROOM_THREADS": "1"])
    let findings = try #require(diagnosis["findings"] as? [[String: Any]])
    let cores = findings.first { $0["subject"] as? String == "cores" }
    #expect(cores?["state"] is String)
  }

  @Test func listNamesVariantsKernelsAndRungs() throws {
    let inventory = try Tool(environment: ["HEADROOM_MAX_ISA": "scalar"])("list", "--json").object()
    let variants = try #require(inventory["variants"] as? [[String: Any]])
    #expect(variants.contains { $0["name"] as? String == "outer.packed" })
    let convolutions = try #require(inventory["convolutions"] as? [[String: Any]])
    #expect(convolutions.contains { $0["name"] as? String == "direct" })
    let suites = try #require(inventory["suites"] as? [[String: Any]])
    #expect(
      suites.contains { $0["op"] as? String == "conv" && $0["name"] as? String == "resnet50" && $0["shapes"] as? Int == 23 })
    let kernels = try #require(inventory["microkernels"] as? [[String: Any]])
    #expect(kernels.contains { $0["usable"] as? Bool == true })
    #expect(kernels.allSatisfy { ($0["usable"] as? Bool == true) == ($0["isa"] as? String == "scalar") })
    let rungs = try #require(inventory["rungs"] as? [[String: Any]])
    for (op, name) in [("gemm", "naive-ijk.c"), ("conv", "naive-direct.c")] {
      #expect(rungs.contains { $0["op"] as? String == op && $0["name"] as? String == name })
    }
  }

  @Test func listAsTables() throws {
    let outcome = try Tool()("list")
    #expect(outcome.status == 0)
    for word in [
      "Variants of products", "outer.packed", "Variants of convolutions", "implicit-gemm.packed", "Micro-kernels", "_swift",
      "Rungs",
      "naive-ijk.swift", "im2col.c", "Suites", "mobilenet-v2",
    ] {
      #expect(outcome.output.contains(word))
    }
  }

  @Test func explainSaysWhatWasChosenAndWhyNotTheOthers() throws {
    let explanation = try Tool()(
      "explain", "gemm", "512x512x512", "--dtype", "bf16", "--isa", "scalar", "--threads", "1", "--json"
    ).object()
    let selection = try #require(explanation["selection"] as? [String: Any])
    #expect(selection["variant"] as? String == "outer.widened")
    #expect(selection["threads"] as? Int == 1)
    let candidates = try #require(explanation["candidates"] as? [[String: Any]])
    #expect(candidates.count { $0["outcome"] as? String == "chosen" } == 1)
    for candidate in candidates {
      let isRejected = candidate["outcome"] as? String == "rejected"
      #expect(isRejected == (candidate["reason"] is String))
      #expect(isRejected != (candidate["seconds"] is Double))
    }
  }

  @Test(arguments: ["nhwc", "nchw"])
  func explainSaysWhatAConvolutionRunsWith(layout: String) throws {
    let words = [
      "explain", "conv", "n1", "c64", "h56", "w56", "k64", "r3", "s3", "p1", "--layout", layout, "--dtype", "bf16", "--json",
    ]
    let started = try Tool().start(words)
    started.process.waitUntilExit()
    let explanation = try started.outcome().object()
    #expect(explanation["op"] as? String == "conv" && explanation["shape"] as? String == "c64 h56 k64 r3 p1")
    #expect(explanation["layout"] as? String == layout && explanation["dtype"] as? String == "bf16")
    #expect((explanation["selection"] as? [String: Any])?["variant"] is String)
    let candidates = try #require(explanation["candidates"] as? [[String: Any]])
    #expect(candidates.count { $0["outcome"] as? String == "chosen" } == 1)
  }

  @Test func explainHonoursTheCap() throws {
    let outcome = try Tool(environment: ["HEADROOM_MAX_ISA": "sse2"])("explain", "gemm", "512x512x512", "--json")
    let explanation = try outcome.object()
    let isa = try #require((explanation["selection"] as? [String: Any])?["isa"] as? String)
    #expect(["scalar", "sse2"].contains(isa))
    #expect(
      try Tool(environment: ["HEADROOM_MAX_ISA": "sse2"])("explain", "gemm", "8x8x8").output.contains("HEADROOM_MAX_ISA=sse2"))
  }

  @Test func explainHonoursTheVariant() throws {
    let tool = Tool(environment: ["HEADROOM_VARIANT": "outer.direct"])
    let selection = try tool("explain", "gemm", "512x512x512", "--json").object()["selection"] as? [String: Any]
    #expect(selection?["variant"] as? String == "outer.direct")
  }

  @Test func overheadTimesEachWayOfCalling() throws {
    let outcome = try Tool()("overhead", "--quick", "--json", "-")
    #expect(outcome.status == 0)
    let run = try outcome.run()
    #expect(
      run.measurements.map(\.variant) == [
        "micro-kernels alone", "plan, pointers", "plan, spans", "one-shot, pointers", "one-shot, fresh descriptor",
        "one-shot, spans",
      ])
    for word in ["over the micro-kernels", "95 % interval"] { #expect(outcome.errors.contains(word)) }
    let large = try Tool()("overhead", "512x512x512", "--quick")
    #expect(large.status != 0)
    #expect(large.errors.contains("choose a smaller one"))
  }
}
