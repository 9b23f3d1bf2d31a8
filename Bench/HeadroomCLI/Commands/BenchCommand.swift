#if Tools
  import ArgumentParser
  import Headroom
  import Measurement
  import Reporting
  import Workloads

  struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "bench",
      abstract: "Checks and times products and convolutions, beside the machine's measured ceilings.",
      subcommands: [BenchGEMMCommand.self, BenchConvolutionCommand.self])
  }

  struct BenchGEMMCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "gemm",
      abstract: "Checks and times matrix products, beside the machine's measured ceilings.",
      discussion: """
        \(Help.bench)

        Examples:
          headroom bench gemm 1024x1024x1024
          headroom bench gemm 8x4096x4096:nt --dtype bf16 --threads 1
          headroom bench gemm 999x999x999 --variants naive-ijk.c,outer.packed
          headroom bench gemm 1024x1024x1024 --variants ikj.c --padding 16
          headroom bench gemm 4096x4096x4096 --variants outer.packed,outer.strassen --threads 1
          headroom bench gemm 2048x2048x2048 --dtype f32.bf16x3
          headroom bench gemm 1024x1024x1024 --ukernel outer_f32_6x16_avx2_swift
          headroom bench gemm --suite bert-base --json results.json --csv results.csv
          headroom bench gemm 512x512x512 --variants all --json -
        """)

    @Argument(help: Help.shape)
    var shapes: [String] = []

    @Option(
      help: ArgumentHelp(
        "Also the shapes of a suite: squares, bert-base, llama-7b, resnet50-im2col, report, or a file with one shape a line.",
        valueName: "name or file"))
    var suite: String?

    @Option(help: Help.dtype)
    var dtype = NumericFormat.f32

    @Option(help: Help.without)
    var without = TechniqueChoice()

    @Option(help: ArgumentHelp("Elements between the end of a row and the start of the next.", valueName: "n"))
    var padding = 0

    @OptionGroup var bench: BenchOptions

    func validate() throws {
      if !(0...4096).contains(padding) { throw ValidationError("--padding is \(padding); it must be 0 to 4096") }
    }

    func run() throws {
      try bench.run(.gemm, try entries(), dtype, without: without.techniques, leadingPadding: padding)
    }

    private func entries() throws(Failure) -> [NamedProblem] {
      var entries: [NamedProblem] = []
      for text in shapes {
        entries.append(NamedProblem(.product(try Failure.converting { try GEMMShape(parsing: text) })))
      }
      if let suite { entries += try Failure.converting { try Suite(named: suite).entries.map { NamedProblem($0) } } }
      if entries.isEmpty {
        throw .badUsage("nothing to measure", remedy: "name a shape such as 1024x1024x1024, or a suite with --suite")
      }
      return entries
    }
  }

  /// What every operation is measured with, and where its results go.
  struct BenchOptions: ParsableArguments {
    @OptionGroup var limits: DispatchLimits

    @Option(help: ArgumentHelp("Variants and rungs by name, separated by commas, or 'all'.", valueName: "names"))
    var variants = VariantChoice.chosen

    @Option(help: Help.ukernel)
    var ukernel: String?

    @OptionGroup var sampling: SamplingOptions

    @Option(help: ArgumentHelp("Write the run as JSON; '-' is standard output.", valueName: "file"))
    var json: Destination?

    @Option(help: ArgumentHelp("Write the measurements as CSV; '-' is standard output.", valueName: "file"))
    var csv: Destination?

    func run(
      _ operation: Operation, _ entries: [NamedProblem], _ format: NumericFormat, without: TechniqueSet = [],
      leadingPadding: Int = 0
    ) throws {
      let invocation = try Invocation()
      try variants.check(operation)
      try operation.check(format)
      var options = try limits.selectionOptions(invocation)
      options.microkernel = ukernel
      options.without = without
      let benchmark = Benchmark(
        invocation: invocation, entries: entries, format: format, options: options, variants: variants,
        leadingPadding: leadingPadding, sampling: sampling)
      for destination in [json, csv].compactMap(\.self) { try destination.check() }
      Interrupt.listen()
      let record = try benchmark.measure()
      let run = record.run()
      try RunOutput(json: json, csv: csv).write(run, table: run.measurementTable, rows: CSVWriter.text(run.measurements))
      try record.check()
    }
  }

  extension Suite {
    /// The bundled suite of this name, or the file at this path.
    init(named text: String) throws(WorkloadError) {
      let isPath = text.contains("/") || text.contains(".")
      self = isPath ? try Suite(contentsOf: text) : try Suite.named(text)
    }
  }
#endif
