import Foundation
import FoundationXML

/// A folder of one test's own, gone with it.
final class Scratch {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("reporting-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: self(name)))
  }

  /// Every entry of a folder, hidden ones too.
  static func entries(_ folder: String) throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: folder))
  }

  static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
}

/// What an XML parser sees in a page or a chart.
final class ParsedXML: NSObject, XMLParserDelegate {
  private(set) var problem: String?
  private(set) var text = ""
  private(set) var counts: [String: Int] = [:]
  private(set) var ids: [String] = []
  private(set) var references: [String] = []

  init(_ source: String) {
    super.init()
    let parser = XMLParser(data: Data(source.utf8))
    parser.delegate = self
    if !parser.parse() { problem = "line \(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "unknown")" }
  }

  func parser(
    _ parser: XMLParser, didStartElement element: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    counts[element, default: 0] += 1
    if let id = attributes["id"] { ids.append(id) }
    for name in ["href", "xlink:href", "src"] { if let reference = attributes[name] { references.append(reference) } }
    for id in attributes["aria-labelledby"]?.split(separator: " ") ?? [] { references.append("#\(id)") }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
}
