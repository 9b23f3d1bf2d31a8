#if Tools
  import ArgumentParser
  import Measurement

  /// How long and on what data is measured.
  struct SamplingOptions: ParsableArguments {
    static let defaultSeconds = 0.5
    static let quickSeconds = 0.02
    static let defaultSeed: UInt64 = 1

    @Option(help: ArgumentHelp("Seconds of sampling for each contestant on each shape (default: 0.5).", valueName: "seconds"))
    var time: Double?

    @Flag(help: "Sample for 0.02 s: a look, not a result.")
    var quick = false

    @Flag(help: "Rotate the operands through more than the last-level cache.")
    var cold = false

    @Option(help: ArgumentHelp("Seed of the random operands.", valueName: "n"))
    var seed = Self.defaultSeed

    func validate() throws {
      if let time, !(time > 0 && time <= 3600) { throw ValidationError("--time is \(time); it must be above 0 and at most 3600") }
      if quick, time != nil { throw ValidationError("--time and --quick exclude each other") }
    }

    var settings: Bench.Settings {
      var settings = Bench.Settings()
      settings.secondsPerPoint = time ?? (quick ? Self.quickSeconds : Self.defaultSeconds)
      settings.seed = seed
      settings.cold = cold
      return settings
    }

    /// The options that a row's command must repeat.
    var words: [String] {
      var words: [String] = []
      if let time { words += ["--time", "\(time)"] }
      if quick { words.append("--quick") }
      if cold { words.append("--cold") }
      if seed != Self.defaultSeed { words += ["--seed", "\(seed)"] }
      return words
    }
  }
#endif
