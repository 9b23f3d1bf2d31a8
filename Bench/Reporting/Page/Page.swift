/// What a report says, before it is HTML or Markdown: both are rendered from this, so they say the same.
///
/// Templates look properties up by name and climb to the enclosing value when one is absent, so no name occurs on two levels.
package struct Page: Sendable {
  package var title: PageText
  package var finding: PageText
  package var imprint: PageText
  package var sections: [Section]
}

package struct Section: Sendable {
  package var id: String
  package var heading: PageText
  package var blocks: [Block]
}

/// One of these; the others are absent.
package struct Block: Sendable {
  package var paragraph: PageText?
  package var keyNumbers: [KeyNumber]?
  package var figure: Figure?
  package var table: Table?
  package var list: [PageText]?
  package var commands: [PageText]?

  static func paragraph(_ text: String) -> Block { Block(paragraph: PageText(text)) }
  static func keyNumbers(_ numbers: [KeyNumber]) -> Block { Block(keyNumbers: numbers) }
  static func figure(_ figure: Figure) -> Block { Block(figure: figure) }
  static func table(_ table: Table) -> Block { Block(table: table) }
  static func list(_ texts: [String]) -> Block { Block(list: texts.map(PageText.init)) }
  static func commands(_ lines: [String]) -> Block { Block(commands: lines.map(PageText.init)) }
}

/// A headline number: `33.0 times`, what it is and its interval.
package struct KeyNumber: Sendable {
  package var label: PageText
  package var value: PageText
  package var detail: PageText

  package init(label: String, value: String, detail: String) {
    self.label = PageText(label)
    self.value = PageText(value)
    self.detail = PageText(detail)
  }
}

/// A chart on a page.
package struct Figure: Sendable {
  /// Without an XML declaration, to stand inside HTML.
  package var inlineSVG: String
  package var path: String
  package var alt: PageText
  package var figureCaption: PageText
}

package struct Table: Sendable {
  package struct Column: Sendable {
    package var name: PageText
    package var numeric: Bool
  }

  package struct Row: Sendable {
    package var cells: [Cell]
  }

  package struct Cell: Sendable {
    package var text: PageText
    /// Set to the right.
    package var number: Bool
    /// What the row is about.
    package var rowHeader: Bool
  }

  package var caption: PageText
  package var columns: [Column]
  package var rows: [Row] = []
  /// Long tables that few readers need start closed where the format can do so.
  package var folded = false

  /// Titles that start with `#` head columns of numbers.
  package init(_ caption: String, _ titles: [String], folded: Bool = false) {
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
package struct PageText: Sendable, Equatable {
  package let plain: String

  /// Control characters, line breaks among them, become spaces: HTML may not hold them, Markdown would read structure into them.
  package init(_ text: String) {
    plain = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
  }

  /// With every character escaped that Markdown or the HTML inside it would take for markup.
  package var markdown: String {
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
