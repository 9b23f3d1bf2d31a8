#if Tools
  import Foundation
  import Reporting
  import Results
  import Testing

  struct ReportStoreTests {
    static let noCharts = Gnuplot(command: ["/nonexistent/gnuplot"])
    static let files: Set<String> = ["index.html", "report.md", "results.json", "results.csv", "charts"]

    static func store(_ directory: String) -> ReportStore { ReportStore(directory: directory, gnuplot: noCharts) }

    @Test func aReportIsItsFiles() throws {
      let scratch = try Scratch()
      try Self.store(scratch("machine/2026-03-01")).write(Fixture.run())
      #expect(try Scratch.entries(scratch("machine")) == ["2026-03-01"])
      #expect(try Scratch.entries(scratch("machine/2026-03-01")) == Self.files)
      let rows = CSVWriterTests.parse(try Scratch.text(scratch("machine/2026-03-01/results.csv")))
      #expect(rows.count == 1 + Fixture.run().everyMeasurement.count)
    }

    @Test func withoutGnuplotTheTablesStayAndTheReportSaysSo() throws {
      let scratch = try Scratch()
      let written = try Self.store(scratch("report")).write(Fixture.run())
      let remedy = "apt-get install gnuplot-nox"
      #expect(written.missing.count == Fixture.run().missing.count + 1)
      #expect(try RunFile.load(scratch("report/results.json")) == written)
      let html = try Scratch.text(scratch("report/index.html"))
      #expect(html.contains(remedy) && html.contains("<table>") && !html.contains("<figure>"))
      #expect(try Scratch.text(scratch("report/report.md")).contains(remedy))
      // Written again it is not missing twice.
      #expect(try Self.store(scratch("report")).write(written) == written)
    }

    @Test(.enabled(if: ChartTests.hasGnuplot, "gnuplot is not installed"))
    func chartsAreInThePageAndBesideIt() throws {
      let scratch = try Scratch()
      let written = try ReportStore(directory: scratch("report")).write(Fixture.run())
      #expect(written == Fixture.run())
      let html = ParsedXML(try Scratch.text(scratch("report/index.html")))
      #expect(html.problem == nil)
      #expect(html.counts["svg"] == 8 && html.counts["figcaption"] == 8)
      #expect(html.ids.count == Set(html.ids).count)
      #expect(html.references.allSatisfy { $0.hasPrefix("#") })
      let markdown = try Scratch.text(scratch("report/report.md"))
      for name in try Scratch.entries(scratch("report/charts")) { #expect(markdown.contains("](charts/\(name))")) }
    }

    @Test func aNewReportTakesTheOldOnesPlace() throws {
      let scratch = try Scratch()
      try Self.store(scratch("report")).write(Fixture.run())
      var second = Fixture.run()
      second.version = "0.2.0"
      try Self.store(scratch("report")).write(second)
      #expect(try RunFile.load(scratch("report/results.json")).version == "0.2.0")
      #expect(try Scratch.entries(scratch.path) == ["report"])
    }

    @Test func aLinkedFolderStaysALink() throws {
      let scratch = try Scratch()
      try FileManager.default.createDirectory(atPath: scratch("real"), withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(atPath: scratch("link"), withDestinationPath: scratch("real"))
      try Self.store(scratch("link")).write(Fixture.run())
      #expect(try Scratch.entries(scratch("real")) == Self.files)
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: scratch("link")) == scratch("real"))
    }

    @Test func otherFilesAreNotReplaced() throws {
      let scratch = try Scratch()
      try FileManager.default.createDirectory(atPath: scratch("home"), withIntermediateDirectories: true)
      try scratch.write("thesis", to: "home/thesis.tex")
      let expected = ReportingError.foreignFiles(folder: scratch("home"), found: ["thesis.tex"])
      #expect(throws: expected) { try Self.store(scratch("home")).checkFolder() }
      #expect(throws: expected) { try Self.store(scratch("home")).write(Fixture.run()) }
      #expect(try Scratch.entries(scratch("home")) == ["thesis.tex"])
    }

    @Test func otherFilesAmongTheChartsAreNotReplaced() throws {
      let scratch = try Scratch()
      try FileManager.default.createDirectory(atPath: scratch("project/charts"), withIntermediateDirectories: true)
      try scratch.write("data", to: "project/charts/sea.map")
      #expect(throws: ReportingError.foreignFiles(folder: scratch("project"), found: ["charts/sea.map"])) {
        try Self.store(scratch("project")).write(Fixture.run())
      }
      #expect(try Scratch.text(scratch("project/charts/sea.map")) == "data")
    }

    @Test func aFileInThePlaceOfTheFolderStays() throws {
      let scratch = try Scratch()
      try scratch.write("text", to: "report")
      let expected = ReportingError.notWritable(path: scratch("report"), reason: "Not a directory")
      #expect(throws: expected) { try Self.store(scratch("report")).checkFolder() }
      #expect(throws: expected) { try Self.store(scratch("report")).write(Fixture.run()) }
      #expect(try Scratch.text(scratch("report")) == "text")
      #expect(try Scratch.entries(scratch.path) == ["report"])
    }

    @Test func anUnwritableFolderIsToldBeforeMeasuring() throws {
      let scratch = try Scratch()
      try scratch.write("text", to: "file")
      for directory in [scratch("file/report"), "/proc/report"] {
        for attempt in [{ try Self.store(directory).checkFolder() }, { _ = try Self.store(directory).write(Fixture.run()) }] {
          let error = #expect(throws: ReportingError.self, performing: attempt)
          guard case .notWritable = try #require(error) else {
            Issue.record("\(directory) gave \(String(describing: error))")
            return
          }
        }
      }
      #expect(try Scratch.entries(scratch.path) == ["file"])
    }

    @Test func checkingLeavesNothing() throws {
      let scratch = try Scratch()
      try Self.store(scratch("report")).checkFolder()
      try Self.store(scratch("new/machine/report")).checkFolder()
      #expect(try Scratch.entries(scratch.path) == [])
    }

    @Test func resultsThatAreNoNumbersLeaveTheOldReport() throws {
      let scratch = try Scratch()
      try Self.store(scratch("report")).write(Fixture.run())
      var wrong = Fixture.run()
      wrong.durationSeconds = .infinity
      #expect(throws: ReportingError.notANumber(field: "duration_seconds")) { try Self.store(scratch("report")).write(wrong) }
      #expect(try RunFile.load(scratch("report/results.json")).durationSeconds == Fixture.run().durationSeconds)
    }
  }

  struct FileWritingTests {
    static func twoFolders() throws -> Scratch {
      let scratch = try Scratch()
      for name in ["old", "new"] {
        try FileWriting.makeFolder(scratch("\(name)/inside"))
        try scratch.write(name, to: "\(name)/text")
      }
      return scratch
    }

    @Test func foldersChangePlacesWhereTheFileSystemCanExchange() throws {
      let scratch = try Self.twoFolders()
      try FileWriting.replace(scratch("old"), by: scratch("new"))
      #expect(try Scratch.text(scratch("old/text")) == "new")
      #expect(try Scratch.entries(scratch.path).isSubset(of: ["old", "new"]))
    }

    @Test func foldersChangePlacesWhereItCannot() throws {
      let scratch = try Self.twoFolders()
      try FileWriting.replace(scratch("old"), by: scratch("new")) { _, _ in false }
      #expect(try Scratch.text(scratch("old/text")) == "new")
      #expect(try Scratch.text(scratch("new/text")) == "old")
      #expect(try Scratch.entries(scratch.path) == ["old", "new"])
    }

    @Test func theOldFolderComesBackWhenItsPlaceCannotBeTaken() throws {
      let scratch = try Self.twoFolders()
      #expect(throws: ReportingError.notWritable(path: scratch("old"), reason: "No such file or directory")) {
        try FileWriting.replace(scratch("old"), by: scratch("new")) { _, new in
          try? FileManager.default.removeItem(atPath: new)
          return false
        }
      }
      #expect(try Scratch.text(scratch("old/text")) == "old")
      #expect(try Scratch.entries(scratch.path) == ["old"])
    }

    @Test func aFileIsReplacedWhole() throws {
      let scratch = try Scratch()
      try scratch.write("old and long", to: "file")
      try FileWriting.write(Data("new".utf8), to: scratch("file"))
      #expect(try Scratch.text(scratch("file")) == "new")
    }
  }

  struct FullDiskTests {
    @Test func aFullDeviceIsToldApart() {
      #expect(throws: ReportingError.diskFull(path: "/dev/full")) { try FileWriting.write(Data("text".utf8), to: "/dev/full") }
    }

    /// A disk of its own, as small as asked for; nil where mounting is not allowed.
    final class SmallDisk {
      let scratch: Scratch

      init?(bytes: Int) throws {
        scratch = try Scratch()
        guard try Self.run(["mount", "-t", "tmpfs", "-o", "size=\(bytes)", "tmpfs", scratch.path]) else { return nil }
      }

      deinit { _ = try? Self.run(["umount", scratch.path]) }

      private static func run(_ arguments: [String]) throws -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
      }
    }

    static var canMount: Bool { ((try? SmallDisk(bytes: 1 << 16)) ?? nil) != nil }

    @Test(.enabled(if: canMount, "mounting a small disk is not allowed here"))
    func aFullDiskLeavesTheOldReport() throws {
      // Room for one report and a part of the next.
      let disk = try #require(try SmallDisk(bytes: 320 << 10))
      let directory = disk.scratch("report")
      try ReportStoreTests.store(directory).write(Fixture.run())
      let before = try Scratch.text("\(directory)/results.json")
      var second = Fixture.run()
      second.version = "0.2.0"
      let error = #expect(throws: ReportingError.self) { try ReportStoreTests.store(directory).write(second) }
      guard case .diskFull = try #require(error) else {
        Issue.record("a full disk gave \(String(describing: error))")
        return
      }
      #expect(try Scratch.text("\(directory)/results.json") == before)
      #expect(try Scratch.entries(directory) == ReportStoreTests.files)
      #expect(try Scratch.entries(disk.scratch.path) == ["report"])
    }
  }

  struct ReportIndexTests {
    @Test func reportsAreListedByMachineNewestFirst() throws {
      let scratch = try Scratch()
      for folder in ["zen/2026-03-01", "zen/2026-04-01", "a machine/2026-01-01"] {
        var run = Fixture.run()
        run.attributions[0].shape = "500x500x500"
        try ReportStoreTests.store(scratch(folder)).write(run)
      }
      try FileManager.default.createDirectory(atPath: scratch("zen/draft"), withIntermediateDirectories: true)
      #expect(try ReportIndex.update(root: scratch.path) == 3)
      let text = try Scratch.text(scratch("README.md"))
      let rows = text.split(separator: "\n").filter { $0.hasPrefix("| [") }
      let cells =
        "Example Nine 9000 &lt;64-Core&gt; &amp; Co | 2 | 1024x1024x1024 | 554 | 14.8 | 37.5 (36.9 to 38.2) | 74.0 % on 500x500x500 |"
      #expect(rows.map(String.init).first == "| [a machine/2026-01-01](a%20machine/2026-01-01/report.md) | \(cells)")
      #expect(rows.map { $0.prefix { $0 != "]" } } == ["| [a machine/2026-01-01", "| [zen/2026-04-01", "| [zen/2026-03-01"])
      #expect(try Scratch.entries(scratch.path) == ["README.md", "a machine", "zen"])
    }

    @Test func aReportWithoutAQuartetIsListed() throws {
      let scratch = try Scratch()
      var run = Fixture.run()
      (run.quartets, run.attributions) = ([], [])
      try ReportStoreTests.store(scratch("zen/2026-03-01")).write(run)
      try ReportIndex.update(root: scratch.path)
      #expect(try Scratch.text(scratch("README.md")).contains("no quartet"))
    }

    @Test func aMalformedReportLeavesTheOldIndex() throws {
      let scratch = try Scratch()
      #expect(try ReportIndex.update(root: scratch("new")) == 0)
      let before = try Scratch.text(scratch("new/README.md"))
      #expect(before.contains("No reports yet."))
      try FileManager.default.createDirectory(atPath: scratch("new/zen/2026-03-01"), withIntermediateDirectories: true)
      try scratch.write("{}", to: "new/zen/2026-03-01/results.json")
      let expected = ReportingError.malformed(file: scratch("new/zen/2026-03-01/results.json"), reason: "`schema` is missing")
      #expect(throws: expected) { try ReportIndex.update(root: scratch("new")) }
      #expect(try Scratch.text(scratch("new/README.md")) == before)
      #expect(try Scratch.entries(scratch("new")) == ["README.md", "zen"])
    }
  }
#endif
