#if Tools
  import Headroom

  /// What every command starts from: the machine, the overrides in force, and the command line as it was typed.
  struct Invocation {
    static let version = "0.1.0"

    let machine = Machine.current
    let overrides: Overrides
    let commandLine = (["headroom"] + CommandLine.arguments.dropFirst().map(shellQuoted)).joined(separator: " ")

    /// Fails on an override that can't be honoured: a run that ignored it would measure something else.
    init() throws(Failure) {
      do {
        overrides = try Overrides.process.get()
      } catch {
        throw Failure(error)
      }
    }

    /// The highest instruction set that products may use here.
    var isaCap: ISA { min(machine.isa, overrides.maxISA ?? machine.isa) }

    /// The threads that products use when the command line says nothing.
    var threads: Int { overrides.threads ?? machine.threads }

    /// `isa` if this machine has it.
    func usable(_ isa: ISA?) throws(Failure) -> ISA? {
      guard let isa, isa > isaCap else { return isa }
      if isa <= machine.isa {
        throw .badUsage("--isa \(isa.name) is above HEADROOM_MAX_ISA=\(isaCap.name)", remedy: "raise or unset the variable")
      }
      throw .badUsage("this machine has no \(isa.name)", remedy: "it offers up to \(machine.isa.name); see 'headroom doctor'")
    }
  }

  /// `word` as a shell reads it back.
  private func shellQuoted(_ word: String) -> String {
    let plain = word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./,:=+@%".contains($0)) }
    return plain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }
#endif
