import Foundation
public import Tensors

/// Products.
public typealias Suite = WorkloadSuite<GEMMShape>

public typealias ConvolutionSuite = WorkloadSuite<ConvolutionShape>

/// A list of shapes that belong together.
///
/// In a file: one shape a line, optionally after a name and before a word such as `x3`, which says how often the network has it; `#`
/// starts a comment; a comment `# title: ...` names the whole in words.
public struct WorkloadSuite<Shape: Workload>: Sendable, Hashable {
  public struct Entry: Sendable, Hashable {
    /// Such as `bert-base.ffn-up.tok8`.
    public var name: String?
    public var shape: Shape
    /// How often it occurs in the network that it is of.
    public var count: Int

    public init(name: String?, shape: Shape, count: Int = 1) {
      self.name = name
      self.shape = shape
      self.count = count
    }
  }

  public let name: String
  /// One line of words; the name where there is none.
  public let title: String
  public let entries: [Entry]

  init(name: String, title: String, entries: [Entry]) {
    self.name = name
    self.title = title
    self.entries = entries
  }

  /// - Throws: `WorkloadError` with the file and the line.
  public init(contentsOf path: String) throws(WorkloadError) {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw .unreadable(file: path, reason: Self.reason(path))
    }
    let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    try self.init(name: name, text: text, file: path)
  }

  private static func reason(_ path: String) -> String {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { return "no such file" }
    if isDirectory.boolValue { return "it is a folder" }
    return FileManager.default.isReadableFile(atPath: path) ? "it is not UTF-8 text" : "permission denied"
  }

  /// Reads the text of a suite; `file` is for messages.
  init(name: String, text: String, file: String) throws(WorkloadError) {
    var title: String?
    var entries: [Entry] = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let halves = line.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
      if title == nil, halves.count == 2 { title = Self.title(inComment: halves[1]) }
      guard let entry = try Self.entry(halves[0], file: file, line: index + 1) else { continue }
      if let name = entry.name, entries.contains(where: { $0.name == name }) {
        throw .malformedLine(
          file: file, line: index + 1, problem: "the name '\(name)' is there already", expected: "a name of its own")
      }
      entries.append(entry)
    }
    if entries.isEmpty { throw .emptySuite(file: file) }
    self.init(name: name, title: title ?? name, entries: entries)
  }

  /// `nil` for a line with nothing but blanks.
  private static func entry(_ line: Substring, file: String, line number: Int) throws(WorkloadError) -> Entry? {
    func malformed(_ problem: String, expected: String) -> WorkloadError {
      .malformedLine(file: file, line: number, problem: problem, expected: expected)
    }
    var fields = line.split(whereSeparator: \.isWhitespace)
    if fields.isEmpty { return nil }
    var count = 1
    if let last = fields.last, let match = last.wholeMatch(of: #/x([0-9]+)/#) {
      guard let number = Int(match.1), number > 0 else { throw malformed("'\(last)' counts no layers", expected: "x1 or more") }
      count = number
      fields.removeLast()
      if fields.isEmpty { throw malformed("no shape before '\(last)'", expected: Shape.expectedForm) }
    }
    let nameCount = Shape.firstShapeWord(in: fields)
    if nameCount > 1 { throw malformed("\(fields.count) words", expected: "a name and a shape, or a shape") }
    do throws(WorkloadError) {
      let shape = try Shape(parsing: fields[nameCount...].joined(separator: " "))
      return Entry(name: nameCount == 1 ? String(fields[0]) : nil, shape: shape, count: count)
    } catch .malformedShape(let text, let problem, let expected) {
      throw malformed("malformed shape '\(text)': \(problem)", expected: expected)
    }
  }

  private static func title(inComment comment: Substring) -> String? {
    let text = comment.trimmingCharacters(in: .whitespaces)
    guard text.hasPrefix("title:") else { return nil }
    return text.dropFirst("title:".count).trimmingCharacters(in: .whitespaces)
  }
}

extension WorkloadSuite {
  /// The suites that come with Headroom, see `GEMMShape.bundledSuites()` and `ConvolutionShape.bundledSuites()`.
  public static var bundled: [WorkloadSuite] {
    get throws(WorkloadError) { try Shape.bundledSuites() }
  }

  /// - Throws: `WorkloadError.unknownSuite`, which lists the known ones.
  public static func named(_ name: String) throws(WorkloadError) -> WorkloadSuite {
    let all = try bundled
    guard let suite = all.first(where: { $0.name == name }) else {
      throw .unknownSuite(name: name, known: all.map(\.name))
    }
    return suite
  }
}
