import Glibc
import KernelDispatch
import Results
import Workloads

/// What binds a problem: min(peak, intensity x bandwidth at its footprint).
public struct Roof: Sendable, Equatable {
  public let gflops: Double
  /// `compute`, `L1`, `L2`, `L3`, `DRAM`, or `memory` where the machine hides its caches.
  public let boundBy: String

  package init(gflops: Double, boundBy: String) {
    self.gflops = gflops
    self.boundBy = boundBy
  }
}

/// The measured limits of the machine.
public struct Ceilings: Sendable, Equatable {
  public private(set) var rows: [Ceiling]

  public init(rows: [Ceiling]) {
    self.rows = rows
  }

  /// The arithmetic peak in GFLOP/s; `nil` if it was not measured for this number of threads.
  ///
  /// Below AVX-512-BF16, bf16 products are widened: their peak is that of f32. AVX-512-BF16 and AMX add nothing to f32 and f64.
  public func peak(format: NumericFormat, isa: ISA, threads: Int) -> Double? {
    peakRow(format: format, isa: isa, threads: threads)?.value
  }

  func peakRow(format: NumericFormat, isa: ISA, threads: Int) -> Ceiling? {
    let (name, isa) =
      format.inputType == "bf16" && isa >= .avx512bf16 ? ("bf16", isa) : (format == .f64 ? "f64" : "f32", min(isa, .avx512))
    return rows.first { $0.kind == .compute && $0.name == name && $0.isa == isa.name && $0.threads == threads }
  }

  /// Takes up a figure; of two for the same limit the larger holds.
  package mutating func raise(to row: Ceiling) {
    let same = rows.firstIndex { known in
      var known = known
      known.value = row.value
      return known == row
    }
    guard let same else { return rows.append(row) }
    rows[same].value = max(rows[same].value, row.value)
  }

  /// The bandwidth of reading in GB/s where the data of all threads together take `footprintBytes`, and the level of the memory that
  /// serves it: between two measured footprints, interpolated on logarithmic scales, and the farther level.
  public func bandwidth(footprintBytes: Int, threads: Int) -> (gigabytesPerSecond: Double, level: String)? {
    let points = rows.filter { $0.kind == .bandwidth && $0.name == "read" && $0.threads == threads }
      .compactMap { row in row.footprintBytes.map { (bytes: Double($0), row: row) } }
      .sorted { $0.bytes < $1.bytes }
    guard let first = points.first, let last = points.last else { return nil }
    let bytes = min(max(Double(footprintBytes) / Double(threads), first.bytes), last.bytes)
    guard let index = points.firstIndex(where: { $0.bytes >= bytes }) else { return nil }
    let (below, above) = (points[max(index - 1, 0)], points[index])
    let level = above.row.level ?? "memory"
    if above.bytes == bytes { return (above.row.value, level) }
    let part = log2(bytes / below.bytes) / log2(above.bytes / below.bytes)
    return (exp2(log2(below.row.value) * (1 - part) + log2(above.row.value) * part), level)
  }

  /// The roof over a problem; `nil` if the peak or the bandwidth was not measured for this number of threads.
  ///
  /// - Parameter isCold: the operands come from memory whatever their size.
  public func roof(_ problem: Problem, format: NumericFormat, isa: ISA, threads: Int, isCold: Bool = false) -> Roof? {
    let footprint = isCold ? Int.max : problem.footprintBytes(format)
    guard let peak = peak(format: format, isa: isa, threads: threads),
      let memory = bandwidth(footprintBytes: footprint, threads: threads)
    else { return nil }
    let fed = problem.intensity(format) * memory.gigabytesPerSecond
    return fed < peak ? Roof(gflops: fed, boundBy: memory.level) : Roof(gflops: peak, boundBy: "compute")
  }
}
