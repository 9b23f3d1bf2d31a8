import Foundation
import Results

/// `README.md` of a folder of reports: every <machine>/<date> with its headline numbers.
public enum ReportIndex {
  /// Reads `<machine>/<date>/results.json` below `root` and writes `README.md` there, whole or not at all.
  ///
  /// - Returns: How many reports it lists.
  /// - Throws: Also when one of the results files can't be read; the index that was there stays.
  @discardableResult
  public static func update(root: String) throws(ReportingError) -> Int {
    try FileWriting.makeFolder(root)
    var entries: [(folder: String, run: Run)] = []
    for machine in try folders(in: root) {
      for date in try folders(in: "\(root)/\(machine)").reversed() {
        let file = "\(root)/\(machine)/\(date)/results.json"
        guard FileManager.default.fileExists(atPath: file) else { continue }
        entries.append(("\(machine)/\(date)", try RunFile.load(file)))
      }
    }
    let new = "\(root)/.README.md.\(UUID().uuidString).partial"
    defer { unlink(new) }
    try FileWriting.write(Data(text(entries).utf8), to: new)
    try FileWriting.replace("\(root)/README.md", by: new)
    try? FileWriting.synchronise(folder: root)
    return entries.count
  }

  /// By machine, the newest of each machine first.
  static func text(_ entries: [(folder: String, run: Run)]) -> String {
    var lines = ["# Reports", ""]
    guard !entries.isEmpty else { return (lines + ["No reports yet.", ""]).joined(separator: "\n") }
    lines += [
      "Software and hardware: how many times faster tuned software made the best hardware, and the best hardware made tuned "
        + "software, on the first shape of each report; then software's order-free share of the whole speedup, on a shape of its own.",
      "",
      "| Report | CPU | Threads | Shape | Software | Hardware | Beat test | Software's share |",
      "| --- | --- | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    for (folder, run) in entries {
      let report = "[\(PageText(folder).markdown)](\(link(folder))/report.md)"
      lines.append("| \(([report] + cells(run)).joined(separator: " | ")) |")
    }
    return (lines + [""]).joined(separator: "\n")
  }

  private static func cells(_ run: Run) -> [String] {
    let cpu = PageText(run.environment.cpu).markdown
    let share =
      run.attributions.first.map {
        "\(Format.percent(PageBuilder.share(of: "software", $0))) on \(PageText($0.shape).markdown)"
      } ?? ""
    guard let quartet = run.quartets.first else { return [cpu, "", "no quartet", "", "", "", share] }
    return [
      cpu, "\(quartet.tunedBest.threads)", PageText(quartet.shape).markdown, Format.number(quartet.softwareGivenHardware.value),
      Format.number(quartet.hardwareGivenSoftware.value), Format.estimate(quartet.beatTest), share,
    ]
  }

  private static func folders(in path: String) throws(ReportingError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path).filter { name in
        var isFolder: ObjCBool = false
        return !name.hasPrefix(".") && FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder)
          && isFolder.boolValue
      }.sorted()
    } catch {
      throw .unreadable(file: path, reason: "its entries can't be listed")
    }
  }

  private static func link(_ folder: String) -> String {
    folder.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed.subtracting(CharacterSet(charactersIn: "()"))) ?? folder
  }
}
