import Foundation
import Reporting
import Results
import Testing

struct RivalPageTests {
  private static func row(
    _ name: String, _ ratio: Double, threads: Int = 1, form: String = "call", shape: String = "64x64x64"
  ) -> String {
    """
    {"name": "\(name)", "shape": "\(shape)", "batch": 1, "dtype": "f32", "threads": \(threads), "form": "\(form)", "gflops": \(100 * ratio),
     "rival": "one gemm", "rival_gflops": 100, "variant": "outer.packed", "share_of_roof": 0.5}
    """
  }

  private static func study(lacking: [String]) throws -> RivalStudy {
    let rows = [row("slow", 0.5), row("fast", 2), row("ready", 1, form: "packed"), row("both", 0.9, threads: 2)]
    let lackingJSON = String(decoding: try JSONEncoder().encode(lacking), as: UTF8.self)
    let json = """
      {"started": "2026-05-01T10:00:00Z", "libraries": {"one": "One 3.2"}, "lacking": \(lackingJSON), "rows": [\(rows.joined(separator: ","))]}
      """
    return try JSONDecoder().decode(RivalStudy.self, from: Data(json.utf8))
  }

  @Test func eachFormHasItsMeanAndItsTableLossesFirst() throws {
    var run = Fixture.run()
    run.rivals = try Self.study(lacking: ["odd f32, 1 thread, call"])
    let section = try #require(PageBuilder(run).rivals)
    let tables = section.blocks.compactMap(\.table).map { table in table.rows.map { $0.cells.map(\.text.plain) } }
    #expect(tables.count == 4)
    #expect(
      tables[0] == [
        ["f32", "1", "call", "2", "1.00", "50.0 %", "0.500 (slow)"],
        ["f32", "1", "packed", "1", "1.00", "100.0 %", "1.00 (ready)"],
        ["f32", "2", "call", "1", "0.900", "0.0 %", "0.900 (both)"],
      ])
    #expect(tables[1].map(\.first) == ["slow", "fast"])
    #expect(tables[1][0] == ["slow", "64x64x64", "", "0.500", "50.0", "100", "one gemm", "50.0 %", "outer.packed"])
    #expect(section.blocks.compactMap(\.paragraph).contains { $0.plain.contains("odd f32, 1 thread, call") })
    #expect(section.blocks.compactMap(\.list).flatMap { $0 }.map(\.plain) == ["one: One 3.2"])
  }

  @Test func dropsFromOneSizeToTheNextAreListedBesideTheOthers() throws {
    let speeds = [("8x8x8", 0.5), ("9x9x9", 0.46), ("10x10x10", 0.4), ("16x16x16", 2), ("8x9x8", 3)]
    let rows = speeds.map { Self.row($0.0, $0.1, form: "plan", shape: $0.0) }
    let json = #"{"started": "", "libraries": {}, "lacking": [], "rows": [\#(rows.reversed().joined(separator: ","))]}"#
    var run = Fixture.run()
    run.rivalSweep = try JSONDecoder().decode(RivalStudy.self, from: Data(json.utf8))
    let section = try #require(PageBuilder(run).rivalSweep)
    let tables = section.blocks.compactMap(\.table).map { table in table.rows.map { $0.cells.map(\.text.plain) } }
    #expect(tables.map(\.count) == [1, 4])
    #expect(tables.first == [["9", "10", "0.870", "1.00"]])
    let chart = try #require(Charts.all(run).last)
    #expect(chart.alt == "Lines: f32, 1 thread: 4 sizes, faster than every other library on 1.")
    #expect(chart.commands.contains("9 46.0"))
  }

  @Test func convolutionsHaveTheirMeansErrorsAndTablesLossesFirst() throws {
    func row(_ name: String, _ ratio: Double, _ pass: String, _ variant: String) -> String {
      """
      {"name": "\(name)", "shape": "n1 c8 h9 w9 k8 r3 s3", "pass": "\(pass)", "dtype": "f32", "threads": 1, "form": "nhwc", "gflops": \(100 * ratio),
       "rival": "one", "rival_gflops": 100, "error": \(ratio), "variant": "\(variant)", "share_of_roof": 0.5, "rival_share_of_roof": 0.25}
      """
    }
    let rows = [
      row("slow", 0.5, "forward", "direct"), row("other", 1, "backward-data", "direct"),
      row("fast", 2, "forward", "winograd.4x4"),
    ]
    let json = #"{"started": "", "libraries": {"one": "One 3.2"}, "lacking": ["odd"], "rows": [\#(rows.joined(separator: ","))]}"#
    var run = Fixture.run()
    run.rivalConvolutions = try JSONDecoder().decode(RivalConvolutions.self, from: Data(json.utf8))
    let section = try #require(PageBuilder(run).rivalConvolutions)
    let tables = section.blocks.compactMap(\.table).map { table in table.rows.map { $0.cells.map(\.text.plain) } }
    #expect(tables.count == 4)
    #expect(
      tables[0] == [
        ["f32", "backward-data", "nhwc", "1", "1", "1.00", "100.0 %", "1.00 (other)"],
        ["f32", "forward", "nhwc", "1", "2", "1.00", "50.0 %", "0.500 (slow)"],
      ])
    #expect(tables[1] == [["f32", "direct", "2", "1.00", "0.707"], ["f32", "winograd.4x4", "1", "2.00", "2.00"]])
    #expect(
      tables[3][0] == ["slow", "n1 c8 h9 w9 k8 r3 s3", "0.500", "50.0", "100", "one", "50.0 %", "25.0 %", "direct", "0.500"])
    #expect(section.blocks.compactMap(\.paragraph).contains { $0.plain.contains("odd") })
  }

  @Test func withoutSuchARunThereIsNoSection() {
    #expect(PageBuilder(Fixture.run()).rivalConvolutions == nil)
    #expect(PageBuilder(Fixture.run()).rivals == nil)
    #expect(PageBuilder(Fixture.run()).rivalSweep == nil)
  }
}
