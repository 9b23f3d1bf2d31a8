#if Tools
  import ArgumentParser

  struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "doctor",
      abstract: "Shows the machine as Headroom sees it, what is missing, and the remedy.",
      discussion: """
        Examples:
          headroom doctor
          headroom doctor --json
        """)

    @Flag(help: "Print JSON instead of text.")
    var json = false

    func run() throws {
      let diagnosis = Diagnosis(try Invocation())
      try StandardOutput.write(json ? JSONText.of(diagnosis) : diagnosis.rendered())
    }
  }
#endif
