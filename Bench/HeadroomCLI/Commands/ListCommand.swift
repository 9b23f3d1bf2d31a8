#if Tools
  import ArgumentParser

  struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "Lists variants, micro-kernels, rungs and suites, and which of them run here.",
      discussion: """
        Variants are what dispatch chooses from; rungs are the textbook programs that the ladders compare them with. \
        Both take part in '--variants' of 'headroom bench gemm' and 'headroom bench conv'. Micro-kernels written in Swift have names in _swift.

        Examples:
          headroom list
          headroom list --json
        """)

    @Flag(help: "Print JSON instead of tables.")
    var json = false

    func run() throws {
      let cap = try Invocation().isaCap
      let inventory = try Failure.converting { try Inventory(isaCap: cap) }
      try StandardOutput.write(json ? JSONText.of(inventory) : inventory.rendered())
    }
  }
#endif
