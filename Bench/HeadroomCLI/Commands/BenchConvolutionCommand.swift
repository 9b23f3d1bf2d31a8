#if Tools
  import ArgumentParser
  import Headroom
  import Measurement
  import Tensors
  import Workloads

  struct BenchConvolutionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "conv",
      abstract: "Checks and times convolutions, beside the machine's measured ceilings.",
      discussion: """
        \(Help.bench) \(Help.convolutionWords)

        Examples:
          headroom bench conv n1 c64 h56 w56 k64 r3 s3 p1
          headroom bench conv n1 c64 h56 w56 k64 r3 s3 p1 --layout both --dtype bf16 --threads 1
          headroom bench conv c64 h28 w28 k64 r3 s3 p1 --variants all
          headroom bench conv "c64 h56 w56 k64 r1 s1" "c32 h112 w112 k32 r3 s3 p1 g32" --json -
          headroom bench conv c64 h56 w56 k64 r3 s3 p1 --pass all
          headroom bench conv resnet50 --threads 1 --json results.json --csv results.csv
        """)

    @Argument(
      help: ArgumentHelp(
        "Sizes as one word each, such as n16 c64 h56 w56 k64 r3 s3 p1; several shapes in quotes; or the name or file of a suite.",
        valueName: "words"))
    var words: [String] = []

    @Option(help: ArgumentHelp("Also the shapes of a suite, or of a file with one shape a line.", valueName: "name or file"))
    var suite: String?

    @Option(help: Help.layout)
    var layout = LayoutChoice.nhwc

    @Option(help: Help.pass)
    var pass = PassChoice.forward

    @Option(help: Help.dtype)
    var dtype = NumericFormat.f32

    @OptionGroup var bench: BenchOptions

    func run() throws {
      let entries = try shapes().flatMap { name, shape in
        layout.layouts.flatMap { layout in
          pass.passes.map { NamedProblem(name: name, .convolution(shape, layout, $0)) }
        }
      }
      try bench.run(.conv, entries, dtype)
    }

    /// Those of quoted arguments, of the words that stand alone, and of suites.
    private func shapes() throws(Failure) -> [(name: String?, shape: ConvolutionShape)] {
      let known = try Failure.converting { try ConvolutionSuite.bundled.map(\.name) }
      let suites = words.filter { known.contains($0) || $0.contains("/") || $0.contains(".") } + (suite.map { [$0] } ?? [])
      let rest = words.filter { !suites.contains($0) }
      let alone = rest.filter { !$0.contains(" ") }
      let texts = rest.filter { $0.contains(" ") } + (alone.isEmpty ? [] : [alone.joined(separator: " ")])
      var shapes: [(name: String?, shape: ConvolutionShape)] = []
      for text in texts { shapes.append((nil, try Failure.converting { try ConvolutionShape(parsing: text) })) }
      for suite in suites {
        shapes += try Failure.converting { try ConvolutionSuite(named: suite).entries.map { ($0.name, $0.shape) } }
      }
      if shapes.isEmpty {
        throw .badUsage(
          "nothing to measure", remedy: "name a shape such as n1 c64 h56 w56 k64 r3 s3 p1, or a suite such as resnet50")
      }
      return shapes
    }
  }

  /// What `--layout` asks for.
  enum LayoutChoice: String, ExpressibleByArgument, CaseIterable {
    case nhwc, nchw, both

    var layouts: [ImageLayout] {
      switch self {
      case .nhwc: [.nhwc]
      case .nchw: [.nchw]
      case .both: [.nhwc, .nchw]
      }
    }
  }

  /// What `--pass` asks for.
  enum PassChoice: String, ExpressibleByArgument, CaseIterable {
    case forward, all
    case backwardData = "backward-data"
    case backwardWeights = "backward-weights"

    var passes: [ConvolutionPass] { ConvolutionPass(rawValue: rawValue).map { [$0] } ?? ConvolutionPass.allCases }
  }

  extension ConvolutionSuite {
    /// The bundled suite of this name, or the file at this path.
    init(named text: String) throws(WorkloadError) {
      let isPath = text.contains("/") || text.contains(".")
      self = isPath ? try ConvolutionSuite(contentsOf: text) : try ConvolutionSuite.named(text)
    }
  }
#endif
