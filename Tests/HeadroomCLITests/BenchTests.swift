import Foundation
import Results
import Testing

/// `headroom bench gemm` on small products: what it prints and keeps, not how fast.
@Suite struct BenchTests {
  @Test(arguments: ["f32", "f64", "bf16", "bf16f32", "f32.bf16x1", "f32.bf16x2", "f32.bf16x3"])
  func jsonHasEveryFieldOfAResult(dtype: String) throws {
    let outcome = try Tool()("bench", "gemm", "64x64x64", "--dtype", dtype, "--threads", "1", "--quick", "--json", "-")
    #expect(outcome.status == 0)
    let rows = try #require(outcome.object()["measurements"] as? [[String: Any]])
    #expect(rows.count == 1)
    let row = try #require(rows.first)
    #expect(row["op"] as? String == "gemm")
    #expect(row["shape"] as? String == "64x64x64")
    #expect(row["dtype"] as? String == dtype)
    #expect(row["threads"] as? Int == 1)
    #expect(row["verified"] as? Bool == true)
    let seconds = try #require(row["seconds"] as? [String: Any])
    for field in ["median", "best", "samples"] { #expect((seconds[field] as? NSNumber)?.doubleValue ?? 0 > 0) }
    for field in ["gflops", "share_of_peak", "share_of_roof"] { #expect((row[field] as? Double ?? 0) > 0) }
    for field in ["isa", "variant", "command"] { #expect((row[field] as? String)?.isEmpty == false) }
    // The table is for eyes and goes out of the way.
    #expect(outcome.errors.contains("64x64x64"))
  }

  @Test func theCommandOfARowRepeatsIt() throws {
    let first = try Tool()("bench", "gemm", "33x65x17:nt", "--dtype", "bf16f32", "--threads", "1", "--quick", "--json", "-").run()
    let row = try #require(first.measurements.first)
    let words = row.command.split(separator: " ").map(String.init)
    #expect(words.first == "headroom")
    let again = try Tool().start(Array(words.dropFirst()) + ["--quick", "--json", "-"])
    again.process.waitUntilExit()
    let repeated = try #require(try again.outcome().run().measurements.first)
    #expect(repeated.shape == row.shape)
    #expect(repeated.dtype == row.dtype)
    #expect(repeated.variant == row.variant)
    #expect(repeated.isa == row.isa)
    #expect(repeated.threads == row.threads)
    #expect(repeated.command == row.command)
  }

  @Test func aPaddedRowSaysSoAndRepeatsIt() throws {
    let run = try Tool()(
      "bench", "gemm", "33x20x17:tn", "--variants", "outer.packed", "--padding", "16", "--threads", "1", "--quick", "--json", "-"
    ).run()
    let row = try #require(run.measurements.first)
    #expect(row.note == "leading dimensions padded by 16")
    #expect(row.command.contains(" --padding 16"))
  }

  @Test func rungsAndVariantsStandSideBySide() throws {
    let outcome = try Tool()(
      "bench", "gemm", "48x40x56", "--variants", "naive-ijk.c,naive-ijk.swift,outer.packed", "--threads", "1", "--quick",
      "--json", "-")
    #expect(outcome.status == 0)
    let run = try outcome.run()
    #expect(run.measurements.map(\.variant) == ["naive-ijk.c", "naive-ijk.swift", "outer.packed"])
    #expect(run.measurements.allSatisfy { $0.verified })
    #expect(!run.ceilings.isEmpty)
  }

  @Test func allVariantsThatCanServe() throws {
    let run = try Tool()("bench", "gemm", "32x32x32", "--variants", "all", "--threads", "1", "--quick", "--json", "-").run()
    let names = Set(run.measurements.map(\.variant))
    #expect(names.isSuperset(of: ["outer.direct", "outer.packed", "naive-ijk.c"]))
    #expect(run.measurements.allSatisfy { $0.verified })
  }

  @Test func whatCannotServeIsSaidAndTheRestMeasured() throws {
    let outcome = try Tool()(
      "bench", "gemm", "32x32x32", "--variants", "dot.direct,outer.packed", "--threads", "1", "--quick", "--json", "-")
    let run = try outcome.run()
    #expect(run.measurements.map(\.variant) == ["outer.packed"])
    #expect(run.missing.contains { $0.contains("dot.direct") })
  }

  @Test func nothingThatCanServeIsBadUsage() throws {
    let outcome = try Tool()("bench", "gemm", "32x32x32", "--variants", "naive-ijk.c", "--dtype", "bf16", "--json", "-")
    #expect(outcome.status == 2)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains("naive-ijk.c") && outcome.errors.contains("f32 only"))
  }

  @Test func aShapeThatIsTooLargeDoesNotTakeTheOthersWithIt() throws {
    let outcome = try Tool()("bench", "gemm", "8000000x8000000x8", "16x16x16", "--threads", "1", "--quick", "--json", "-")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("error: 8000000x8000000x8"))
    #expect(try outcome.run().measurements.map(\.shape) == ["16x16x16"])
  }

  @Test func theTableIsOnStandardOutput() throws {
    let outcome = try Tool()("bench", "gemm", "64x64x64", "--quick")
    #expect(outcome.status == 0)
    for word in ["64x64x64", "GFLOP/s", "verified"] { #expect(outcome.output.contains(word)) }
  }

  @Test func filesAreWrittenBesideTheTable() throws {
    let folder = try Folder()
    let outcome = try Tool()(
      "bench", "gemm", "64x64x64", "16x16x16", "--quick", "--json", folder.file("a.json"), "--csv", folder.file("a.csv"))
    #expect(outcome.status == 0)
    let run = try JSONDecoder().decode(Run.self, from: Data(folder.text("a.json").utf8))
    #expect(run.measurements.map(\.shape) == ["64x64x64", "16x16x16"])
    let lines = try folder.text("a.csv").split(whereSeparator: \.isNewline)
    #expect(lines.count == 3)
    #expect(lines[0].hasPrefix("op,shape"))
  }

  @Test func aSuiteOfOnesOwn() throws {
    let folder = try Folder()
    _ = try folder.newFile("mine.txt", "# mine\n16x16x16\n8x24x40:nt\n")
    let run = try Tool()("bench", "gemm", "--suite", folder.file("mine.txt"), "--quick", "--json", "-").run()
    #expect(run.measurements.map(\.shape) == ["16x16x16", "8x24x40:nt"])
  }

  @Test func aFullDiskIsNoticed() throws {
    let outcome = try Tool()("bench", "gemm", "16x16x16", "--quick", "--csv", "/dev/full")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("/dev/full"))
  }

  @Test func verboseNamesTheSelections() throws {
    let outcome = try Tool(environment: ["HEADROOM_VERBOSE": "1"])("bench", "gemm", "64x64x64", "--threads", "1", "--quick")
    #expect(outcome.errors.contains("64x64x64"))
    #expect(outcome.errors.contains("kc="))
  }

  @Test func anInterruptKeepsTheShapesThatAreDone() throws {
    let folder = try Folder()
    let shapes = (1...1000).map { "\($0)x8x8" }
    _ = try folder.newFile("many.txt", shapes.joined(separator: "\n"))
    let started = try Tool().start([
      "bench", "gemm", "--suite", folder.file("many.txt"), "--threads", "1", "--time", "0.1", "--json", folder.file("kept.json"),
    ])
    Thread.sleep(forTimeInterval: 5)
    started.process.interrupt()
    started.process.waitUntilExit()
    #expect(started.process.terminationReason == .exit)
    #expect(started.process.terminationStatus == 130)
    let run = try JSONDecoder().decode(Run.self, from: Data(folder.text("kept.json").utf8))
    #expect(run.measurements.map(\.shape) == Array(shapes.prefix(run.measurements.count)))
    #expect(run.missing == ["interrupted: \(1000 - run.measurements.count) of 1000 shapes were not measured"])
  }
}

@Suite struct RooflineTests {
  @Test func theCeilingsInJSONAndAsCSV() throws {
    let folder = try Folder()
    let outcome = try Tool(environment: ["HEADROOM_MAX_ISA": "scalar"])(
      "roofline", "--threads", "1", "--quick", "--json", "-", "--csv", folder.file("ceilings.csv"))
    #expect(outcome.status == 0)
    let run = try outcome.run()
    #expect(Set(run.ceilings.map(\.isa)) == ["scalar"] && Set(run.ceilings.map(\.threads)) == [1])
    for name in ["f32", "f64", "read", "copy", "triad"] { #expect(run.ceilings.contains { $0.name == name && $0.value > 0 }) }
    #expect(try folder.text("ceilings.csv").split(whereSeparator: \.isNewline).count == run.ceilings.count + 1)
    #expect(outcome.errors.contains("GB/s"))
  }
}
