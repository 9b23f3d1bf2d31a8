import Foundation

/// A list of shapes that belong together.
///
/// In a file: one shape a line, optionally after a name; `#` starts a comment; a comment `# title: ...` names the whole in words.
public struct Suite: Sendable, Hashable {
  public struct Entry: Sendable, Hashable {
    /// Such as `bert-base.ffn-up.tok8`.
    public var name: String?
    public var shape: GEMMShape

    public init(name: String?, shape: GEMMShape) {
      self.name = name
      self.shape = shape
    }
  }

  public let name: String
  /// One line of words; the name where there is none.
  public let title: String
  public let entries: [Entry]

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
    self.name = name
    self.title = title ?? name
    self.entries = entries
  }

  /// `nil` for a line with nothing but blanks.
  private static func entry(_ line: Substring, file: String, line number: Int) throws(WorkloadError) -> Entry? {
    let fields = line.split(whereSeparator: \.isWhitespace)
    guard let shapeText = fields.last else { return nil }
    if fields.count > 2 {
      throw .malformedLine(file: file, line: number, problem: "\(fields.count) words", expected: "a name and a shape, or a shape")
    }
    do throws(WorkloadError) {
      return Entry(name: fields.count == 2 ? String(fields[0]) : nil, shape: try GEMMShape(parsing: String(shapeText)))
    } catch .malformedShape(let text, let problem, let expected) {
      throw .malformedLine(file: file, line: number, problem: "malformed shape '\(text)': \(problem)", expected: expected)
    }
  }

  private static func title(inComment comment: Substring) -> String? {
    let text = comment.trimmingCharacters(in: .whitespaces)
    guard text.hasPrefix("title:") else { return nil }
    return text.dropFirst("title:".count).trimmingCharacters(in: .whitespaces)
  }
}

extension Suite {
  /// Compiled into the binary, so that a moved binary has them too.
  private static let texts: [(name: String, bytes: [UInt8])] = [
    ("squares", PackageResources.squares_txt),
    ("bert-base", PackageResources.bert_base_txt),
    ("llama-7b", PackageResources.llama_7b_txt),
    ("resnet50-im2col", PackageResources.resnet50_im2col_txt),
    ("report", PackageResources.report_txt),
  ]

  /// The suites that come with Headroom: `squares`, `bert-base`, `llama-7b`, `resnet50-im2col` and `report`.
  public static var bundled: [Suite] {
    get throws(WorkloadError) {
      var suites: [Suite] = []
      for (name, bytes) in texts {
        suites.append(try Suite(name: name, text: String(decoding: bytes, as: UTF8.self), file: "\(name).txt"))
      }
      return suites
    }
  }

  /// - Throws: `WorkloadError.unknownSuite`, which lists the known ones.
  public static func named(_ name: String) throws(WorkloadError) -> Suite {
    guard let suite = try bundled.first(where: { $0.name == name }) else {
      throw .unknownSuite(name: name, known: texts.map(\.name))
    }
    return suite
  }
}
