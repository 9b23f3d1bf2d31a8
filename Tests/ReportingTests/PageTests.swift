#if Tools
  import Foundation
  import Reporting
  import Results
  import Testing

  struct PageTests {
    static func html(_ run: Run) throws -> String { try PageRenderer().html(PageBuilder(run).page()) }
    static func markdown(_ run: Run) throws -> String { try PageRenderer().markdown(PageBuilder(run).page()) }

    @Test func thePageIsWellFormed() throws {
      let parsed = ParsedXML(try Self.html(Fixture.run()))
      #expect(parsed.problem == nil)
      #expect(parsed.counts["h1"] == 1)
      #expect(parsed.counts["caption"] == parsed.counts["table"] && parsed.counts["table", default: 0] > 10)
      #expect(Set(parsed.ids).count == parsed.ids.count)
      // Links lead to places on the page.
      #expect(Set(parsed.references).isSubset(of: parsed.ids.map { "#\($0)" }))
    }

    @Test func theSectionsComeInTheirOrder() {
      let headings = PageBuilder(Fixture.run()).page().sections.map(\.heading.plain)
      #expect(
        headings == [
          "What software and hardware buy", "Software ladder", "Software ladder of a convolution", "Order-free shares",
          "Hardware ladder", "Swift beside C", "Networks layer by layer", "Leading dimensions", "Roofline",
          "Products of networks",
          "Square products", "Convolutions, every variant", "Hardware years", "Public records", "Measured ceilings",
          "Environment",
          "How this was measured", "What is missing", "Reproduce",
        ])
    }

    @Test func bothFormatsSayEverything() throws {
      let page = PageBuilder(Fixture.run()).page()
      let html = ParsedXML(try PageRenderer().html(page)).text
      let markdown = try PageRenderer().markdown(page)
      var texts = [page.title, page.finding, page.imprint]
      for section in page.sections {
        texts.append(section.heading)
        for block in section.blocks {
          texts += [block.paragraph].compactMap { $0 } + (block.list ?? [])
          texts += (block.keyNumbers ?? []).flatMap { [$0.label, $0.value, $0.detail] }
          texts += block.table.map { [$0.caption] + $0.columns.map(\.name) + $0.rows.flatMap { $0.cells.map(\.text) } } ?? []
          for command in block.commands ?? [] { #expect(html.contains(command.plain) && markdown.contains(command.plain)) }
        }
      }
      #expect(texts.count > 500)
      for text in texts where !text.plain.isEmpty {
        #expect(html.contains(text.plain), "\(text.plain)")
        #expect(markdown.contains(text.markdown), "\(text.markdown)")
      }
    }

    @Test func everyTableRowOfMarkdownHasItsColumns() throws {
      let lines = try Self.markdown(Fixture.run()).split(separator: "\n", omittingEmptySubsequences: false)
      var columns: Int?
      var rows = 0
      for line in lines {
        guard line.hasPrefix("|") else {
          columns = nil
          continue
        }
        let count = line.replacing("\\|", with: "").count { $0 == "|" }
        #expect(count == columns ?? count, "\(line)")
        columns = count
        rows += 1
      }
      #expect(rows > 100)
    }

    static let hostile = "</td><script>alert('x')</script> a|b *c* `d` [e](http://f) \"g\" \u{1}\nh"

    @Test func textFromResultsStaysText() throws {
      var run = Fixture.run()
      run.environment.cpu = Self.hostile
      run.environment.overrides = [Self.hostile: Self.hostile]
      run.missing = [Self.hostile]
      run.command = Self.hostile
      run.quartets[0].shape = Self.hostile
      run.ladders[0].steps[0].technique = Self.hostile
      run.measurements[0].shapeName = Self.hostile
      run.measurements[0].variant = Self.hostile
      let parsed = ParsedXML(try Self.html(run))
      #expect(parsed.problem == nil)
      #expect(parsed.counts["script"] == nil)
      #expect(parsed.text.contains(PageText(Self.hostile).plain))
      for line in try Self.markdown(run).split(separator: "\n") where !line.hasPrefix("    ") {
        let markup = line.replacing(/\\./, with: "")
        #expect(!markup.contains("<script") && !markup.contains("*c*") && !markup.contains("](http"), "\(line)")
      }
    }

    static let beatTests: [(Estimate, String)] = [
      (Estimate(value: 1.2, low: 1.1, high: 1.3), "passed"), (Estimate(value: 0.8, low: 0.7, high: 0.9), "failed"),
      (Estimate(value: 1.01, low: 0.98, high: 1.04), "no difference"),
      (Estimate(value: 1.2, low: 1.1, high: 1.3, detectableEffect: 0.19), "passed"),
      // The interval excludes 1, but the run could not have told so small a difference.
      (Estimate(value: 1.2, low: 1.1, high: 1.3, detectableEffect: 0.21), "no difference"),
      (Estimate(value: 0.8, low: 0.7, high: 0.9, detectableEffect: 0.26), "no difference"),
    ]

    @Test(arguments: beatTests)
    func theBeatTestIsPrintedWhateverItSays(beatTest: Estimate, verdict: String) throws {
      var run = Fixture.run()
      run.quartets[0].beatTest = beatTest
      let sentence = "Beat test on 1024x1024x1024: \(verdict) (\(Format.number(beatTest.value)), 95 % interval"
      #expect(ParsedXML(try Self.html(run)).text.contains(sentence))
      #expect(try Self.markdown(run).contains(sentence))
    }

    @Test func bothLayoutsStandSideBySide() throws {
      let section = try #require(PageBuilder(Fixture.run()).leadingDimensions)
      let rows = section.blocks.compactMap(\.table).flatMap(\.rows).map { $0.cells.map(\.text.plain) }
      #expect(
        rows.map { Array($0.prefix(4)) } == [
          ["1024x1024x1024", "naive-ijk.c", "0.310", "1.20"], ["1024x1024x1024", "outer.packed", "250", "250"],
        ])
      #expect(rows[0][4].hasPrefix("3.87 (") && rows[1][4].hasSuffix(", no difference"))
      // Each has its command.
      #expect(try Self.markdown(Fixture.run()).contains("--variants naive-ijk.c --padding 16"))
      var run = Fixture.run()
      run.leadingDimensions?[1].padded.variant = "outer.packed-b"
      #expect(try Self.markdown(run).contains("| outer.packed, padded outer.packed-b |"))
      run.leadingDimensions = nil
      #expect(PageBuilder(run).leadingDimensions == nil)
    }

    @Test func theFindingNamesTheNumbers() {
      var run = Fixture.run()
      run.attributions[0].shape = "500x500x500"
      #expect(
        PageBuilder(run).finding
          == "On 1024x1024x1024, software made the best hardware 554 times faster and better hardware alone made naive code 1.02 "
          + "times faster; on 500x500x500, software bought 74.0 % of the whole speedup, whatever the order.")
      run.quartets = []
      #expect(PageBuilder(run).finding.contains("no quartet"))
    }

    @Test func anEmptyRunIsAPageToo() throws {
      let empty = Run(
        version: "0.1.0", started: "2026-03-01T12:00:00Z", durationSeconds: 0, command: "headroom report",
        environment: Fixture.environment)
      let parsed = ParsedXML(try Self.html(empty))
      #expect(parsed.problem == nil)
      #expect(parsed.text.contains("Nothing that was asked for is missing."))
    }

    @Test func whatIsMissingIsListed() throws {
      var run = Fixture.run()
      run.measurements[0].verified = false
      let section = try #require(PageBuilder(run).missing)
      let items = section.blocks.flatMap { $0.list ?? [] }.map(\.plain)
      #expect(items == run.missing + ["1x768x768 (outer.packed): not verified"])
    }

    @Test func publicRecordsHaveTheirSources() {
      #expect(PublicRecord.all.count == 7)
      #expect(PublicRecord.all.allSatisfy { !$0.source.isEmpty && !$0.factor.isEmpty })
    }
  }
#endif
