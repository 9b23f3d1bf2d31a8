#if Tools
  import ArgumentParser

  struct HeadroomTool: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "headroom",
      abstract: "Measures how fast this machine multiplies matrices and convolves images, and what of that speed is software.",
      discussion: """
        Start with:
          headroom doctor                      the machine, and what is missing
          headroom bench gemm 1024x1024x1024   one product, checked and timed
          headroom bench conv resnet50         the convolutions of a network
          headroom report --quick              all on one page, in a minute

        The environment may set HEADROOM_MAX_ISA, HEADROOM_THREADS and HEADROOM_VARIANT to force what dispatch would \
        choose, HEADROOM_WINOGRAD=0 to do without Winograd's algorithm, and HEADROOM_VERBOSE=1 to print each selection on standard error.

        Exit codes: 0 done, 1 a check failed, 2 bad usage, 130 interrupted.
        """,
      version: Invocation.version,
      subcommands: [
        DoctorCommand.self, ListCommand.self, ExplainCommand.self, BenchCommand.self, RooflineCommand.self, OverheadCommand.self,
        ReportCommand.self,
      ])
  }
#endif
