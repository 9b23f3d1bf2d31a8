#if Tools
  import Foundation
  import Results

  /// The folder of one report: `index.html`, `report.md`, `results.json`, `results.csv` and the charts in `charts/`.
  ///
  /// A report is written whole or not at all: when anything fails, the report that was in the folder is still there.
  public struct ReportStore: Sendable {
    public let directory: String
    private let gnuplot: Gnuplot

    /// - Parameters:
    ///   - directory: Made with the folders above it where it doesn't exist; else it must be empty or hold a report.
    ///   - gnuplot: Draws the charts; without it the report has its tables and says what is missing.
    public init(directory: String, gnuplot: Gnuplot = Gnuplot()) {
      self.directory = directory
      self.gnuplot = gnuplot
    }

    /// Throws what `write` would throw about the folder, and leaves nothing behind: to ask before measuring for minutes.
    public func checkFolder() throws(ReportingError) {
      let target = URL(fileURLWithPath: directory).resolvingSymlinksInPath().path
      try Self.checkReplaceable(target)
      var above = FileWriting.parent(target)
      while !FileManager.default.fileExists(atPath: above), above != FileWriting.parent(above) {
        above = FileWriting.parent(above)
      }
      let probe = Self.sibling(of: "\(above)/\(Self.chartFolder)")
      do throws(ReportingError) {
        try FileWriting.makeFolder(probe)
      } catch .notWritable(_, let reason) {
        // The folder that was asked for, not the probe.
        throw .notWritable(path: target, reason: reason)
      }
      rmdir(probe)
    }

    /// Writes the report in place of the one that is there.
    ///
    /// - Returns: The run as written: missing charts are added to `missing`.
    @discardableResult
    public func write(_ run: Run) throws(ReportingError) -> Run {
      // A link to a folder stays a link.
      let target = URL(fileURLWithPath: directory).resolvingSymlinksInPath().path
      try Self.checkReplaceable(target)
      let (written, files) = try render(run)
      let new = Self.sibling(of: target)
      defer { try? FileManager.default.removeItem(atPath: new) }
      for folder in [new, "\(new)/\(Self.chartFolder)"] { try FileWriting.makeFolder(folder) }
      for (name, data) in files { try FileWriting.write(data, to: "\(new)/\(name)") }
      for folder in ["\(new)/\(Self.chartFolder)", new] { try FileWriting.synchronise(folder: folder) }
      try FileWriting.replace(target, by: new)
      // The new report is in its place: a failure from here on must not be reported as if the old one were still there.
      try? FileWriting.synchronise(folder: FileWriting.parent(target))
      return written
    }

    private static let chartFolder = "charts"
    static let ownNames: Set = ["index.html", "report.md", "results.json", "results.csv", chartFolder]

    /// Replacing deletes what is there, so that may only be a report.
    private static func checkReplaceable(_ target: String) throws(ReportingError) {
      var foreign = try entries(target).filter { !ownNames.contains($0) }
      if foreign.isEmpty {
        foreign = try entries("\(target)/\(chartFolder)").filter { !$0.hasSuffix(".svg") }.map { "\(chartFolder)/\($0)" }
      }
      guard foreign.isEmpty else { throw .foreignFiles(folder: target, found: Array(foreign.prefix(5))) }
    }

    /// The names in a folder, in order; none where there is nothing yet.
    private static func entries(_ path: String) throws(ReportingError) -> [String] {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return [] }
      guard isFolder.boolValue else { throw .notWritable(path: path, reason: "Not a directory") }
      do {
        return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
      } catch {
        throw .notWritable(path: path, reason: "its entries can't be listed")
      }
    }

    /// On the same file system as the target, so that the two can change places.
    private static func sibling(of target: String) -> String {
      let url = URL(fileURLWithPath: target)
      return "\(url.deletingLastPathComponent().path)/.\(url.lastPathComponent).\(UUID().uuidString).partial"
    }

    /// All files of the report by name, and the run with the charts that could not be drawn.
    private func render(_ run: Run) throws(ReportingError) -> (Run, [(name: String, data: Data)]) {
      var run = run
      var figures: [String: Figure] = [:]
      var files: [(name: String, data: Data)] = []
      let (drawn, problems) = draw(Charts.all(run))
      for (chart, document) in drawn {
        let path = "\(Self.chartFolder)/\(chart.id).svg"
        files.append((path, Data(document.standalone.utf8)))
        figures[chart.id] = Figure(
          inlineSVG: document.inline, path: path, alt: PageText(chart.alt), figureCaption: PageText(chart.caption))
      }
      run.missing += problems.filter { !run.missing.contains($0) }
      let page = PageBuilder(run, figures: figures).page()
      let renderer = try PageRenderer()
      files.append(("index.html", Data(renderer.html(page).utf8)))
      files.append(("report.md", Data(renderer.markdown(page).utf8)))
      files.append(("results.json", try RunFile.encode(run)))
      files.append(("results.csv", Data(CSVWriter.text(run.everyMeasurement).utf8)))
      return (run, files)
    }

    private func draw(_ charts: [Chart]) -> (drawn: [(Chart, SVGDocument)], problems: [String]) {
      var drawn: [(Chart, SVGDocument)] = []
      var problems: [String] = []
      for chart in charts {
        do throws(Gnuplot.Failure) {
          guard let document = SVGDocument(try gnuplot.draw(chart), chart: chart) else {
            throw .failed(reason: "its output is no SVG")
          }
          drawn.append((chart, document))
        } catch {
          switch error {
          case .missing:
            return (drawn, ["charts: gnuplot was not found, so there are tables only. Remedy: apt-get install gnuplot-nox"])
          case .failed(let reason): problems.append("chart \(chart.id): gnuplot failed: \(reason)")
          }
        }
      }
      return (drawn, problems)
    }
  }
#endif
