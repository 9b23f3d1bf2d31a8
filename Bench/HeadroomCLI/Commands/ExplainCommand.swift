#if Tools
  import ArgumentParser
  import Headroom
  import Measurement
  import Workloads

  struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "explain",
      abstract: "Shows what dispatch chooses for a problem, and why not the others.",
      subcommands: [ExplainGEMMCommand.self])
  }

  struct ExplainGEMMCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "gemm",
      abstract: "Shows which variant and micro-kernel a matrix product runs with, and why not the others.",
      discussion: """
        Every candidate is listed with its predicted time or the reason it was rejected. Nothing is run.

        Examples:
          headroom explain gemm 512x512x512 --dtype bf16
          headroom explain gemm 8x4096x4096:nt --isa avx2 --threads 1
          headroom explain gemm 512x512x512 --json
        """)

    @Argument(help: Help.shape)
    var shape: String

    @Option(help: Help.dtype)
    var dtype = NumericFormat.f32

    @OptionGroup var limits: DispatchLimits

    @Option(help: ArgumentHelp("Consider this variant only; 'headroom list' names them.", valueName: "name"))
    var variant: String?

    @Option(help: Help.ukernel)
    var ukernel: String?

    @Option(help: Help.without)
    var without = TechniqueChoice()

    @Flag(help: "Print JSON instead of tables.")
    var json = false

    func run() throws {
      let invocation = try Invocation()
      let problem = try Failure.converting { try GEMMShape(parsing: shape) }
      var options = try limits.selectionOptions(invocation)
      options.variant = variant
      options.microkernel = ukernel
      options.without = without.techniques
      let candidates = try Failure.converting { try explain(problem.descriptor(dtype, options)) }
      let explanation = Explanation(shape: problem, dtype: dtype, overrides: invocation.overrides.inForce, candidates: candidates)
      try StandardOutput.write(json ? JSONText.of(explanation) : explanation.rendered())
    }
  }
#endif
