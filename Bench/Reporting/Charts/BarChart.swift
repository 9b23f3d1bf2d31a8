import Foundation

/// Horizontal bars with a label to the left and a text at the end of each.
package struct BarChart: Sendable {
  package struct Bar: Sendable {
    package var label: String
    package var value: Double
    package var text: String
    package var color: String

    package init(label: String, value: Double, text: String, color: String) {
      (self.label, self.value, self.text, self.color) = (label, value, text, color)
    }
  }

  let bars: [Bar]
  let axis: String
  /// Logarithmic where the bars span so much that a linear axis would hide the short ones.
  package let logarithmic: Bool

  package init(bars: [Bar], axis: String) {
    let values = bars.map(\.value)
    self.bars = bars
    logarithmic = (values.min() ?? 0) > 0 && (values.max() ?? 0) > 12 * (values.min() ?? 0)
    self.axis = logarithmic ? "\(axis), logarithmic" : axis
  }

  var height: Int { RowLayout.height(rows: bars.count) }

  var commands: [String] {
    let range = range
    var lines = layout.commands
    lines += [
      "set xlabel \(GnuplotText.quoted(axis))",
      "set xrange [\(range.lowerBound):\(range.upperBound)]",
      "set grid xtics noytics",
      "set style fill solid 1.0 noborder",
    ]
    if logarithmic { lines.append("set logscale x") }
    lines.append("$bars << EOD")
    for (index, bar) in bars.enumerated() {
      lines.append("\(index) \(bar.value) 0x\(bar.color.dropFirst()) \(GnuplotText.field(bar.text))")
    }
    lines.append("EOD")
    lines.append(
      "plot $bars using 2:1:(\(logarithmic ? range.lowerBound : 0)):2:($1-0.34):($1+0.34):3 "
        + "with boxxyerror linecolor rgb variable, $bars using ($2 > 0 ? $2 : 0):1:4 with labels left offset 0.6,0")
    return lines
  }

  private var layout: RowLayout { RowLayout(labels: bars.map(\.label)) }

  /// Wide enough that the text behind each bar stays inside.
  package var range: ClosedRange<Double> {
    let width = layout.plotWidth
    let room = bars.map { max(0.2, 1 - (Double($0.text.count) * Chart.characterWidth + 14) / width) }
    if logarithmic {
      let low = pow(10, floor(log10((bars.map(\.value).min() ?? 1) * 0.9)))
      let ends = zip(bars, room).map { log($0.value / low) / $1 }
      return low...low * exp(ends.max() ?? 1)
    }
    let low = min(0, bars.map(\.value).min() ?? 0)
    let ends = zip(bars, room).map { max(0, $0.value) / $1 }
    return low...max(ends.max() ?? 0, low + 1e-9)
  }
}

/// The frame of a chart of rows, the first on top, each with its label to the left; pixels at the chart's own scale.
package struct RowLayout: Sendable {
  let labels: [String]

  private static let rowHeight = 30
  private static let top = 8
  private static let bottom = 68
  private static let right = 16.0

  package init(labels: [String]) {
    self.labels = labels.map { GnuplotText.shortened($0) }
  }

  static func height(rows: Int) -> Int { rows * rowHeight + top + bottom }

  package var plotWidth: Double { Double(Chart.width) - left - Self.right }

  private var left: Double { Double(labels.map(\.count).max() ?? 0) * Chart.characterWidth + 18 }

  var commands: [String] {
    let height = Double(Self.height(rows: labels.count))
    let tics = labels.enumerated().map { "\(GnuplotText.quoted($1)) \($0)" }
    return [
      "set lmargin at screen \(left / Double(Chart.width))",
      "set rmargin at screen \(1 - Self.right / Double(Chart.width))",
      "set tmargin at screen \(1 - Double(Self.top) / height)",
      "set bmargin at screen \(Double(Self.bottom) / height)",
      "set yrange [\(Double(labels.count) - 0.5):-0.5]",
      "set ytics scale 0 (\(tics.joined(separator: ", ")))",
      "set border 1",
      "set xtics nomirror",
      "unset key",
    ]
  }
}
