import Foundation
import Reporting
import Results
import Testing

struct RivalNetworkPageTests {
  private static func section(networks: String?) throws -> Section {
    let row = """
      {"name": "layer", "shape": "n1 c8 h9 w9 k8 r3 s3", "pass": "forward", "dtype": "f32", "threads": 1, "form": "nhwc", "gflops": 1,
       "rival": "one", "rival_gflops": 1}
      """
    let further = networks.map { #", "networks": \#($0)"# } ?? ""
    let json = #"{"started": "", "libraries": {"one": "One 3.2"}, "lacking": [], "rows": [\#(row)]\#(further)}"#
    var run = Fixture.run()
    run.rivalConvolutions = try JSONDecoder().decode(RivalConvolutions.self, from: Data(json.utf8))
    return try #require(PageBuilder(run).rivalConvolutions)
  }

  private static func network(_ name: String, seconds: Double) -> String {
    """
    {"name": "\(name)", "batch": 16, "layers": 23, "pass": "backward-data", "dtype": "bf16", "threads": 2, "form": "nhwc-packed",
     "seconds": \(seconds), "rival": "one", "rival_seconds": 0.05, "forms": {"nhwc-packed": \(seconds)}, "rivals": {"one": 0.05}}
    """
  }

  @Test func wholeNetworksHaveATableOfTheirOwn() throws {
    let networks = "[\(Self.network("resnet50", seconds: 0.1)), \(Self.network("vgg16", seconds: 0.025))]"
    let section = try Self.section(networks: networks)
    let table = try #require(section.blocks.compactMap(\.table).first { $0.caption.plain.hasPrefix("Whole networks") })
    #expect(
      table.rows.map { $0.cells.map(\.text.plain) } == [
        ["resnet50", "16", "bf16", "backward-data", "2", "nhwc-packed", "100", "one", "50.0", "0.500"],
        ["vgg16", "16", "bf16", "backward-data", "2", "nhwc-packed", "25.0", "one", "50.0", "2.00"],
      ])
    #expect(section.blocks.compactMap(\.paragraph).contains { $0.plain.contains("lacks a layer") })
  }

  @Test(arguments: [nil, "[]"] as [String?]) func withoutNetworksThereIsNoSuchTable(networks: String?) throws {
    let section = try Self.section(networks: networks)
    #expect(section.blocks.compactMap(\.table).count == 2)
    #expect(!section.blocks.compactMap(\.paragraph).contains { $0.plain.contains("lacks a layer") })
  }
}
