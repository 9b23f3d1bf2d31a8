/// What a report says, before it is HTML or Markdown: both are rendered from this, so they say the same.
///
/// Templates look properties up by name and climb to the enclosing value when one is absent, so no name occurs on two levels.
struct Page: Sendable {
  var title: PageText
  var finding: PageText
  var imprint: PageText
  var sections: [Section]
}

struct Section: Sendable {
  var id: String
  var heading: PageText
  var blocks: [Block]
}

/// One of these; the others are absent.
struct Block: Sendable {
  var paragraph: PageText?
  var keyNumbers: [KeyNumber]?
  var figure: Figure?
  var table: Table?
  var list: [PageText]?
  var commands: [PageText]?

  static func paragraph(_ text: String) -> Block { Block(paragraph: PageText(text)) }
  static func keyNumbers(_ numbers: [KeyNumber]) -> Block { Block(keyNumbers: numbers) }
  static func figure(_ figure: Figure) -> Block { Block(figure: figure) }
  static func table(_ table: Table) -> Block { Block(table: table) }
  static func list(_ texts: [String]) -> Block { Block(list: texts.map(PageText.init)) }
  static func commands(_ lines: [String]) -> Block { Block(commands: lines.map(PageText.init)) }
}

/// A headline number: `33.0 times`, what it is and its interval.
struct KeyNumber: Sendable {
  var label: PageText
  var value: PageText
  var detail: PageText

  init(label: String, value: String, detail: String) {
    self.label = PageText(label)
    self.value = PageText(value)
    self.detail = PageText(detail)
  }
}

/// A chart on a page.
struct Figure: Sendable {
  /// Without an XML declaration, to stand inside HTML.
  var inlineSVG: String
  var path: String
  var alt: PageText
  var figureCaption: PageText
}

struct Table: Sendable {
  struct Column: Sendable {
    var name: PageText
    var numeric: Bool
  }

  struct Row: Sendable {
    var cells: [Cell]
  }

  struct Cell: Sendable {
    var text: PageText
    /// Set to the right.
    var number: Bool
    /// What the row is about.
    var rowHeader: Bool
  }

  var caption: PageText
  var columns: [Column]
  var rows: [Row] = []
  /// Long tables that few readers need start closed where the format can do so.
  var folded = false

  /// Titles that start with `#` head columns of numbers.
  init(_ caption: String, _ titles: [String], folded: Bool = false) {
    self.caption = PageText(caption)
    self.folded = folded
    columns = titles.map { title in
      title.hasPrefix("#")
        ? Column(name: PageText(String(title.dropFirst())), numeric: true) : Column(name: PageText(title), numeric: false)
    }
  }

  /// One cell per column; the first is the row's header.
  mutating func add(_ texts: [String]) {
    let cells = columns.indices.map { index in
      Cell(text: PageText(index < texts.count ? texts[index] : ""), number: columns[index].numeric, rowHeader: index == 0)
    }
    rows.append(Row(cells: cells))
  }
}

/// Text that a template escapes for its format: `{{text}}` for HTML, `{{markdown(text)}}` for Markdown.
struct PageText: Sendable, Equatable {
  let plain: String

  /// Control characters, line breaks among them, become spaces: HTML may not hold them, Markdown would read structure into them.
  init(_ text: String) {
    plain = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
  }

  /// With every character escaped that Markdown or the HTML inside it would take for markup.
  var markdown: String {
    plain.reduce(into: "") { text, character in
      switch character {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\\", "`", "*", "_", "[", "]", "|", "#", "~", "$": text += "\\\(character)"
      default: text.append(character)
      }
    }
  }
}
