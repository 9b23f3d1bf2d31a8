import Foundation
import KernelDispatch
import Measurement
import Testing

@Suite("Environment")
struct EnvironmentTests {
  @Test("The operating system's name, quoted or not, or unknown")
  func osName() {
    #expect(
      EnvironmentProbe.osName("NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n") == "Debian GNU/Linux 12 (bookworm)")
    #expect(EnvironmentProbe.osName("PRETTY_NAME='Void'") == "Void")
    #expect(EnvironmentProbe.osName("NAME=x") == "unknown")
    #expect(EnvironmentProbe.osName(nil) == "unknown")
  }

  @Test("The load of the last minute")
  func load() {
    #expect(EnvironmentProbe.load("0.52 0.40 0.1 1/90 123\n") == 0.52)
    #expect(EnvironmentProbe.load("x") == nil)
    #expect(EnvironmentProbe.load(nil) == nil)
  }

  @Test("Time stolen between two looks at the processors")
  func steal() throws {
    let start = try #require(ProcessorTimes("cpu  100 0 50 800 10 0 0 40 7 0\ncpu0 1 2 3\n"))
    #expect(start.total == 1000 && start.steal == 40)
    let end = try #require(ProcessorTimes("cpu  150 0 50 820 10 0 0 70 9 0\n"))
    #expect(end.stealShare(since: start) == 0.3)
    #expect(start.stealShare(since: start) == nil)
    #expect(ProcessorTimes("cpu  1 2 3") == nil)
    #expect(ProcessorTimes("intr 1 2 3 4 5 6 7 8") == nil)
    #expect(ProcessorTimes(nil) == nil)
  }

  @Test("The version of libomp from where it was loaded, never guessed")
  func openMP() {
    let line = "7f00-7f01 r--p 00000000 08:01 123                        "
    #expect(OpenMPRuntime.version(inMemoryMap: "\(line)/lib/libc.so.6\n\(line)/usr/lib/llvm-14/lib/libomp.so.5\n") == "LLVM 14")
    #expect(OpenMPRuntime.version(inMemoryMap: "\(line)/opt/lib/libomp.so") == "unknown")
    #expect(OpenMPRuntime.version(inMemoryMap: "\(line)/lib/libc.so.6") == nil)
    #expect(OpenMPRuntime.version(inMemoryMap: nil) == nil)
  }

  @Test("The flags that a run reports are those of the manifest")
  func flags() throws {
    let manifest = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../Package.swift").standardized
    let text = try String(contentsOf: manifest, encoding: .utf8)
    let flags = EnvironmentProbe.flags.split(whereSeparator: { " ;".contains($0) }).filter { $0.hasPrefix("-") }
    #expect(flags.count > 3)
    for flag in flags { #expect(text.contains("\"\(flag)\""), "\(flag)") }
  }

  @Test("A run's environment: this machine, the given commit and seed")
  func finish() {
    let machine = Machine.current
    let found = EnvironmentProbe().finish(
      commit: "abc", seed: 42, isa: .scalar, swiftCompiler: "Swift 9", libraries: ["peer": "1.0"])
    #expect(found.commit == "abc" && found.seed == 42)
    #expect(found.isas == ["scalar"])
    #expect(
      found.cpusOnline == machine.cpusOnline && found.cpusAllowed == machine.cpusAllowed && found.hypervisor == machine.hypervisor
    )
    #expect(found.caches.map(\.bytes) == [machine.l1d, machine.l2, machine.l3].map(\.bytes).filter { $0 > 0 })
    #expect(found.memoryBytes > 1 << 20)
    #expect(found.kernel.hasPrefix("Linux "))
    #expect(found.libraries["peer"] == "1.0" && found.libraries["libc"]?.isEmpty == false)
    #expect(found.compilers.count == 2 && found.compilers[0].contains("clang") && found.compilers[1] == "Swift 9")
    let uncapped = EnvironmentProbe().finish(commit: "abc", seed: 1, swiftCompiler: "")
    #expect(uncapped.isas == ISA.allCases.filter { $0 <= machine.isa }.map(\.name))
  }

  @Test("The commit of the tree that holds the executable is a hash, if there is one")
  func commit() {
    guard let commit = EnvironmentProbe.commitOfExecutable() else { return }
    let hash = commit.replacing("-dirty", with: "")
    #expect(hash.count == 40 && hash.allSatisfy(\.isHexDigit))
  }
}
