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

  @Test(arguments: ["explain", "bench"], [("gemm", "512x512x512"), ("conv", "n1 c64 h56 w56 k64 r3 s3 p1")])
  func everyOperationShowsExamples(command: String, operation: (name: String, shape: String)) throws {
    let outcome = try Tool()(command, operation.name, "--help")
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("Examples:"))
    #expect(outcome.output.contains("headroom \(command) \(operation.name) \(operation.shape)"))
  }

  @Test func theToolSaysWhereToStart() throws {
    let outcome = try Tool()("--help")
    #expect(outcome.status == 0)
    for word in ["doctor", "list", "explain", "bench", "roofline", "report", "HEADROOM_MAX_ISA", "Exit codes"] {
      #expect(outcome.output.contains(word))
    }
  }
}
