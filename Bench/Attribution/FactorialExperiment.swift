import KernelDispatch
import Results

/// Every combination of software techniques and hardware restrictions on the one macro-kernel, fp32.
public struct FactorialExperiment: Sendable {
  /// What switching a factor off takes away.
  public enum Switch: Sendable, Hashable {
    case techniques(TechniqueSet)
    /// Only the weakest instruction set remains.
    case instructionSet
    /// Only one core remains.
    case cores
  }

  public struct Row: Sendable, Hashable {
    public var factor: Shapley.Factor
    public var takesAway: Switch
  }

  /// Cache blocking and packing are one factor, so that six stay: without blocking, packed panels are as large as the operands.
  public static let rows = [
    Row(
      factor: Shapley.Factor(name: "cache blocking and packing", kind: .software),
      takesAway: .techniques([.cacheBlocking, .packing])),
    Row(factor: Shapley.Factor(name: "register tile", kind: .software), takesAway: .techniques([.registerTile])),
    Row(factor: Shapley.Factor(name: "SIMD used", kind: .software), takesAway: .techniques([.simd])),
    Row(factor: Shapley.Factor(name: "threads used", kind: .software), takesAway: .techniques([.threads])),
    Row(factor: Shapley.Factor(name: "wider instruction set", kind: .hardware), takesAway: .instructionSet),
    Row(factor: Shapley.Factor(name: "more cores", kind: .hardware), takesAway: .cores),
  ]

  public let hardware: HardwareRange
  /// The rows that this machine has: a hardware factor without a range is none, nor are threads on one core.
  public let rows: [Row]

  public init(on hardware: HardwareRange) {
    self.hardware = hardware
    rows = Self.rows.filter { row in
      switch row.takesAway {
      case .instructionSet: hardware.weakest < hardware.bestForFloat32
      case .cores: hardware.cores > 1
      case .techniques(let techniques): techniques != .threads || hardware.cores > 1
      }
    }
  }

  /// What each combination runs, 2^rows of them; bit i of the index says whether row i is on. Combinations that are the same
  /// program on the same hardware (more cores, but no threads) are equal, so each distinct subject is timed once.
  public var subjects: [Subject] { (0..<(1 << rows.count)).map(subject) }

  /// The distinct subjects, in the order of their first appearance.
  public var distinctSubjects: [Subject] {
    var seen: Set<Subject> = []
    return subjects.filter { seen.insert($0).inserted }
  }

  private func subject(of combination: Int) -> Subject {
    var without: TechniqueSet = []
    var isa = hardware.bestForFloat32
    var threads = hardware.cores
    for (index, row) in rows.enumerated() where combination & (1 << index) == 0 {
      switch row.takesAway {
      case .techniques(let techniques): without.formUnion(techniques)
      case .instructionSet: isa = hardware.weakest
      case .cores: threads = 1
      }
    }
    // One canonical form for each program: without SIMD the instruction set is not used, without threads the cores are not.
    if without.contains(.simd) { isa = hardware.weakest }
    if without.remove(.threads) != nil { threads = 1 }
    return .dispatch(isa: isa, threads: threads, without: without)
  }

  /// The order-free shares and the cells they are of.
  ///
  /// - Parameter timed: A measurement of every distinct subject on one shape.
  public func attribution(
    shape: String, timed: [Subject: Results.Measurement]
  ) throws(AttributionError) -> Results.Attribution {
    var cells: [Results.Attribution.Cell] = []
    for (combination, subject) in subjects.enumerated() {
      let on = rows.indices.filter { combination & (1 << $0) != 0 }.map { rows[$0].factor.name }
      guard let measurement = timed[subject] else { throw .missingCell(on: on) }
      guard measurement.shape == shape else { throw .differentShapes(expected: shape, found: measurement.shape) }
      cells.append(Results.Attribution.Cell(on: on, measurement: measurement))
    }
    let shares = try Shapley.shares(factors: rows.map(\.factor), times: cells.map(\.measurement.seconds.median))
    return Results.Attribution(shape: shape, shares: shares, cells: cells)
  }
}
