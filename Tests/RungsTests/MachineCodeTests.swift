import Foundation
import Rungs
import Testing

/// Whether `vectorised` is true of the machine code in this very process.
@Suite("Machine code of the rungs", .enabled(if: Disassembler.isThere, "objdump is not installed"))
struct MachineCodeTests {
  @Test("A rung is vectorised exactly if its function has packed arithmetic", arguments: Rung.all)
  func vectorised(rung: Rung) throws { try Self.check(rung) }

  @Test("So is a convolution", arguments: ConvolutionRung.all)
  func vectorised(rung: ConvolutionRung) throws { try Self.check(rung) }

  private static func check<Problem>(_ rung: TextbookRung<Problem>) throws {
    let instructions = try Disassembler.instructions(of: rung.symbol)
    let packed = instructions.filter { isArithmetic($0, suffix: "ps") }
    let scalar = instructions.filter { isArithmetic($0, suffix: "ss") }
    #expect(!scalar.isEmpty, "no arithmetic found in \(rung.symbol)")
    #expect(packed.isEmpty != rung.vectorised, "\(rung.symbol): \(Set(packed).sorted())")
  }

  @Test("The check knows arithmetic from the rest")
  func classification() {
    for word in ["mulps", "vmulps", "addps", "vfmadd213ps", "vaddps"] { #expect(Self.isArithmetic(word, suffix: "ps")) }
    for word in ["movaps", "xorps", "vmovups", "mulss", "shufps", "vbroadcastss"] {
      #expect(!Self.isArithmetic(word, suffix: "ps"))
    }
  }

  private static func isArithmetic(_ mnemonic: String, suffix: String) -> Bool {
    mnemonic.hasSuffix(suffix) && ["mul", "add", "fmadd"].contains { mnemonic.drop { $0 == "v" }.hasPrefix($0) }
  }
}

private enum Disassembler {
  static let isThere: Bool = {
    #if arch(x86_64)
      (try? run(["--version"])) != nil
    #else
      false
    #endif
  }()

  struct NoSuchFunction: Error { let symbol: String }

  /// The mnemonics of a function of this executable.
  static func instructions(of symbol: String) throws -> [String] {
    let executable = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let text = try run(["--no-show-raw-insn", "--disassemble=\(symbol)", executable])
    let mnemonics = text.split(separator: "\n").compactMap { line -> String? in
      let fields = line.split(separator: "\t")
      return fields.count >= 2 ? fields[1].split(separator: " ").first.map(String.init) : nil
    }
    if mnemonics.isEmpty { throw NoSuchFunction(symbol: symbol) }
    return mnemonics
  }

  private static func run(_ arguments: [String]) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["objdump"] + arguments
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    if process.terminationStatus != 0 { throw CocoaError(.executableLoad) }
    return String(decoding: data, as: UTF8.self)
  }
}
