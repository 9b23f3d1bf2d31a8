#if Tools
  import ArgumentParser

  struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "Lists variants, micro-kernels and rungs, and which of them run here.",
      discussion: """
        Variants are what dispatch chooses from; rungs are the textbook programs that the ladders compare them with. \
        Both take part in 'headroom bench gemm --variants'.

        Examples:
          headroom list
          headroom list --json
        """)

    @Flag(help: "Print JSON instead of tables.")
    var json = false

    func run() throws {
      let inventory = Inventory(isaCap: try Invocation().isaCap)
      try StandardOutput.write(json ? JSONText.of(inventory) : inventory.rendered())
    }
  }
#endif
