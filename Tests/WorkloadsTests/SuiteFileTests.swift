import Foundation
import Testing
import Workloads

@Suite("Suite files")
struct SuiteFileTests {
  /// Writes `text` to a file of its own and reads it as a suite.
  private func suite(_ text: String, name: String = "trial") throws -> Workloads.Suite {
    try Self.withFile(Data(text.utf8), name: name) { try Workloads.Suite(contentsOf: $0) }
  }

  private static func withFile<Value>(_ data: Data, name: String, _ body: (String) throws -> Value) throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("\(name).txt")
    try data.write(to: file)
    return try body(file.path)
  }

  @Test("Names, shapes, comments, blank lines and a title")
  func format() throws {
    let found = try suite("# title: Two products\n# more words\n\nfirst 2x3x4  # of two\n  5x6x7:nt\r\n\n", name: "pair")
    #expect(found.name == "pair")
    #expect(found.title == "Two products")
    #expect(found.entries.map(\.name) == ["first", nil])
    #expect(found.entries.map(\.shape) == [GEMMShape(m: 2, n: 3, k: 4), GEMMShape(m: 5, n: 6, k: 7, transposeB: true)])
  }

  @Test("Convolutions: names, sizes in several words, and how often a layer occurs")
  func convolutions() throws {
    let text = "a.b c3 h8 k4 r3 x12\nc3 h8 k5 r1\nn2-layer n2 c3 h8 k5 r1  # words\n"
    let found = try Self.withFile(Data(text.utf8), name: "layers") { try ConvolutionSuite(contentsOf: $0) }
    #expect(found.entries.map(\.name) == ["a.b", nil, "n2-layer"])
    #expect(found.entries.map { "\($0.shape)" } == ["c3 h8 k4 r3", "c3 h8 k5 r1", "n2 c3 h8 k5 r1"])
    #expect(found.entries.map(\.count) == [12, 1, 1])
    #expect(try suite("2x3x4 x5\nb 2x3x5").entries.map(\.count) == [5, 1])
  }

  @Test(
    "An error in a convolution's line names the file and the line",
    arguments: [
      ("c3 h8 k4 r3\na b c3 h8 k4 r3", 2, "6 words"), ("a c3 h8 k4", 1, "malformed shape 'c3 h8 k4': no r"),
      ("a c3 h8 k4 r3 x0", 1, "'x0' counts no layers"), ("x3", 1, "no shape before 'x3'"),
      ("a", 1, "malformed shape 'a': 'a' is no size"),
    ])
  func malformedConvolutions(text: String, line: Int, problem: String) throws {
    try Self.withFile(Data(text.utf8), name: "bad") { path in
      let error = #expect(throws: WorkloadError.self) { try ConvolutionSuite(contentsOf: path) }
      guard case .malformedLine(path, line, problem, _) = error else {
        Issue.record("found \(String(describing: error))")
        return
      }
    }
  }

  @Test("Without a title, the name stands for it")
  func untitled() throws {
    #expect(try suite("2x3x4").title == "trial")
  }

  @Test(
    "An error names the file and the line",
    arguments: [
      ("2x3x4\n\n# x\nname 2x3\n", 4, "malformed shape '2x3': 2 sizes"),
      ("a b 2x3x4\n", 1, "3 words"),
      ("a 2x3x4\r\nb 0x1x1\r\n", 2, "malformed shape '0x1x1': a size of 0"),
      ("a 2x3x4\nb 1x1x1\na 5x5x5", 3, "the name 'a' is there already"),
    ])
  func malformed(text: String, line: Int, problem: String) throws {
    try Self.withFile(Data(text.utf8), name: "bad") { path in
      let error = #expect(throws: WorkloadError.self) { try Workloads.Suite(contentsOf: path) }
      guard case .malformedLine(let file, let number, let found, _) = error else {
        Issue.record("found \(String(describing: error))")
        return
      }
      #expect(file == path && number == line && found == problem)
    }
  }

  @Test("A file without shapes, a missing file, a folder and bytes that are no text are errors of their own")
  func unreadable() throws {
    try Self.withFile(Data("# nothing\n".utf8), name: "empty") { path in
      _ = #expect(throws: WorkloadError.emptySuite(file: path)) { try Workloads.Suite(contentsOf: path) }
    }
    try Self.withFile(Data([0xFF, 0xFE, 0x00, 0x80]), name: "binary") { path in
      _ = #expect(throws: WorkloadError.unreadable(file: path, reason: "it is not UTF-8 text")) {
        try Workloads.Suite(contentsOf: path)
      }
    }
    let folder = FileManager.default.temporaryDirectory.path
    #expect(throws: WorkloadError.unreadable(file: folder, reason: "it is a folder")) { try Workloads.Suite(contentsOf: folder) }
    let missing = "\(folder)/\(UUID().uuidString)"
    #expect(throws: WorkloadError.unreadable(file: missing, reason: "no such file")) { try Workloads.Suite(contentsOf: missing) }
  }
}
