import CeilingKernels
import Foundation
import KernelDispatch
import Results

/// What a reader needs to repeat a run, gathered from its start to its end. What can't be known is the word `unknown`.
public struct EnvironmentProbe: Sendable {
  static let unknown = "unknown"
  /// How Package.swift has the kernels and the code around them compiled; instruction sets come by function attributes, without flags.
  package static let flags = "C: -O3 -fopenmp -fno-math-errno -std=gnu17; Swift: -O"

  private let processorTimes: ProcessorTimes?
  private let load: Double?

  /// Notes where the processors' times stand at the start, and the load that is not of the run's own making.
  public init() {
    processorTimes = ProcessorTimes(SystemFile.text("/proc/stat"))
    load = Self.load(SystemFile.text("/proc/loadavg"))
  }

  /// The environment of the run that started with this probe. Costs some ms: it reads files and asks git.
  ///
  /// - Parameters:
  ///   - commit: of the tool; that of the working tree that holds the executable, unless given.
  ///   - isa: the highest instruction set in use; that of the machine unless given.
  ///   - swiftCompiler: name and version.
  ///   - libraries: name and version of those that take part beside the C library and OpenMP.
  public func finish(
    commit: String? = nil, seed: UInt64, isa: ISA? = nil, swiftCompiler: String, libraries: [String: String] = [:],
    machine: Machine = .current
  ) -> RunEnvironment {
    RunEnvironment(
      cpu: Self.cpu(machine), caches: Self.caches(machine), cpusOnline: machine.cpusOnline, cpusAllowed: machine.cpusAllowed,
      cpuQuota: machine.cpuQuota, isas: ISA.allCases.filter { $0 <= min(isa ?? machine.isa, machine.isa) }.map(\.name),
      hypervisor: machine.hypervisor, memoryBytes: sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)),
      os: Self.osName(SystemFile.text("/etc/os-release")), kernel: Self.kernel(),
      compilers: [String(cString: ceiling_compiler()), swiftCompiler], flags: Self.flags,
      libraries: libraries.merging(Self.systemLibraries()) { given, _ in given },
      commit: commit ?? Self.commitOfExecutable() ?? Self.unknown,
      seed: seed, load: load, stealShare: stealShare(), overrides: (try? Overrides.process.get())?.inForce ?? [:])
  }

  private func stealShare() -> Double? {
    guard let start = processorTimes, let end = ProcessorTimes(SystemFile.text("/proc/stat")) else { return nil }
    return end.stealShare(since: start)
  }
}

extension EnvironmentProbe {
  /// As `RunEnvironment` names it.
  public static func cpu(_ machine: Machine = .current) -> String {
    let name = machine.brand.isEmpty ? machine.vendor : machine.brand
    if name.isEmpty { return unknown }
    return "\(name), family \(machine.family) model \(machine.model) stepping \(machine.stepping)"
  }

  private static func caches(_ machine: Machine) -> [CacheDescription] {
    [("L1d", machine.l1d), ("L2", machine.l2), ("L3", machine.l3)].filter { $0.1.bytes > 0 }.map { name, cache in
      CacheDescription(name: name, bytes: cache.bytes, ways: cache.ways, sharedBy: cache.sharedBy)
    }
  }

  /// PRETTY_NAME of os-release.
  package static func osName(_ osRelease: String?) -> String {
    let line = osRelease?.split(whereSeparator: \.isNewline).first { $0.hasPrefix("PRETTY_NAME=") }
    let name = line?.dropFirst("PRETTY_NAME=".count).trimmingCharacters(in: CharacterSet(charactersIn: "\"'"))
    return name ?? unknown
  }

  private static func kernel() -> String {
    guard let release = SystemFile.text("/proc/sys/kernel/osrelease") else { return unknown }
    return "Linux \(release.trimmingCharacters(in: .whitespacesAndNewlines))"
  }

  /// The load average over one minute.
  package static func load(_ loadavg: String?) -> Double? {
    loadavg?.split(separator: " ").first.flatMap { Double($0) }
  }

  /// The C library and, where it is loaded, OpenMP.
  private static func systemLibraries() -> [String: String] {
    var libraries = ["libc": libcVersion()]
    libraries["libomp"] = OpenMPRuntime.version(inMemoryMap: SystemFile.text("/proc/self/maps"))
    return libraries
  }

  /// Such as `glibc 2.36`.
  private static func libcVersion() -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
      let length = confstr(Int32(_CS_GNU_LIBC_VERSION), text.baseAddress, text.count)
      return (1...text.count).contains(length)
        ? String(decoding: text.prefix(length - 1).map(UInt8.init(bitPattern:)), as: UTF8.self) : unknown
    }
  }
}

extension Overrides {
  /// By the names of their variables.
  public var inForce: [String: String] {
    var named: [String: String] = [:]
    named["HEADROOM_MAX_ISA"] = maxISA?.name
    named["HEADROOM_THREADS"] = threads.map(String.init)
    named["HEADROOM_VARIANT"] = variant
    named["HEADROOM_WINOGRAD"] = winograd ? nil : "0"
    named["HEADROOM_VERBOSE"] = verbose ? "1" : nil
    return named
  }
}

extension EnvironmentProbe {
  /// The commit of the working tree of Headroom that holds the executable, `-dirty` if it has changes; `nil` elsewhere.
  package static func commitOfExecutable() -> String? {
    guard let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else { return nil }
    let folder = (executable as NSString).deletingLastPathComponent
    guard let root = git(["rev-parse", "--show-toplevel"], in: folder),
      let manifest = SystemFile.text("\(root)/Package.swift"), manifest.contains("name: \"headroom\""),
      let commit = git(["rev-parse", "HEAD"], in: folder), let changes = git(["status", "--porcelain"], in: folder)
    else { return nil }
    return changes.isEmpty ? commit : "\(commit)-dirty"
  }

  /// What git prints, without blanks at the ends; `nil` if it fails or isn't there.
  private static func git(_ arguments: [String], in folder: String) -> String? {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["git", "-C", folder] + arguments
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    do { try process.run() } catch { return nil }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { return nil }
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

/// A file in which the system says something about itself.
enum SystemFile {
  static func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
}

/// The first line of /proc/stat: what all processors together have done, in ticks.
package struct ProcessorTimes: Equatable, Sendable {
  package var total: Double
  package var steal: Double

  package init?(_ stat: String?) {
    guard let line = stat?.split(whereSeparator: \.isNewline).first, line.hasPrefix("cpu ") else { return nil }
    // user nice system idle iowait irq softirq steal; guest time is in user time already.
    let ticks = line.split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }
    guard ticks.count == 8 else { return nil }
    total = ticks.reduce(0, +)
    steal = ticks[7]
  }

  /// The part of the time since `start` that the hypervisor gave to others; `nil` if no time has passed.
  package func stealShare(since start: ProcessorTimes) -> Double? {
    total > start.total ? max(0, steal - start.steal) / (total - start.total) : nil
  }
}

/// The OpenMP library in this process.
package enum OpenMPRuntime {
  /// The name and the version in the memory map of a process; `nil` without the library.
  ///
  /// LLVM's libomp has no version of its own to ask for, but distributions keep it in a folder named after LLVM's.
  package static func version(inMemoryMap maps: String?) -> String? {
    let paths = maps?.split(whereSeparator: \.isNewline).compactMap { $0.split(separator: " ").last } ?? []
    guard let path = paths.first(where: { $0.split(separator: "/").last?.hasPrefix("libomp") == true }) else { return nil }
    let folder = path.split(separator: "/").first { $0.hasPrefix("llvm-") }
    return folder.map { "LLVM \($0.dropFirst("llvm-".count))" } ?? EnvironmentProbe.unknown
  }
}
