import Foundation

/// How the convolutions of this library stood beside others in one run of the driver: what the page of a report on them is made of.
public struct RivalConvolutions: Codable, Sendable, Equatable {
  /// One pass of one layer in one form, beside the fastest rival in the same form. GFLOP/s count no multiplications with padding.
  public struct Row: Codable, Sendable, Equatable {
    /// The driver's name for it, such as `rn1_l1_3x3`.
    public var name: String
    /// As the command line takes it: `n1 c64 h56 w56 k64 r3 s3 p1`.
    public var shape: String
    /// `forward`, `backward-data` or `backward-weights`.
    public var pass: String
    public var dtype: String
    public var threads: Int
    /// `nhwc` or `nchw`, where weights are laid out ahead followed by `-packed`.
    public var form: String
    public var gflops: Double
    public var rival: String
    public var rivalGFLOPS: Double
    /// The largest error by the sum of the magnitudes of an element's products, in unit roundoffs of fp32.
    public var error: Double?
    /// What dispatch chooses for it on the machine that wrote the report.
    public var variant: String?
    public var shareOfRoof: Double?
    public var rivalShareOfRoof: Double?

    /// Above 1: faster than every rival.
    public var ratio: Double { gflops / rivalGFLOPS }

    enum CodingKeys: String, CodingKey {
      case name, shape, pass, dtype, threads, form, gflops, rival, error, variant
      case rivalGFLOPS = "rival_gflops"
      case shareOfRoof = "share_of_roof"
      case rivalShareOfRoof = "rival_share_of_roof"
    }
  }

  /// When the driver ran.
  public var started: String
  /// Versions by the driver's names.
  public var libraries: [String: String]
  /// Losses first.
  public var rows: [Row]
  /// What rivals ran and this library did not, or got wrong.
  public var lacking: [String]
  /// Losses first; nil where no whole network was measured.
  public var networks: [NetworkRow]?

  /// From the JSON that the driver writes; this library is the one whose version begins with "Headroom".
  ///
  /// - Throws: `DecodingError`, also where no version does.
  public init(json: Data) throws {
    let run = try JSONDecoder().decode(DriverRun.self, from: json)
    let own = try run.own
    started = run.started
    libraries = run.versions
    var cells: [Cell: Best] = [:]
    for measurement in run.measurements {
      guard let pass = measurement.pass, let form = measurement.form, let gflops = measurement.gflopsBest,
        measurement.wrong != true
      else { continue }
      let cell = Cell(
        name: measurement.shape, pass: pass, dtype: measurement.dt, threads: measurement.threads, form: form)
      let isOwn = measurement.peer == own
      cells[cell, default: Best(measurement.dims, live: measurement.liveShare ?? 1)].take(
        gflops, rival: isOwn ? nil : measurement.peer, error: measurement.error)
    }
    rows = cells.compactMap { cell, best in best.row(cell) }.sorted {
      ($0.ratio, $0.name, $0.form) < ($1.ratio, $1.name, $1.form)
    }
    lacking = cells.filter { $0.value.own == nil && $0.value.rival != nil }.map(\.key.description).sorted()
    networks = run.networks(own: own)
  }
}

private struct Cell: Hashable, CustomStringConvertible {
  var name, pass, dtype: String
  var threads: Int
  var form: String

  var description: String { "\(name) \(pass) \(dtype), \(threads) thread\(threads == 1 ? "" : "s"), \(form)" }
}

/// The fastest on each side.
private struct Best {
  let dimensions: [String: String]
  /// Of the driver's multiplications those that are not with padding.
  let live: Double
  var own: Double?
  var error: Double?
  var rival: (gflops: Double, name: String)?

  init(_ dimensions: [String: String], live: Double) { (self.dimensions, self.live) = (dimensions, live) }

  mutating func take(_ gflops: Double, rival name: String?, error found: Double?) {
    if let name {
      if gflops > rival?.gflops ?? 0 { rival = (gflops, name) }
    } else {
      own = max(own ?? 0, gflops)
      error = found.map { max(error ?? 0, $0) } ?? error
    }
  }

  func row(_ cell: Cell) -> RivalConvolutions.Row? {
    guard let own, let rival else { return nil }
    return RivalConvolutions.Row(
      name: cell.name, shape: words, pass: cell.pass, dtype: cell.dtype, threads: cell.threads, form: cell.form,
      gflops: own * live, rival: rival.name, rivalGFLOPS: rival.gflops * live, error: error.map { $0 * 0x1p24 })
  }

  /// The sizes in this library's words, those left out that are 1, and padding that is 0.
  private var words: String {
    func size(_ names: String..., otherwise: String) -> String { names.lazy.compactMap { dimensions[$0] }.first ?? otherwise }
    let (kernel, stride) = (size("kh", otherwise: "1"), size("sh", otherwise: "1"))
    let (padding, dilation) = (size("ph", otherwise: "0"), size("dh", otherwise: "1"))
    let height = size("ih", otherwise: "1")
    let across = (size("pw", otherwise: padding), size("sw", otherwise: stride), size("dw", otherwise: dilation))
    let always = [
      "n" + size("mb", otherwise: "1"), "c" + size("ic", otherwise: "1"), "h" + height, "w" + size("iw", otherwise: height),
      "k" + size("oc", otherwise: "1"), "r" + kernel, "s" + size("kw", otherwise: kernel),
    ]
    let paddings = across.0 == padding ? ["p" + padding] : ["pt" + padding, "pb" + padding, "pl" + across.0, "pr" + across.0]
    let strides = across.1 == stride ? ["u" + stride] : ["uh" + stride, "uw" + across.1]
    let dilations = across.2 == dilation ? ["d" + dilation] : ["dh" + dilation, "dw" + across.2]
    let rest =
      paddings.filter { !$0.hasSuffix("0") || $0.hasSuffix("10") } + strides + dilations + ["g" + size("g", otherwise: "1")]
    return (always + rest.filter { !["u1", "d1", "g1"].contains($0) }).joined(separator: " ")
  }
}
