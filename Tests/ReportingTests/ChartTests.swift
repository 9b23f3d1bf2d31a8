import Foundation
import Reporting
import Results
import Testing

struct ChartTests {
  static var hasGnuplot: Bool { drawn(Chart(id: "a", title: "", alt: "", caption: "", height: 90, commands: ["plot x"])) != nil }

  static func drawn(_ chart: Chart) -> SVGDocument? {
    (try? Gnuplot().draw(chart)).flatMap { SVGDocument($0, chart: chart) }
  }

  @Test func aRunHasItsCharts() {
    #expect(
      Charts.all(Fixture.run()).map(\.id) == [
        "ladder-1", "ladder-2", "ladder-3", "ladder-4", "shares-1", "roofline", "networks", "squares",
      ])
  }

  @Test func whatIsNotInTheRunHasNoChart() {
    var run = Fixture.run()
    (run.ladders, run.attributions, run.measurements) = ([], [], [])
    #expect(Charts.all(run).isEmpty)
  }

  @Test func everyChartSaysInWordsWhatItShows() {
    for chart in Charts.all(Fixture.run()) {
      #expect(!chart.title.isEmpty && !chart.caption.isEmpty && chart.alt.count > 30, "\(chart.id)")
    }
  }

  @Test(.enabled(if: hasGnuplot, "gnuplot is not installed"))
  func everyChartIsDrawnAndWellFormed() throws {
    var ids: Set<String> = []
    for chart in Charts.all(Fixture.run()) {
      let document = try #require(SVGDocument(try Gnuplot().draw(chart), chart: chart), "\(chart.id)")
      for svg in [document.inline, document.standalone] {
        let parsed = ParsedXML(svg)
        #expect(parsed.problem == nil, "\(chart.id)")
        #expect(parsed.counts["title"] == 1 && parsed.counts["desc"] == 1)
        #expect(parsed.text.contains(chart.title) && parsed.text.contains(chart.alt))
        #expect(Set(parsed.references).isSubset(of: parsed.ids.map { "#\($0)" }))
        #expect(parsed.ids.count == Set(parsed.ids).count)
      }
      // Several charts stand on one page.
      let own = Set(ParsedXML(document.inline).ids)
      #expect(own.isDisjoint(with: ids))
      ids.formUnion(own)
      // The page's colour, so that it can be read on black as well.
      #expect(!document.inline.contains("'black'") && !document.inline.contains("\"black\""))
    }
  }

  @Test(.enabled(if: hasGnuplot, "gnuplot is not installed"))
  func labelsAreNoCommands() throws {
    let scratch = try Scratch()
    let attack = "'; system \"touch \(scratch("x"))\"\n`touch \(scratch("y"))` \\\" EOD"
    var ladder = Fixture.cores
    ladder.steps[0].technique = attack
    ladder.steps[1].technique = "plain"
    var run = Fixture.run()
    run.ladders = [ladder]
    for index in run.measurements.indices.prefix(3) { run.measurements[index].shapeName = "\(attack).\(index)" }
    for index in run.attributions[0].shares.indices { run.attributions[0].shares[index].factor = attack }
    for index in run.ceilings.indices { run.ceilings[index].level = run.ceilings[index].level.map { _ in attack } }
    for chart in Charts.all(run) { _ = try Gnuplot().draw(chart) }
    #expect(try Scratch.entries(scratch.path).isEmpty)
  }

  @Test func missingGnuplotIsTold() {
    let chart = Charts.all(Fixture.run())[0]
    #expect(throws: Gnuplot.Failure.missing) { try Gnuplot(command: ["/nonexistent/gnuplot"]).draw(chart) }
    #expect(throws: Gnuplot.Failure.missing) { try Gnuplot(command: ["/usr/bin/env", "gnuplot-that-is-not-there"]).draw(chart) }
  }

  @Test func aFailureIsTold() {
    let chart = Chart(id: "a", title: "", alt: "", caption: "", height: 90, commands: [])
    #expect(throws: Gnuplot.Failure.failed(reason: "no such terminal")) {
      try Gnuplot(command: ["/bin/sh", "-c", "echo; echo no such terminal; exit 1"]).draw(chart)
    }
    #expect(throws: Gnuplot.Failure.failed(reason: "exit status 3")) {
      try Gnuplot(command: ["/bin/sh", "-c", "exit 3"]).draw(chart)
    }
    #expect(throws: Gnuplot.Failure.self) { try Gnuplot(command: ["/bin/sh", "-c", "exit 0"]).draw(chart) }
  }

  @Test func aRunThatHangsIsEnded() {
    let chart = Chart(id: "a", title: "", alt: "", caption: "", height: 90, commands: [])
    #expect(throws: Gnuplot.Failure.failed(reason: "it took over 0.200 s")) {
      try Gnuplot(command: ["/bin/sh", "-c", "exec sleep 60"], timeout: 0.2).draw(chart)
    }
  }

  @Test func theTextBehindABarHasRoom() {
    for values in [[0.61, 0.88, 871], [251, 488], [24, 11, 0], [-3, 60]] {
      let bars = values.map { BarChart.Bar(label: "label", value: $0, text: "871 GFLOP/s  1.78x", color: Palette.blue) }
      let chart = BarChart(bars: bars, axis: "GFLOP/s")
      #expect(chart.logarithmic == (values == [0.61, 0.88, 871]))
      let width = RowLayout(labels: ["label"]).plotWidth
      for bar in bars where bar.value > 0 {
        let (low, high) = (chart.range.lowerBound, chart.range.upperBound)
        let end = chart.logarithmic ? log(bar.value / low) / log(high / low) : (bar.value - low) / (high - low)
        #expect(end * width + Double(bar.text.count) * Chart.characterWidth <= width)
      }
    }
  }
}
