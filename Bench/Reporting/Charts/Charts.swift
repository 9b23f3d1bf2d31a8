import Results

/// The charts of a run; one that has nothing to show is not there.
package enum Charts {
  package static func all(_ run: Run) -> [Chart] {
    let products = Products(run.measurements)
    var charts = run.ladders.enumerated().map { ladder($1, id: ladderID($0)) }
    charts += run.attributions.enumerated().map { shares($1, id: sharesID($0)) }
    charts += [roofline(run, products), networks(products), sweep(products), rivalSweep(run)].compactMap { $0 }
    return charts
  }

  static let rooflineID = "roofline"
  static let networksID = "networks"
  static let sweepID = "squares"
  static let rivalSweepID = "rival-squares"
  static func ladderID(_ index: Int) -> String { "ladder-\(index + 1)" }
  static func sharesID(_ index: Int) -> String { "shares-\(index + 1)" }

  private static func color(kind: String) -> String { kind == "hardware" ? Palette.orange : Palette.blue }

  /// `Hardware ladder on 1024x1024x1024, 1 core to 2 cores`.
  static func title(_ ladder: Ladder) -> String {
    let kind = ladder.kind == "hardware" ? "Hardware" : "Software"
    guard let first = ladder.steps.first, let last = ladder.steps.last else { return "\(kind) ladder on \(ladder.shape)" }
    return "\(kind) ladder on \(ladder.shape), \(first.technique) to \(last.technique)"
  }

  // MARK: Bars

  private static func ladder(_ ladder: Ladder, id: String) -> Chart {
    let bars = ladder.steps.map { step in
      let factor = step.stepFactor.map { "  \(Format.number($0.value))x" } ?? ""
      return BarChart.Bar(
        label: step.technique, value: step.measurement.gflops, text: Format.gflops(step.measurement.gflops) + factor,
        color: step.extrapolation == nil ? color(kind: ladder.kind) : Palette.grey)
    }
    let chart = BarChart(bars: bars, axis: "GFLOP/s")
    let words = ladder.steps.map { "\($0.technique) \(Format.gflops($0.measurement.gflops))" }
    return Chart(
      id: id, title: title(ladder), alt: "Bars, one under another: \(words.joined(separator: "; ")).",
      caption:
        "\(title(ladder)): GFLOP/s of each step\(chart.logarithmic ? " on a logarithmic axis" : ""), and how many times faster "
        + "it is than the step above.\(ladder.steps.contains { $0.extrapolation != nil } ? " Grey: extrapolated." : "")",
      height: chart.height, commands: chart.commands)
  }

  private static func shares(_ attribution: Attribution, id: String) -> Chart {
    let bars = attribution.shares.sorted { $0.share > $1.share }.map { share in
      BarChart.Bar(
        label: share.factor, value: share.share * 100,
        text: "\(Format.percent(share.share))  \(Format.number(share.speedup))x", color: color(kind: share.kind))
    }
    let chart = BarChart(bars: bars, axis: "share of the speedup, %")
    let words = attribution.shares.map { "\($0.factor) (\($0.kind)) \(Format.percent($0.share))" }
    return Chart(
      id: id, title: "Order-free shares on \(attribution.shape)", alt: "Bars: \(words.joined(separator: "; ")).",
      caption: "Order-free share of each factor in the speedup on \(attribution.shape), and the factor that it bought. "
        + "Blue: software; orange: hardware.", height: chart.height, commands: chart.commands)
  }

  // MARK: Points

  private static func networks(_ products: Products) -> Chart? {
    let groups = products.networks.enumerated().flatMap { index, network in
      network.groups.map { (name: $0.name, shares: $0.measurements.compactMap(\.shareOfRoof), series: index) }
    }.filter { !$0.shares.isEmpty }
    guard !groups.isEmpty else { return nil }
    let highest = groups.flatMap(\.shares).max() ?? 1
    var commands = RowLayout(labels: groups.map(\.name)).commands
    commands += [
      "set xlabel 'share of the roof, %'", "set xrange [0:\(max(105, highest * 105))]", "set grid xtics ytics", "$points << EOD",
    ]
    for (row, group) in groups.enumerated() {
      commands += group.shares.map { "\($0 * 100) \(row) 0x\(Palette.series[group.series % Palette.series.count].dropFirst())" }
    }
    commands += ["EOD", "plot $points using 1:2:3 with points pointtype 7 pointsize 0.7 linecolor rgb variable"]
    let words = groups.map { group in
      "\(group.name) \(Format.percent(group.shares.min() ?? 0)) to \(Format.percent(group.shares.max() ?? 0))"
    }
    return Chart(
      id: networksID, title: "Networks' products", alt: "Points by network: \(words.joined(separator: "; ")) of the roof.",
      caption: "Each product of each network as a share of the roof that binds it.", height: RowLayout.height(rows: groups.count),
      commands: commands)
  }

  private static func sweep(_ products: Products) -> Chart? {
    let sweeps = products.sweeps.filter { $0.points.count > 1 }
    guard !sweeps.isEmpty else { return nil }
    let sizes = sweeps.flatMap { $0.points.map { Double($0.size) } }
    let lines = sweeps.map { sweep in (sweep.title, sweep.points.map { ($0.size, $0.measurement.gflops) }) }
    let words = sweeps.map { sweep in
      let best = sweep.points.max { $0.measurement.gflops < $1.measurement.gflops }
      return "\(sweep.title): at most \(Format.gflops(best?.measurement.gflops ?? 0)) at n = \(best?.size ?? 0)"
    }
    return Chart(
      id: sweepID, title: "Square products by size", alt: "Lines: \(words.joined(separator: "; ")).",
      caption: "Square products by size, odd sizes and powers of two.", height: 420, commands: bySize(sizes, lines))
  }

  private static func rivalSweep(_ run: Run) -> Chart? {
    let sweeps = run.rivalSweep?.squares ?? []
    guard !sweeps.isEmpty else { return nil }
    let lines = sweeps.flatMap { sweep in
      [
        ("Headroom, \(sweep.title)", sweep.points.map { ($0.size, $0.row.gflops) }),
        ("fastest other, \(sweep.title)", sweep.points.map { ($0.size, $0.row.rivalGFLOPS) }),
      ]
    }
    let words = sweeps.map { sweep in
      "\(sweep.title): \(sweep.points.count) sizes, faster than every other library on \(sweep.points.filter { $0.row.ratio > 1 }.count)"
    }
    return Chart(
      id: rivalSweepID, title: "Square products by size, beside other libraries",
      alt: "Lines: \(words.joined(separator: "; ")).",
      caption: "Square products by size, beside the fastest other library at each.",
      height: 420, commands: bySize(sweeps.flatMap { $0.points.map { Double($0.size) } }, lines))
  }

  /// Lines of GFLOP/s over the size of square products.
  private static func bySize(_ sizes: [Double], _ lines: [(title: String, points: [(size: Int, gflops: Double)])]) -> [String] {
    var commands = [
      "set logscale x 2", "set xrange [\(sizes.min() ?? 1) / 1.1:\(sizes.max() ?? 1) * 1.1]",
      "set xlabel 'n of n x n x n, logarithmic'", "set ylabel 'GFLOP/s'", "set yrange [0:*]", "set border 3",
      "set xtics nomirror", "set ytics nomirror", "set key outside top left horizontal Left reverse samplen 2",
    ]
    var plots: [String] = []
    for (index, line) in lines.enumerated() {
      commands.append("$sweep\(index) << EOD")
      commands += line.points.map { "\($0.size) \($0.gflops)" }
      commands.append("EOD")
      plots.append(
        "$sweep\(index) using 1:2 with linespoints \(style(index)) linewidth 2 title \(GnuplotText.quoted(line.title))")
    }
    return commands + ["plot " + plots.joined(separator: ", ")]
  }

  private static func roofline(_ run: Run, _ products: Products) -> Chart? {
    guard let roofline = Roofline(run.ceilings, products: products.networks.flatMap(\.measurements)) else { return nil }
    let networks = products.networks.map { network in
      let drawn = network.measurements.filter { $0.threads == roofline.threads && $0.gflops > 0 && ($0.intensity ?? 0) > 0 }
      return Products.Network(name: network.name, measurements: drawn)
    }.filter { !$0.measurements.isEmpty }
    let points = networks.flatMap(\.measurements)
    guard !points.isEmpty else { return nil }
    let intensities = points.compactMap(\.intensity)
    let low = (intensities.min() ?? 1) / 2
    let high = (intensities.max() ?? 1) * 2
    let floor = min(points.map(\.gflops).min() ?? 1, (roofline.bandwidths.map(\.value).min() ?? 1) * low) / 2
    var commands = [
      "set logscale xy", "set xlabel 'operations per byte, logarithmic'", "set ylabel 'GFLOP/s, logarithmic'",
      "set xrange [\(low):\(high)]", "set yrange [\(floor):\(roofline.highestPeak * 2)]", "set border 3", "set xtics nomirror",
      "set ytics nomirror", "set key outside top left horizontal Left reverse samplen 2", "set samples 400",
    ]
    var plots = roofline.bandwidths.enumerated().map { index, roof in
      let title = GnuplotText.quoted("\(roof.name) \(Format.number(roof.value)) GB/s")
      return "(\(roof.value) * x < \(roofline.highestPeak) ? \(roof.value) * x : 1/0) with lines "
        + "linecolor rgb '\(Palette.grey)' linewidth 1.2 dashtype \(index + 2) title \(title)"
    }
    plots += roofline.peaks.enumerated().map { index, peak in
      "\(peak.value) with lines linecolor rgb 'black' linewidth 2 dashtype \(index + 1) title "
        + GnuplotText.quoted("\(peak.name) peak \(Format.number(peak.value))")
    }
    for (index, network) in networks.enumerated() {
      commands.append("$points\(index) << EOD")
      commands += network.measurements.compactMap { point in point.intensity.map { "\($0) \(point.gflops)" } }
      commands.append("EOD")
      plots.append("$points\(index) using 1:2 with points \(style(index)) title \(GnuplotText.quoted(network.name))")
    }
    commands.append("plot " + plots.joined(separator: ", "))
    let words = networks.map { "\($0.name) \($0.measurements.count) products" }
    return Chart(
      id: rooflineID, title: "Roofline",
      alt: "GFLOP/s over operations per byte with the measured roofs and \(words.joined(separator: ", ")).",
      caption:
        "GFLOP/s over operations per byte. Thin lines: bandwidth measured at each level of the memory; thick: measured peak; "
        + "\(PageBuilder.threads(roofline.threads)).",
      height: 460, commands: commands)
  }

  private static func style(_ index: Int) -> String {
    let color = Palette.series[index % Palette.series.count]
    return "pointtype \(Palette.shapes[index % Palette.shapes.count]) pointsize 0.7 linecolor rgb '\(color)'"
  }
}
