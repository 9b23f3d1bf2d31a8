/// The file of a driver that timed several libraries in turn, as far as it is read.
struct DriverRun: Decodable {
  struct Measurement: Decodable {
    var kind, shape, dt, peer, variant: String
    var dims: [String: String]
    var threads: Int
    /// What the shape belongs to, such as `resnet50-b16`.
    var group: String?
    var gflopsBest: Double?
    /// Those of one call at `gflopsBest`.
    var secondsBest: Double?
    var packed: Bool?
    var wrong: Bool?
    /// Of a convolution: `fwd`, `bwd_d`, `bwd_w`.
    var dir: String?
    /// The largest, by the sum of the magnitudes of an element's products.
    var error: Double?
    /// The share of multiplications that are not with padding.
    var liveShare: Double?

    enum CodingKeys: String, CodingKey {
      case kind, shape, dt, peer, variant, dims, threads, group, packed, wrong, dir
      case gflopsBest = "gflops_best"
      case secondsBest = "seconds_best"
      case error = "rel_err"
      case liveShare = "valid_flop_fraction"
    }

    /// Of a convolution.
    var pass: String? {
      let passes = ["fwd": "forward", "bwd_d": "backward-data", "bwd_w": "backward-weights"]
      return kind == "conv" ? dir.flatMap { passes[$0] } : nil
    }

    /// Of a convolution: `nhwc`, `nchw-packed`; nil in layouts of a library's own and where it was planned for a single call, for then it is not
    /// beside another.
    var form: String? {
      variant.hasPrefix("n") && !variant.hasSuffix("_call") ? variant.replacing("_", with: "-") : nil
    }
  }

  var started: String
  var versions: [String: String]
  var measurements: [Measurement]

  /// The driver's name for this library.
  var own: String {
    get throws {
      if let own = versions.first(where: { $0.value.hasPrefix("Headroom") })?.key { return own }
      throw DecodingError.dataCorrupted(
        .init(codingPath: [], debugDescription: "none of the libraries is Headroom: found \(versions.keys.sorted())"))
    }
  }
}
