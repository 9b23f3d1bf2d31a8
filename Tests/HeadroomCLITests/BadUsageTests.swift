import Foundation
import Testing

/// Bad usage ends with 2, one clear line on standard error and nothing on standard output.
@Suite struct BadUsageTests {
  private func expectRefusal(_ outcome: Tool.Outcome, naming words: [String], at place: SourceLocation = #_sourceLocation) {
    #expect(outcome.status == 2, sourceLocation: place)
    #expect(outcome.output.isEmpty, sourceLocation: place)
    #expect(outcome.errors.hasPrefix("error: "), sourceLocation: place)
    for word in words { #expect(outcome.errors.contains(word), sourceLocation: place) }
  }

  @Test(arguments: ["12x", "64x64", "64x64x64:xy", "0x-1x2", "axbxc", "9223372036854775807x2x2"])
  func aMalformedShape(shape: String) throws {
    expectRefusal(try Tool()("bench", "gemm", shape), naming: [shape])
    expectRefusal(try Tool()("explain", "gemm", shape), naming: [shape])
  }

  @Test(arguments: ["c64 h56", "c64 h56 k64 r3 y9", "c0 h8 k8 r1", "c3 h8 k4 r3 g2", "c8 h2 k8 r5", "resnet99"])
  func aMalformedConvolution(shape: String) throws {
    let word = String(shape.split(separator: " ")[0])
    expectRefusal(try Tool()("bench", "conv", shape), naming: [word])
    expectRefusal(try Tool()("explain", "conv", shape), naming: [word])
  }

  @Test func whatAConvolutionDoesNotTake() throws {
    expectRefusal(try Tool()("bench", "conv"), naming: ["suite", "resnet50"])
    expectRefusal(try Tool()("bench", "conv", "--suite", "imagined"), naming: ["imagined", "resnet50"])
    expectRefusal(try Tool()("bench", "conv", "c8 h8 k8 r1", "--layout", "chwn"), naming: ["chwn", "nchw"])
    expectRefusal(try Tool()("bench", "conv", "c8 h8 k8 r1", "--dtype", "f64"), naming: ["f64", "bf16"])
    expectRefusal(try Tool()("bench", "conv", "c8 h8 k8 r1", "--dtype", "f32.bf16x2"), naming: ["f32.bf16x2", "bf16"])
    expectRefusal(try Tool()("explain", "conv", "c8 h8 k8 r1", "--dtype", "f32.bf16x2"), naming: ["f32.bf16x2", "bf16"])
    expectRefusal(try Tool()("bench", "conv", "c8 h8 k8 r1", "--variants", "outer.packed"), naming: ["outer.packed", "direct"])
    expectRefusal(try Tool()("bench", "conv", "c8 h8 k8 r1", "--ukernel", "imagined"), naming: ["imagined", "headroom list"])
  }

  @Test func anUnknownOption() throws {
    expectRefusal(try Tool()("bench", "gemm", "8x8x8", "--frobnicate"), naming: ["--frobnicate"])
  }

  @Test func anUnknownType() throws {
    expectRefusal(try Tool()("bench", "gemm", "8x8x8", "--dtype", "f16"), naming: ["f16", "bf16"])
  }

  @Test func anUnknownInstructionSet() throws {
    expectRefusal(try Tool()("explain", "gemm", "8x8x8", "--isa", "avx9"), naming: ["avx9", "avx2"])
  }

  @Test func anInstructionSetAboveTheCap() throws {
    let outcome = try Tool(environment: ["HEADROOM_MAX_ISA": "scalar"])("bench", "gemm", "8x8x8", "--isa", "sse2")
    expectRefusal(outcome, naming: ["sse2"])
  }

  @Test func anUnknownVariant() throws {
    expectRefusal(
      try Tool()("bench", "gemm", "8x8x8", "--variants", "outer.imagined"), naming: ["outer.imagined", "headroom list"])
    expectRefusal(try Tool()("explain", "gemm", "8x8x8", "--variant", "outer.imagined"), naming: ["outer.imagined"])
  }

  @Test(arguments: ["0", "-1", "5000"])
  func aNumberOfThreadsOutOfRange(threads: String) throws {
    expectRefusal(try Tool()("bench", "gemm", "8x8x8", "--threads=\(threads)"), naming: [threads])
  }

  @Test func aTimeThatIsNone() throws {
    expectRefusal(try Tool()("bench", "gemm", "8x8x8", "--time", "0"), naming: ["--time"])
  }

  @Test(arguments: ["-1", "4097"])
  func aPaddingOutOfRange(padding: String) throws {
    expectRefusal(try Tool()("bench", "gemm", "8x8x8", "--padding=\(padding)"), naming: ["--padding", padding])
  }

  @Test func nothingToMeasure() throws {
    expectRefusal(try Tool()("bench", "gemm"), naming: ["--suite"])
  }

  @Test func anUnknownSuite() throws {
    expectRefusal(try Tool()("bench", "gemm", "--suite", "imagined"), naming: ["imagined", "bert-base"])
  }

  @Test func aMalformedSuiteFileIsNamedWithItsLine() throws {
    let folder = try Folder()
    _ = try folder.newFile("shapes.txt", "# two good lines, then a bad one\n64x64x64\n64x64\n")
    expectRefusal(try Tool()("bench", "gemm", "--suite", folder.file("shapes.txt")), naming: ["shapes.txt", "3", "64x64"])
  }

  @Test func aFileInAFolderThatIsNotThere() throws {
    expectRefusal(try Tool()("bench", "gemm", "8x8x8", "--json", "/nowhere/at/all.json"), naming: ["/nowhere/at", "create"])
  }

  @Test func aFileOfRivalsThatIsNone() throws {
    expectRefusal(try Tool()("report", "--quick", "--rivals", "/nowhere.json"), naming: ["/nowhere.json"])
    expectRefusal(try Tool()("report", "--quick", "--rivals", "/proc/self/status"), naming: ["/proc/self/status", "driver"])
    expectRefusal(try Tool()("report", "--quick", "--rival-sweep", "/nowhere.json"), naming: ["/nowhere.json"])
  }

  @Test func aStoredRunThatIsNone() throws {
    expectRefusal(try Tool()("report", "--stored", "/nowhere.json"), naming: ["/nowhere.json"])
    expectRefusal(try Tool()("report", "--quick", "--stored", "/nowhere.json"), naming: ["--stored", "--quick"])
    expectRefusal(try Tool()("report", "--stored", "/proc/self/status"), naming: ["/proc/self/status"])
  }

  @Test(arguments: ["/proc/report", "/dev/null/report"])
  func aReportFolderThatCannotBeWritten(path: String) throws {
    expectRefusal(try Tool()("report", "--quick", "--out", path), naming: [path])
  }

  @Test func aReportFolderWithOtherFilesIsLeftAlone() throws {
    let folder = try Folder()
    _ = try folder.newFile("thesis.tex", "years of work")
    expectRefusal(try Tool()("report", "--quick", "--out", folder.path), naming: ["thesis.tex"])
    #expect(try folder.text("thesis.tex") == "years of work")
  }

  @Test(arguments: [
    ("HEADROOM_MAX_ISA", "avx9"), ("HEADROOM_THREADS", "0"), ("HEADROOM_VARIANT", "outer.imagined"),
    ("HEADROOM_VERBOSE", "maybe"),
  ])
  func anOverrideThatMeansNothing(variable: String, value: String) throws {
    for command in ["doctor", "list"] {
      expectRefusal(try Tool(environment: [variable: value])(command), naming: [variable, value])
    }
  }
}
