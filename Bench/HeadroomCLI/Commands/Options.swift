#if Tools
  import ArgumentParser
  import Headroom
  import Tensors
  import Workloads

  /// Help texts that several commands share.
  enum Help {
    static let shape = ArgumentHelp(
      "Sizes as MxNxK, with ':nt', ':tn' or ':tt' where A or B is stored transposed.", valueName: "shape")
    static let bench = """
      Each contestant's result is compared with a reference before it is timed; several contestants are timed in turn. \
      The table goes to standard output, or to standard error when JSON or CSV goes there. Ctrl-C keeps the shapes that are done.
      """
    static let convolution = ArgumentHelp("Sizes as one word each, such as n16 c64 h56 w56 k64 r3 s3 p1.", valueName: "words")
    static let convolutionWords = """
      A convolution's words are n images, c channels, h x w the image, k output channels, r x s the kernel; where given, p the padding (or pt, pb, \
      pl, pr), u the stride (or uh, uw), d the dilation (or dh, dw), g groups.
      """
    static let layout = ArgumentHelp(
      "How images lie in memory; weights are hwio beside nhwc, oihw beside nchw.", valueName: "layout")
    static let pass = ArgumentHelp(
      "What is computed: the output, the gradient of the input, or that of the weights.", valueName: "pass")
    static let dtype = ArgumentHelp(
      """
      Element types: bf16 is bfloat16 in and out, bf16f32 is bfloat16 in and float out; f32.bf16x1, x2 and x3 are float, with products that may be \
      formed of one, two or three bfloat16 parts.
      """, valueName: "type")
    static let without = ArgumentHelp(
      "Techniques to do without, separated by commas: \(Technique.allCases.map(\.argument).joined(separator: ", ")).",
      valueName: "techniques")
    static let ukernel = ArgumentHelp(
      "Run this micro-kernel only, by the name of its largest tile; 'headroom list' names them.", valueName: "name")
  }

  /// What dispatch may use.
  struct DispatchLimits: ParsableArguments {
    @Option(help: ArgumentHelp("Use this instruction set at most (default: the best here).", valueName: "name"))
    var isa: ISA?

    @Option(help: ArgumentHelp("Use this many threads at most (default: the cores allowed).", valueName: "n"))
    var threads: Int?

    @Flag(help: "Convolutions without Winograd's algorithm, unless it is asked for by name.")
    var noWinograd = false

    @Option(
      help: ArgumentHelp("Grant a convolution so many bytes of workspace at most (default: any number).", valueName: "bytes"))
    var workspace: Int?

    func validate() throws {
      if let workspace, workspace < 0 { throw ValidationError("--workspace is \(workspace); it must be 0 or more") }
      let range = 1...SelectionOptions.mostThreads
      if let threads, !range.contains(threads) {
        throw ValidationError("--threads is \(threads); it must be \(range.lowerBound) to \(range.upperBound)")
      }
    }

    func selectionOptions(_ invocation: Invocation) throws(Failure) -> SelectionOptions {
      SelectionOptions(
        maxISA: try invocation.usable(isa), threads: threads, allowsWinograd: !noWinograd, workspaceLimit: workspace)
    }
  }

  /// Techniques by the words for them on the command line.
  struct TechniqueChoice: ExpressibleByArgument {
    var techniques: TechniqueSet = []

    init() {}

    init?(argument: String) {
      for word in argument.split(separator: ",", omittingEmptySubsequences: false) {
        guard let technique = Technique.allCases.first(where: { $0.argument == word }) else { return nil }
        techniques.insert(TechniqueSet(technique))
      }
    }

    var defaultValueDescription: String { "none" }
  }

  extension NumericFormat: ExpressibleByArgument {}

  extension ImageLayout: ExpressibleByArgument {}
  extension ConvolutionPass: ExpressibleByArgument {}

  extension ISA: ExpressibleByArgument {
    public init?(argument: String) { self.init(name: argument) }

    public static var allValueStrings: [String] { allCases.map(\.name) }
  }
#endif
