import Foundation
import Results
import Testing

@Suite("Whole networks of convolutions beside other libraries")
struct RivalNetworksTests {
  /// A layer of a network of two: the first occurs three times, the second once.
  private static func row(
    _ peer: String, _ variant: String, _ layer: String, _ seconds: Double, group: String = "net-b16", dir: String = "fwd",
    extra: String = ""
  ) -> String {
    let times = layer == "first" ? 3 : 1
    return """
      {"kind": "conv", "shape": "\(group).\(layer)", "group": "\(group)", "dt": "f32", "peer": "\(peer)", "variant": "\(variant)", "threads": 2,
       "dims": {"mb": "16", "ic": "3", "ih": "20", "oc": "8", "kh": "3", "times": "\(times)", "layers": "2"}, "dir": "\(dir)",
       "gflops_best": \(1 / seconds), "seconds_best": \(seconds)\(extra)}
      """
  }

  private static func study(_ rows: [String]) throws -> RivalConvolutions {
    let versions = #"{"ours": "Headroom 0.1.0", "one": "One 3.2", "two": "Two 1.0"}"#
    let json = #"{"started": "now", "versions": \#(versions), "measurements": [\#(rows.joined(separator: ","))]}"#
    return try RivalConvolutions(json: Data(json.utf8))
  }

  @Test("One form of this library throughout, beside the rival that is fastest over all layers, each in its best layout")
  func sums() throws {
    let study = try Self.study([
      // The best form of each layer would take 4 s.
      Self.row("ours", "nhwc", "first", 1), Self.row("ours", "nhwc", "second", 3),
      Self.row("ours", "nchw_packed", "first", 2), Self.row("ours", "nchw_packed", "second", 1),
      Self.row("ours", "nhwc_call", "first", 0.1), Self.row("ours", "nhwc_call", "second", 0.1),
      Self.row("one", "any", "first", 1), Self.row("one", "nhwc", "first", 2),
      Self.row("one", "any", "second", 9), Self.row("one", "nhwc_packed", "second", 6),
      // Faster in the second layer alone.
      Self.row("two", "nchw", "first", 4), Self.row("two", "nchw", "second", 0.5),
    ])
    let networks = try #require(study.networks)
    let network = try #require(networks.first)
    #expect(networks.count == 1)
    #expect((network.name, network.batch, network.layers) == ("net", 16, 2))
    #expect((network.pass, network.dtype, network.threads) == ("forward", "f32", 2))
    #expect(network.forms == ["nhwc": 6, "nchw-packed": 7] && network.rivals == ["one": 9, "two": 12.5])
    #expect((network.form, network.seconds) == ("nhwc", 6))
    #expect((network.rival, network.rivalSeconds, network.ratio) == ("one", 9, 1.5))
    #expect(study.rows.contains { $0.name == "net-b16.first" })
  }

  @Test("Who lacks a layer, or has it wrong, is left out; a network that nobody or one side has is no row")
  func lackingLayers() throws {
    let both = [Self.row("ours", "nhwc", "first", 1), Self.row("ours", "nhwc", "second", 1)]
    let rivals = [Self.row("one", "any", "first", 1), Self.row("one", "any", "second", 2), Self.row("two", "any", "first", 0.1)]
    let wrong = Self.row("two", "any", "second", 0.1, extra: #", "wrong": true"#)
    let formOfOneLayer = Self.row("ours", "nchw", "first", 0.1)
    let network = try #require(try Self.study(both + rivals + [wrong, formOfOneLayer]).networks?.first)
    #expect(network.rivals == ["one": 5] && network.forms == ["nhwc": 4])
    // As after a run that ended early.
    #expect(try Self.study([both[0], rivals[0]]).networks == nil)
    #expect(try Self.study(both + [rivals[2]]).networks == nil)
    #expect(try Self.study([both[0]] + rivals).networks == nil)
  }

  @Test("Passes and networks stand apart, losses first")
  func order() throws {
    func pair(_ rival: Double, group: String, dir: String) -> [String] {
      ["first", "second"].flatMap { layer in
        [("ours", "nhwc", 1.0), ("one", "any", rival)].map { Self.row($0.0, $0.1, layer, $0.2, group: group, dir: dir) }
      }
    }
    let study = try Self.study(
      pair(2, group: "net-b16", dir: "fwd") + pair(0.5, group: "net-b16", dir: "bwd_w") + pair(1, group: "other", dir: "bwd_d"))
    let networks = try #require(study.networks)
    #expect(networks.map(\.ratio) == [0.5, 1, 2])
    #expect(networks.map(\.name) == ["net", "other", "net"])
    #expect(networks.map(\.pass) == ["backward-weights", "backward-data", "forward"])
  }

  @Test("Names in results.json; reports from before there were networks can be read")
  func schema() throws {
    let measured = try Self.study(
      ["first", "second"].flatMap { [Self.row("ours", "nhwc", $0, 1), Self.row("one", "nhwc", $0, 1)] })
    let network = try #require(measured.networks?.first)
    #expect(
      try SchemaTests.keys(network) == [
        "name", "batch", "layers", "pass", "dtype", "threads", "form", "seconds", "rival", "rival_seconds", "forms", "rivals",
      ])
    #expect(try JSONDecoder().decode(RivalConvolutions.self, from: JSONEncoder().encode(measured)) == measured)
    let older = #"{"started": "", "libraries": {}, "rows": [], "lacking": []}"#
    #expect(try JSONDecoder().decode(RivalConvolutions.self, from: Data(older.utf8)).networks == nil)
  }
}
