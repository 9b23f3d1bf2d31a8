import Foundation

/// How this library stood beside others in one run of a driver that timed them in turn, each in a process of its own: what the page of a report on
/// it is made of.
public struct RivalStudy: Codable, Sendable, Equatable {
  /// One product in one form, beside the fastest rival in the same form.
  public struct Row: Codable, Sendable, Equatable {
    /// The driver's name for it, such as `tok8_768x768`.
    public var name: String
    /// As the command line takes it: `8x768x768:nt`. Of matrices stored by columns the equal product by rows.
    public var shape: String
    /// Products in one call; 1: no batch.
    public var batch: Int
    public var dtype: String
    public var threads: Int
    /// `call`: everything included; `plan`: decided ahead; `packed`: B laid out ahead.
    public var form: String
    public var gflops: Double
    /// The library and its function: `onednn32 matmul`.
    public var rival: String
    public var rivalGFLOPS: Double
    /// What dispatch chooses for it on the machine that wrote the report.
    public var variant: String?
    public var shareOfRoof: Double?

    /// Above 1: faster than every rival.
    public var ratio: Double { gflops / rivalGFLOPS }

    enum CodingKeys: String, CodingKey {
      case name, shape, batch, dtype, threads, form, gflops, rival, variant
      case rivalGFLOPS = "rival_gflops"
      case shareOfRoof = "share_of_roof"
    }
  }

  /// When the driver ran.
  public var started: String
  /// Versions by the driver's names.
  public var libraries: [String: String]
  /// Losses first.
  public var rows: [Row]
  /// Products that rivals ran and this library did not, or got wrong.
  public var lacking: [String]

  /// From the JSON that the driver writes; this library is the one whose version begins with "Headroom".
  ///
  /// - Throws: `DecodingError`, also where no version does.
  public init(json: Data) throws {
    let run = try JSONDecoder().decode(DriverRun.self, from: json)
    let own = try run.own
    started = run.started
    libraries = run.versions
    var cells: [Cell: Best] = [:]
    for measurement in run.measurements where measurement.kind == "gemm" {
      guard let gflops = measurement.gflopsBest, measurement.wrong != true else { continue }
      for form in measurement.forms {
        let cell = Cell(name: measurement.shape, dtype: measurement.dt, threads: measurement.threads, form: form)
        let rival = measurement.peer == own ? nil : "\(measurement.peer) \(measurement.variant)"
        cells[cell, default: Best(dimensions: measurement.dims)].take(gflops, rival: rival)
      }
    }
    rows = cells.compactMap { cell, best in best.row(cell) }.sorted {
      ($0.ratio, $0.name, $0.form) < ($1.ratio, $1.name, $1.form)
    }
    lacking = cells.filter { $0.value.own == nil && $0.value.rival != nil }.map(\.key.description).sorted()
  }
}

extension DriverRun.Measurement {
  /// What is called once and decides by itself; all else that isn't packed was made ready.
  private static let oneShot: Set = [
    "gemm", "sgemm", "gemv", "loop", "batch_strided", "mm", "mv", "bmm", "zen_bmm", "omp_loop",
  ]

  /// Those of a product. A call counts among plans as well: nobody is kept from it.
  fileprivate var forms: [String] {
    if packed == true { return ["packed"] }
    return Self.oneShot.contains(variant) ? ["call", "plan"] : ["plan"]
  }
}

private struct Cell: Hashable, CustomStringConvertible {
  var name, dtype: String
  var threads: Int
  var form: String

  var description: String { "\(name) \(dtype), \(threads) thread\(threads == 1 ? "" : "s"), \(form)" }
}

/// The fastest on each side.
private struct Best {
  var dimensions: [String: String]
  var own: Double?
  var rival: (gflops: Double, name: String)?

  init(dimensions: [String: String]) { self.dimensions = dimensions }

  mutating func take(_ gflops: Double, rival name: String?) {
    if let name {
      if gflops > rival?.gflops ?? 0 { rival = (gflops, name) }
    } else {
      own = max(own ?? 0, gflops)
    }
  }

  func row(_ cell: Cell) -> RivalStudy.Row? {
    guard let own, let rival else { return nil }
    func size(_ name: String) -> String { dimensions[name] ?? "1" }
    func turned(_ name: String) -> String { dimensions[name] == "T" ? "t" : "n" }
    // Stored by columns it is the product of the transposes, stored by rows: B' A'.
    let byColumns = dimensions["layout"] == "col"
    let (m, n, a, b) = byColumns ? ("n", "m", "tb", "ta") : ("m", "n", "ta", "tb")
    let turns = turned(a) + turned(b)
    let shape = "\(size(m))x\(size(n))x\(size("k"))" + (turns == "nn" ? "" : ":\(turns)")
    return RivalStudy.Row(
      name: cell.name, shape: shape, batch: dimensions["batch"].flatMap(Int.init) ?? 1, dtype: cell.dtype, threads: cell.threads,
      form: cell.form, gflops: own, rival: rival.name, rivalGFLOPS: rival.gflops)
  }
}
