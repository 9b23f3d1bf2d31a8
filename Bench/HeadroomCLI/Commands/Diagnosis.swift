#if Tools
  import Foundation
  import Headroom
  import Measurement
  import Reporting
  import Results
  import Rungs

  /// What `doctor` prints.
  struct Diagnosis: Encodable {
    struct Finding: Encodable {
      enum State: String, Encodable {
        case ok, missing, limited
      }

      var subject: String
      var state: State
      var detail: String
      /// What to do about it; nil where nothing is to be done.
      var remedy: String?
    }

    var environment: RunEnvironment
    /// Threads that a product uses when nothing else is said.
    var threads: Int
    /// Instruction sets that Headroom has kernels for and this process can't use.
    var unusableISAs: [String]
    var findings: [Finding]

    enum CodingKeys: String, CodingKey {
      case environment, threads, findings
      case unusableISAs = "unusable_isas"
    }

    init(_ invocation: Invocation) {
      environment = EnvironmentProbe().finish(
        seed: SamplingOptions.defaultSeed, isa: invocation.isaCap, swiftCompiler: swiftCompiler)
      threads = invocation.threads
      unusableISAs = ISA.allCases.filter { $0 > invocation.isaCap }.map(\.name)
      findings = [
        Self.instructionSets(invocation), Self.cores(invocation),
        Self.program(
          "gnuplot", gives: "charts in the report",
          remedy: "apt-get install gnuplot-nox; without it the report has its tables only"),
        Self.program(
          "python3", gives: "the Python rung of the software ladder",
          remedy: "apt-get install python3; without it the ladder starts at plain Swift"),
        Self.program(
          "git", gives: "the commit in a report's environment block",
          remedy: "apt-get install git; without it the commit is unknown"),
      ]
    }

    private static func instructionSets(_ invocation: Invocation) -> Finding {
      let detail = "kernels up to \(invocation.isaCap.name) are usable"
      if invocation.isaCap < invocation.machine.isa {
        return Finding(
          subject: "instruction set", state: .limited, detail: "\(detail): HEADROOM_MAX_ISA hides \(invocation.machine.isa.name)",
          remedy: "unset HEADROOM_MAX_ISA")
      }
      return Finding(subject: "instruction set", state: .ok, detail: detail)
    }

    private static func cores(_ invocation: Invocation) -> Finding {
      let machine = invocation.machine
      if let threads = invocation.overrides.threads, threads != machine.threads {
        return Finding(
          subject: "cores", state: .limited, detail: "HEADROOM_THREADS=\(threads), \(machine.threads) are usable",
          remedy: "unset HEADROOM_THREADS")
      }
      if machine.threads < machine.cpusOnline {
        let quota = machine.cpuQuota.map { ", and the quota grants \(Format.number($0)) CPUs' time" } ?? ""
        return Finding(
          subject: "cores", state: .limited,
          detail: "\(machine.threads) of \(machine.cpusOnline) are used: \(machine.cpusAllowed) allowed\(quota)",
          remedy: "widen the affinity mask (taskset) or the cgroup's CPU quota for figures of the whole machine")
      }
      return Finding(subject: "cores", state: .ok, detail: "all \(machine.threads) are used")
    }

    private static func program(_ name: String, gives: String, remedy: String) -> Finding {
      if let path = ExternalProgram.path(of: name) {
        return Finding(subject: name, state: .ok, detail: "\(path): \(gives)")
      }
      return Finding(subject: name, state: .missing, detail: "not in PATH: no \(gives)", remedy: remedy)
    }
  }

  extension Diagnosis {
    func rendered() -> String {
      var machine = TextTable(columns: [.init("machine"), .init("")])
      machine.add(["CPU", environment.cpu + (environment.hypervisor ? " (virtual machine)" : "")])
      for cache in environment.caches {
        let shared = cache.sharedBy > 1 ? ", shared by \(cache.sharedBy) CPUs" : ""
        let size = cache.bytes > 0 ? "\(Format.bytes(cache.bytes)), \(cache.ways) ways\(shared)" : "unknown"
        machine.add([cache.name, size])
      }
      let quota = environment.cpuQuota.map { ", quota \(Format.number($0))" } ?? ", no quota"
      machine.add(["cores", "\(environment.cpusOnline) online, \(environment.cpusAllowed) allowed\(quota)"])
      machine.add(["threads used", "\(threads)"])
      machine.add(["usable", environment.isas.joined(separator: ", ")])
      machine.add(["not usable", unusableISAs.isEmpty ? "none" : unusableISAs.joined(separator: ", ")])
      machine.add(["memory", Format.bytes(environment.memoryBytes)])
      machine.add(["system", "\(environment.os), kernel \(environment.kernel)"])
      for (name, value) in environment.overrides.sorted(by: { $0.key < $1.key }) { machine.add([name, value]) }

      var checks = TextTable(columns: [.init("check"), .init("state"), .init("what was found")])
      for finding in findings { checks.add([finding.subject, finding.state.rawValue, finding.detail]) }
      let remedies = findings.compactMap { finding in finding.remedy.map { "  \(finding.subject): \($0)\n" } }
      return machine.text + "\n" + checks.text
        + (remedies.isEmpty ? "\nNothing is missing.\n" : "\nRemedies:\n" + remedies.joined())
    }
  }
#endif
