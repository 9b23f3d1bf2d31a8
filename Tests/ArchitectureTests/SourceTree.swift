import Foundation

/// The package's own sources as text.
struct SourceFile: Sendable {
  /// From the package's root, with `/`.
  let path: String
  let text: String

  /// The text without comments, so that a word about something isn't taken for its use.
  var code: String { SourceFile.withoutComments(text) }

  static func withoutComments(_ text: String) -> String {
    text.replacing(#/(?s)/\*.*?\*//#, with: "").replacing(#/(?m)//.*$/#, with: "")
  }

  /// The modules a Swift file imports; a text over several lines may hold another language's.
  var imports: [String] {
    let prefix = #"^\s*(?:@\w+ +|public +|package +|internal +|fileprivate +|private +)*import +"#
    let kind = #"(?:(?:struct|class|enum|func|protocol|typealias|var) +)?"#
    return SourceFile.matches(prefix + kind + #"(\w+)"#, in: code.replacing(#/(?s)""".*?"""/#, with: ""))
  }

  /// The files a C file includes with quotes.
  var includes: [String] { SourceFile.matches(#"^\s*#\s*include\s+"([^"]+)""#, in: code) }

  /// What the pattern's group catches, line by line.
  private static func matches(_ pattern: String, in text: String) -> [String] {
    guard let expression = try? NSRegularExpression(pattern: pattern, options: .anchorsMatchLines) else { return [] }
    let whole = NSRange(text.startIndex..., in: text)
    return expression.matches(in: text, range: whole).compactMap { match in
      Range(match.range(at: 1), in: text).map { String(text[$0]) }
    }
  }
}

enum SourceTree {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Every file below a folder whose name ends in one of the extensions.
  static func files(in folder: String, extensions: Set<String>) throws -> [SourceFile] {
    let base = root.appendingPathComponent(folder)
    guard let paths = FileManager.default.enumerator(atPath: base.path) else { return [] }
    return try paths.compactMap { $0 as? String }.sorted().filter { path in
      extensions.contains((path as NSString).pathExtension) && !path.hasPrefix(".")
    }.map { path in try file("\(folder)/\(path)") }
  }

  static func file(_ path: String) throws -> SourceFile {
    SourceFile(path: path, text: try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8))
  }

  /// The folders directly below one.
  static func rooms(in folder: String) throws -> [String] {
    let base = root.appendingPathComponent(folder)
    return try FileManager.default.contentsOfDirectory(atPath: base.path).filter { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: base.appendingPathComponent(name).path, isDirectory: &isFolder)
        && isFolder.boolValue
    }.sorted()
  }
}
