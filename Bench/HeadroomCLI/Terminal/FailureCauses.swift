#if Tools
  import Headroom
  import Reporting
  import Workloads

  extension Failure {
    /// Runs `body` and turns the typed errors of the libraries into failures with a remedy.
    static func converting<Result>(_ body: () throws -> Result) throws(Failure) -> Result {
      do {
        return try body()
      } catch {
        throw Failure(error)
      }
    }

    init(_ error: any Error) {
      switch error {
      case let failure as Failure: self = failure
      case let error as HeadroomError: self = .badUsage("\(error)", remedy: Self.remedy(error))
      case let error as WorkloadError: self = .badUsage("\(error)", remedy: Self.remedy(error))
      case let error as ReportingError: self = Failure(code: Self.code(error), message: "\(error)")
      default: self = .checkFailed("\(error)", remedy: "run 'headroom doctor' and report what it says with this message")
      }
    }

    private static func code(_ error: ReportingError) -> Code {
      switch error {
      case .notWritable, .foreignFiles: .badUsage
      case .unreadable, .newerSchema, .malformed, .notANumber, .diskFull, .template: .checkFailed
      }
    }

    private static func remedy(_ error: HeadroomError) -> String {
      switch error {
      case .unknownVariant, .unknownMicrokernel, .noCandidate: "'headroom list' names what there is"
      case .unknownISA: "'headroom doctor' shows what this machine offers"
      case .invalidOverride(let variable, _, _): "correct or unset \(variable)"
      case .outOfMemory: "choose a smaller shape"
      default: "choose another shape, type or number of threads"
      }
    }

    private static func remedy(_ error: WorkloadError) -> String {
      switch error {
      case .malformedShape: "'headroom help bench gemm' shows examples"
      case .malformedLine, .emptySuite: "correct the file"
      case .unreadable: "check the path and its permissions"
      case .unknownSuite: "use one of these or the path of a file"
      }
    }
  }
#endif
