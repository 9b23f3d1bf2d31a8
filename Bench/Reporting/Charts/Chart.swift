/// A chart before it is drawn: what it says in words, and the gnuplot commands that draw it.
package struct Chart: Sendable {
  /// Also the name of its file; letters, digits and `-`.
  package var id: String
  package var title: String
  /// What the chart shows, for those who don't see it.
  package var alt: String
  package var caption: String
  /// In pixels at the chart's own scale; it is stretched to the page's width.
  package var height: Int
  /// Everything but the terminal.
  package var commands: [String]

  package init(id: String, title: String, alt: String, caption: String, height: Int, commands: [String]) {
    (self.id, self.title, self.alt, self.caption) = (id, title, alt, caption)
    (self.height, self.commands) = (height, commands)
  }

  package static let width = 720
  static let fontSize = 14
  /// How wide a character of the widest usual sans-serif font is at `fontSize`, for the room that labels need.
  package static let characterWidth = 8.2
}

/// Colours that people of every colour vision tell apart (after Okabe and Ito 2008), readable on white and on black.
package enum Palette {
  package static let blue = "#2f86c6"
  static let orange = "#d98a00"
  static let green = "#009e73"
  static let vermillion = "#d55e00"
  static let purple = "#c0699c"
  static let sky = "#4fa8d8"
  static let grey = "#8a9099"

  static let series = [blue, orange, green, purple, vermillion, sky, grey]
  /// gnuplot's filled point shapes in the same order, so that colour is never alone.
  static let shapes = [7, 5, 9, 13, 11, 15, 4]
}

/// gnuplot's spelling of values that come from results.
enum GnuplotText {
  /// In single quotes, where gnuplot expands nothing.
  static func quoted(_ text: String) -> String { "'\(plain(text))'" }

  /// As one field of a data block.
  static func field(_ text: String) -> String { "\"\(plain(text))\"" }

  /// Shortened to `length` characters.
  static func shortened(_ text: String, to length: Int = 34) -> String {
    text.count <= length ? text : text.prefix(length - 1) + "…"
  }

  /// Quotes and backslashes mean something to gnuplot, and doubled quotes not the same everywhere in a string; their typographic
  /// likes mean nothing. Control characters would end a line.
  private static func plain(_ text: String) -> String {
    PageText(text).plain.reduce(into: "") { plain, character in
      switch character {
      case "'", "`": plain.append("’")
      case "\"": plain.append("”")
      case "\\": plain.append("/")
      default: plain.append(character)
      }
    }
  }
}
