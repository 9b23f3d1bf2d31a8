#if Tools
  import ArgumentParser
  import Headroom
  import Measurement
  import Tensors
  import Workloads

  struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "explain",
      abstract: "Shows what dispatch chooses for a problem, and why not the others.",
      subcommands: [ExplainGEMMCommand.self, ExplainConvolutionCommand.self])
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

    @OptionGroup var choice: ExplainOptions

    func run() throws {
      try choice.explain(.product(try Failure.converting { try GEMMShape(parsing: shape) }), dtype)
    }
  }

  struct ExplainConvolutionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "conv",
      abstract: "Shows which variant and micro-kernel a convolution runs with, and why not the others.",
      discussion: """
        Every candidate is listed with its predicted time or the reason it was rejected. Nothing is run. \(Help.convolutionWords)

        Examples:
          headroom explain conv n1 c64 h56 w56 k64 r3 s3 p1
          headroom explain conv n1 c64 h56 w56 k64 r3 s3 p1 --layout nchw --dtype bf16
          headroom explain conv c64 h28 w28 k64 r3 s3 p1 u2 --pass backward-data
          headroom explain conv c32 h112 w112 k32 r3 s3 p1 g32 --isa avx2 --json
        """)

    @Argument(help: Help.convolution)
    var words: [String]

    @Option(help: Help.layout)
    var layout = ImageLayout.nhwc

    @Option(help: Help.pass)
    var pass = ConvolutionPass.forward

    @Option(help: Help.dtype)
    var dtype = NumericFormat.f32

    @OptionGroup var choice: ExplainOptions

    func run() throws {
      let shape = try Failure.converting { try ConvolutionShape(parsing: words.joined(separator: " ")) }
      try choice.explain(.convolution(shape, layout, pass), dtype)
    }
  }

  /// What is considered, and how it is shown.
  struct ExplainOptions: ParsableArguments {
    @OptionGroup var limits: DispatchLimits

    @Option(help: ArgumentHelp("Consider this variant only; 'headroom list' names them.", valueName: "name"))
    var variant: String?

    @Option(help: Help.ukernel)
    var ukernel: String?

    @Option(help: Help.without)
    var without = TechniqueChoice()

    @Flag(help: "Print JSON instead of tables.")
    var json = false

    func explain(_ problem: Problem, _ dtype: NumericFormat) throws {
      try problem.operation.check(dtype)
      let invocation = try Invocation()
      var options = try limits.selectionOptions(invocation)
      options.variant = variant
      options.microkernel = ukernel
      options.without = without.techniques
      let explanation = try Failure.converting {
        try Explanation(problem, dtype, options, overrides: invocation.overrides.inForce)
      }
      try StandardOutput.write(json ? JSONText.of(explanation) : explanation.rendered())
    }
  }
#endif
