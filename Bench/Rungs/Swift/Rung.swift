import CRungs
public import KernelDispatch

/// What a textbook algorithm is given: a product or a convolution.
public protocol TextbookProblem {
  /// Every rung for it compiled into this binary, usable here or not: those in C, lowest instruction set first, then those in Swift.
  static var rungs: [TextbookRung<Self>] { get }
}

/// A matrix product.
public typealias Rung = TextbookRung<RungProblem>

/// A convolution.
public typealias ConvolutionRung = TextbookRung<ConvolutionRungProblem>

/// A textbook algorithm: slow on purpose, correct for every size.
public struct TextbookRung<Problem: TextbookProblem>: Sendable {
  /// Of products `naive-ijk.c`, `naive-ijk-o3.c`, `ikj.c`, `tiled.c`, `tiled-threads.c`, `naive-ijk.swift`, `tiled.swift`; of
  /// convolutions `naive-direct.c`, `naive-direct-o3.c`, `im2col.c`, `im2col-o3.c`, `naive-direct.swift`, `im2col.swift`.
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
  public let run: @Sendable (Problem) -> Void

  /// Whether it runs on several threads.
  public var usesThreads: Bool { techniques.contains(.threads) }

  /// What a reader needs to judge the row, such as `clang 21.0.0 -O3 -mavx2 -mfma; vectorised by the compiler`.
  public var note: String {
    let vectorisation = vectorised ? "vectorised by the compiler" : "not vectorised"
    return ["\(compiler) \(flags)", vectorisation, remark].compactMap { $0 }.joined(separator: "; ")
  }
}

extension TextbookRung {
  /// Every rung, see `TextbookProblem.rungs`.
  public static var all: [TextbookRung] { Problem.rungs }

  /// The rung of this name for the highest instruction set up to `isa`; `nil` if there is none.
  public static func named(_ name: String, isa: ISA) -> TextbookRung? {
    all.filter { $0.name == name && $0.isa <= isa }.max { $0.isa < $1.isa }
  }

  /// In C, made of the table's row; `nil` for a row of an instruction set that dispatch doesn't know.
  init?(row: rung_row, run: @escaping @Sendable (Problem) -> Void) {
    guard let isa = ISA(rawValue: Int(row.isa)) else { return nil }
    let optimisation = String(cString: row.optimisation)
    self.init(
      name: row.algorithm.name + (row.algorithm.isTextbook && optimisation == "-O3" ? "-o3.c" : ".c"), isa: isa,
      compiler: String(cString: rung_compiler()), flags: "\(optimisation) \(String(cString: row.target))",
      vectorised: row.vectorised, remark: row.algorithm.isTextbook ? whyNotVectorised : nil,
      techniques: row.algorithm.techniques.union(row.vectorised ? [.simd] : []), symbol: String(cString: row.symbol), run: run)
  }

  /// In plain Swift.
  init(
    swift name: String, _ techniques: Set<Technique> = [], symbol: String, remark: String,
    run: @escaping @Sendable (Problem) -> Void
  ) {
    self.init(
      name: name, isa: baseline, compiler: swiftCompiler, flags: "-O, the architecture's baseline", vectorised: false,
      remark: remark, techniques: techniques, symbol: symbol, run: run)
  }
}

let whyNotVectorised = "a sum of floats keeps its order without -ffast-math"

/// What Swift code without flags may use.
private var baseline: ISA {
  #if arch(x86_64)
    .sse2
  #else
    .scalar
  #endif
}

/// All algorithms in C at all levels.
var cRows: UnsafeBufferPointer<rung_row> {
  var count: Int64 = 0
  let rows = rung_rows(&count)
  return UnsafeBufferPointer(start: rows, count: rows == nil ? 0 : Int(count))
}

extension rung_algorithm {
  fileprivate var name: String {
    switch self {
    case RUNG_IKJ: "ikj"
    case RUNG_TILED: "tiled"
    case RUNG_TILED_THREADS: "tiled-threads"
    case RUNG_DIRECT: "naive-direct"
    case RUNG_IM2COL: "im2col"
    default: "naive-ijk"
    }
  }

  /// Whether it is there as textbooks are compiled, at -O2, and at -O3.
  fileprivate var isTextbook: Bool { [RUNG_NAIVE_IJK, RUNG_DIRECT, RUNG_IM2COL].contains(self) }

  fileprivate var techniques: Set<Technique> {
    switch self {
    case RUNG_TILED: [.cacheBlocking]
    case RUNG_TILED_THREADS: [.cacheBlocking, .threads]
    default: []
    }
  }
}
