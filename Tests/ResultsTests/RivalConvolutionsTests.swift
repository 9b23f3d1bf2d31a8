import Foundation
import Results
import Testing

@Suite("Convolutions of other libraries beside this one")
struct RivalConvolutionsTests {
  private static func row(
    _ peer: String, _ variant: String, _ gflops: Double, shape: String = "layer", dir: String = "fwd", dims: String = "",
    extra: String = ""
  ) -> String {
    """
    {"kind": "conv", "shape": "\(shape)", "dims": {"mb": "2", "ic": "3", "ih": "20", "oc": "8", "kh": "3"\(dims)}, "dt": "bf16", "peer": "\(peer)",
     "variant": "\(variant)", "threads": 2, "dir": "\(dir)", "gflops_best": \(gflops), "valid_flop_fraction": 0.5, "rel_err": 1e-7\(extra)}
    """
  }

  private static func study(_ rows: [String]) throws -> RivalConvolutions {
    let json =
      #"{"started": "now", "versions": {"ours": "Headroom 0.1.0", "one": "One 3.2"}, "measurements": [\#(rows.joined(separator: ","))]}"#
    return try RivalConvolutions(json: Data(json.utf8))
  }

  @Test(
    "Like stands beside like: passes, layouts and packed weights, losses first, wrong results and libraries' own layouts never")
  func forms() throws {
    let study = try Self.study([
      Self.row("ours", "nhwc", 80), Self.row("ours", "nhwc_call", 500), Self.row("one", "nhwc", 100), Self.row("one", "any", 900),
      Self.row("ours", "nchw_packed", 300), Self.row("one", "nchw_packed", 100), Self.row("ours", "nchw", 50, dir: "bwd_w"),
      Self.row("one", "nchw", 40, dir: "bwd_w"), Self.row("one", "nchw", 400, dir: "bwd_w", extra: ", \"wrong\": true"),
      Self.row("one", "nhwc", 7, dir: "bwd_d"),
    ])
    #expect(study.rows.map(\.form) == ["nhwc", "nchw", "nchw-packed"])
    #expect(study.rows.map(\.pass) == ["forward", "backward-weights", "forward"])
    #expect(study.rows.map(\.ratio) == [0.8, 1.25, 3])
    #expect(study.rows.map(\.gflops) == [40, 25, 150])
    #expect(study.rows.allSatisfy { ($0.error ?? 0) > 1.6 && ($0.error ?? 9) < 1.7 && $0.rival == "one" })
    #expect(study.lacking == ["layer backward-data bf16, 2 threads, nhwc"])
    #expect(try JSONDecoder().decode(RivalConvolutions.self, from: JSONEncoder().encode(study)) == study)
  }

  @Test(
    "Sizes in this library's words",
    arguments: [
      ("", "n2 c3 h20 w20 k8 r3 s3"), (#", "ph": "1", "sh": "2""#, "n2 c3 h20 w20 k8 r3 s3 p1 u2"),
      (
        #", "iw": "9", "kw": "5", "ph": "10", "pw": "2", "sw": "3", "dh": "2", "g": "1""#,
        "n2 c3 h20 w9 k8 r3 s5 pt10 pb10 pl2 pr2 uh1 uw3 d2"
      ),
      (#", "dw": "4", "g": "3", "ph": "2", "pw": "0""#, "n2 c3 h20 w20 k8 r3 s3 pt2 pb2 dh1 dw4 g3"),
    ])
  func words(dims: String, words: String) throws {
    let study = try Self.study([Self.row("ours", "nhwc", 1, dims: dims), Self.row("one", "nhwc", 1, dims: dims)])
    #expect(study.rows.map(\.shape) == [words])
  }
}
