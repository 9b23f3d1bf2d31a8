import KernelDispatch
import Testing

@Suite("Golden selections")
struct GoldenSelectionTests {
  /// A change here changes what users get: take new lines from the failure's text once a measurement has asked for them.
  @Test("Shapes select what they did", arguments: ISA.allCases)
  func golden(isa: ISA) throws {
    let expected = (Self.golden[isa] ?? "").split(separator: "\n").map(String.init)
    #expect(!expected.isEmpty)
    let dispatch = SyntheticMachine.dispatch(isa, threads: 2)
    for line in expected {
      let shape = String(line.prefix { $0 != ">" }.dropLast(2))
      let descriptor = try #require(GEMMDescriptor(line: shape))
      let selected = "\(shape) -> \(try dispatch.select(descriptor))"
      #expect(selected == line, "now: \(selected)")
    }
  }
}
