import Foundation

/// gnuplot's SVG made fit for a page: a title and a description for screen readers, ids of its own, the page's text colour.
package struct SVGDocument: Sendable {
  private let chart: Chart
  private let body: String

  /// - Returns: nil when `source` doesn't look like gnuplot's.
  package init?(_ source: String, chart: Chart) {
    guard let start = source.range(of: "</desc>")?.upperBound, let end = source.range(of: "</svg>", options: .backwards) else {
      return nil
    }
    self.chart = chart
    body = Self.adapted(String(source[start..<end.upperBound]), prefix: chart.id + "-")
  }

  private static func adapted(_ source: String, prefix: String) -> String {
    // gnuplot names its plots in titles that browsers show as tips.
    let untitled = source.replacing(/<title>[^<]*<\/title>/, with: "")
    let ids = untitled.replacing(/\bid\s*=\s*['"]/) { "\($0.output)\(prefix)" }
    let references = ids.replacing(/href\s*=\s*['"]#|url\(#/) { "\($0.output)\(prefix)" }
    return references.replacing(/=\s*(['"])(?:black|rgb\(\s*0,\s*0,\s*0\))['"]/) { "=\($0.output.1)currentColor\($0.output.1)" }
  }

  /// To stand inside HTML: takes the page's text colour, transparent.
  package var inline: String { head(style: "", paper: "") + body }

  /// A file of its own: dark on white, whatever is round it.
  package var standalone: String {
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
      + head(style: " color=\"#1c1e21\"", paper: "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n") + body + "\n"
  }

  private func head(style: String, paper: String) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"\
     viewBox="0 0 \(Chart.width) \(chart.height)" role="img" aria-labelledby="\(chart.id)-title \(chart.id)-text"\(style)>
    <title id="\(chart.id)-title">\(Self.escaped(chart.title))</title>
    <desc id="\(chart.id)-text">\(Self.escaped(chart.alt))</desc>
    \(paper)
    """
  }

  static func escaped(_ text: String) -> String {
    PageText(text).plain.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
