import Foundation
import Results
import Testing

/// `headroom bench conv` on small convolutions: what it prints and keeps, not how fast.
@Suite struct BenchConvolutionTests {
  @Test(arguments: ["f32", "bf16", "bf16f32"])
  func wordsMakeOneShapeInEachLayout(dtype: String) throws {
    let outcome = try Tool()(
      "bench", "conv", "n2", "c8", "h9", "w7", "k6", "r3", "s3", "p1", "--layout", "both", "--dtype", dtype, "--threads", "1",
      "--quick", "--json", "-")
    #expect(outcome.status == 0)
    let rows = try outcome.run().measurements
    #expect(rows.map(\.layout) == ["nhwc", "nchw"])
    for row in rows {
      #expect(row.op == "conv" && row.shape == "n2 c8 h9 w7 k6 r3 p1" && row.dtype == dtype && row.verified)
      #expect(row.shareOfRoof ?? 0 > 0)
    }
    #expect(outcome.errors.contains("nchw"))
  }

  @Test func allPassesAreCheckedAndTimed() throws {
    let run = try Tool()(
      "bench", "conv", "n2", "c8", "h9", "k6", "r3", "p1", "u2", "--pass", "all", "--threads", "1", "--quick", "--json", "-"
    ).run()
    #expect(run.measurements.map(\.op) == ["conv", "conv backward-data", "conv backward-weights"])
    #expect(run.measurements.allSatisfy { $0.verified && $0.shape == "n2 c8 h9 k6 r3 p1 u2" })
  }

  @Test(arguments: ["forward", "backward-data"])
  func theCommandOfARowRepeatsIt(pass: String) throws {
    let first = try Tool()(
      "bench", "conv", "c6 h9 k4 r3 pt1 pl2 u2 g2", "--layout", "nchw", "--pass", pass, "--threads", "1", "--quick", "--json", "-"
    ).run()
    let row = try #require(first.measurements.first)
    let again = try Tool().start(row.command.split(separator: " ").dropFirst().map(String.init) + ["--json", "-"])
    again.process.waitUntilExit()
    let repeated = try #require(try again.outcome().run().measurements.first)
    #expect(repeated.shape == row.shape && repeated.layout == row.layout && repeated.variant == row.variant)
    #expect(repeated.isa == row.isa && repeated.threads == row.threads && repeated.command == row.command)
  }

  @Test func rungsAndVariantsStandSideBySide() throws {
    let run = try Tool()(
      "bench", "conv", "c8 h6 k8 r3", "--variants", "naive-direct.c,im2col.c,naive-direct.swift,direct", "--threads", "1",
      "--quick",
      "--json", "-"
    ).run()
    #expect(run.measurements.map(\.variant) == ["naive-direct.c", "im2col.c", "naive-direct.swift", "direct"])
    #expect(run.measurements.allSatisfy { $0.verified && $0.note?.contains("leading dimensions") != true })
  }

  @Test func quotedShapesAndAFileOfOnesOwn() throws {
    let folder = try Folder()
    _ = try folder.newFile("mine.txt", "mine.a c8 h6 k8 r1 x2\nc4 h5 k4 r3 p1 g4\n")
    let run = try Tool()(
      "bench", "conv", "c4 h4 k4 r1", folder.file("mine.txt"), "c5 h5 k5 r1", "--threads", "1", "--quick", "--json", "-"
    ).run()
    #expect(
      run.measurements.map(\.shape) == ["c4 h4 k4 r1", "c5 h5 k5 r1", "c8 h6 k8 r1", "c4 h5 k4 r3 p1 g4"])
    #expect(run.measurements.map(\.shapeName) == [nil, nil, "mine.a", nil])
  }

  @Test func aMicrokernelByName() throws {
    let inventory = try Tool()("list", "--json").object()
    let kernels = try #require(inventory["microkernels"] as? [[String: Any]]).filter {
      $0["isa"] as? String == "sse2" && $0["family"] as? String == "outer" && $0["language"] as? String == "swift"
    }
    let tallest = kernels.max { ($0["mr"] as? Int ?? 0) < ($1["mr"] as? Int ?? 0) }
    guard let name = tallest?["name"] as? String else { return }
    let row = try #require(
      try Tool()(
        "bench", "conv", "c8 h6 k8 r3", "--ukernel", name, "--variants", "direct", "--threads", "1", "--quick", "--json", "-"
      ).run().measurements.first)
    #expect(row.ukernel == name && row.command.contains("--ukernel \(name)"))
  }
}
