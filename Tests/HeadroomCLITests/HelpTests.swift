import Testing

@Suite struct HelpTests {
  @Test(arguments: ["doctor", "list", "roofline", "report"])
  func everyCommandShowsExamples(command: String) throws {
    let outcome = try Tool()(command, "--help")
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("headroom \(command)"))
    #expect(outcome.output.contains("Examples:"))
    #expect(outcome.errors.isEmpty)
  }

  @Test(arguments: ["explain", "bench"])
  func everyOperationShowsExamples(command: String) throws {
    let outcome = try Tool()(command, "gemm", "--help")
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("Examples:"))
    #expect(outcome.output.contains("headroom \(command) gemm 512x512x512") || outcome.output.contains("1024x1024x1024"))
  }

  @Test func theToolSaysWhereToStart() throws {
    let outcome = try Tool()("--help")
    #expect(outcome.status == 0)
    for word in ["doctor", "list", "explain", "bench", "roofline", "report", "HEADROOM_MAX_ISA", "Exit codes"] {
      #expect(outcome.output.contains(word))
    }
  }
}
