import CRungs
import KernelDispatch

/// A single-precision product C = A B of row-major matrices: A is m x k with `lda` elements from row to row, B k x n, C m x n.
///
/// Pointers are to elements (0, 0), unchecked. C is written, not read.
public struct RungProblem {
  public var m, n, k: Int
  public var a, b: UnsafePointer<Float>
  public var c: UnsafeMutablePointer<Float>
  public var lda, ldb, ldc: Int
  /// How many threads the rungs with threads may use.
  public var threads: Int

  /// Leading dimensions that are not given are tight: `lda` = k, `ldb` = `ldc` = n.
  public init(
    m: Int, n: Int, k: Int, a: UnsafePointer<Float>, lda: Int? = nil, b: UnsafePointer<Float>, ldb: Int? = nil,
    c: UnsafeMutablePointer<Float>, ldc: Int? = nil, threads: Int = 1
  ) {
    (self.m, self.n, self.k) = (m, n, k)
    (self.a, self.b, self.c) = (a, b, c)
    (self.lda, self.ldb, self.ldc) = (lda ?? k, ldb ?? n, ldc ?? n)
    self.threads = threads
  }
}

/// A textbook matrix product: slow on purpose, correct for every size, any leading dimension.
public struct Rung: Sendable {
  /// `naive-ijk.c`, `naive-ijk-o3.c`, `ikj.c`, `tiled.c`, `tiled-threads.c`, `naive-ijk.swift`, `tiled.swift`.
  public let name: String
  /// What the compiler was allowed to use.
  public let isa: ISA
  /// Name and version.
  public let compiler: String
  /// Optimisation level and target, as flags say them.
  public let flags: String
  /// Whether the compiler made packed arithmetic of the inner loop, as read off the machine code.
  public let vectorised: Bool
  /// Why it did or didn't, where that is worth saying.
  public let remark: String?
  public let techniques: Set<Technique>
  /// The function that holds the inner loop, as it is called in the object file.
  public let symbol: String
  public let run: @Sendable (RungProblem) -> Void

  /// Whether `RungProblem.threads` matters to it.
  public var usesThreads: Bool { techniques.contains(.threads) }

  /// What a reader needs to judge the row, such as `clang 21.0.0 -O3 -mavx2 -mfma; vectorised by the compiler`.
  public var note: String {
    let vectorisation = vectorised ? "vectorised by the compiler" : "not vectorised"
    return ["\(compiler) \(flags)", vectorisation, remark].compactMap { $0 }.joined(separator: "; ")
  }
}

extension Rung {
  /// Every rung compiled into this binary, usable here or not: those in C, lowest instruction set first, then those in Swift.
  public static let all: [Rung] = cRungs() + swiftRungs

  /// The rung of this name for the highest instruction set up to `isa`; `nil` if there is none.
  public static func named(_ name: String, isa: ISA) -> Rung? {
    all.filter { $0.name == name && $0.isa <= isa }.max { $0.isa < $1.isa }
  }

  private static func cRungs() -> [Rung] {
    var count: Int64 = 0
    guard let rows = rung_rows(&count) else { return [] }
    return UnsafeBufferPointer(start: rows, count: Int(count)).compactMap(Rung.init(row:))
  }

  /// `nil` for a row of an instruction set that dispatch doesn't know.
  private init?(row: rung_row) {
    guard let isa = ISA(rawValue: Int(row.isa)), let run = row.run else { return nil }
    let optimisation = String(cString: row.optimisation)
    self.init(
      name: row.algorithm.name + (row.algorithm == RUNG_NAIVE_IJK && optimisation == "-O3" ? "-o3.c" : ".c"), isa: isa,
      compiler: String(cString: rung_compiler()), flags: "\(optimisation) \(String(cString: row.target))",
      vectorised: row.vectorised,
      remark: row.algorithm == RUNG_NAIVE_IJK ? Rung.whyNotVectorised : nil,
      techniques: row.algorithm.techniques.union(row.vectorised ? [.simd] : []), symbol: String(cString: row.symbol),
      run: { problem in
        var problem = rung_problem(problem)
        run(&problem)
      })
  }

  static let whyNotVectorised = "a sum of floats keeps its order without -ffast-math"
}

extension rung_algorithm {
  fileprivate var name: String {
    switch self {
    case RUNG_IKJ: "ikj"
    case RUNG_TILED: "tiled"
    case RUNG_TILED_THREADS: "tiled-threads"
    default: "naive-ijk"
    }
  }

  fileprivate var techniques: Set<Technique> {
    switch self {
    case RUNG_TILED: [.cacheBlocking]
    case RUNG_TILED_THREADS: [.cacheBlocking, .threads]
    default: []
    }
  }
}

extension rung_problem {
  fileprivate init(_ problem: RungProblem) {
    self.init(
      m: Int64(problem.m), n: Int64(problem.n), k: Int64(problem.k), a: problem.a, b: problem.b, c: problem.c,
      lda: Int64(problem.lda), ldb: Int64(problem.ldb), ldc: Int64(problem.ldc), threads: Int32(clamping: max(1, problem.threads))
    )
  }
}
