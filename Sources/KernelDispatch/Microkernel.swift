import CKernels
public import Tensors

/// How a micro-kernel works; see `ck_family`.
public enum Family: String, Sendable, Hashable {
  /// A tile of sums, A by broadcast, B along vectors.
  case outer
  /// The same over pairs of K.
  case pair
  /// Vectors along K.
  case dot
  /// Registers of 16 x 16 sums and 32 depths.
  case matrix
}

/// What a micro-kernel reads, sums in and writes.
public struct TypeTuple: Sendable, Hashable {
  public let a: ElementType
  public let b: ElementType
  public let accumulator: ElementType
  public let c: ElementType
}

/// What a micro-kernel is written in.
public enum Language: String, Sendable, Hashable {
  case c
  case swift
}

/// A row of the table of micro-kernels.
public struct Microkernel: Sendable, Hashable {
  public let name: String
  public let family: Family
  public let isa: ISA
  public let language: Language
  public let types: TypeTuple
  /// Rows and columns of the tile, and the depths that one step takes.
  public let mr: Int
  public let nr: Int
  public let kr: Int
  /// Adjacent depths in packed A: `kr` but for `matrix`.
  public let aKr: Int
  /// Whether the operand must be packed.
  public let packedA: Bool
  public let packedB: Bool

  init(_ row: ck_ukernel, in language: Language) {
    name = String(cString: row.name)
    family = Family(row.family)
    isa = ISA(row.isa)
    self.language = language
    types = TypeTuple(
      a: ElementType(row.a), b: ElementType(row.b), accumulator: ElementType(row.acc), c: ElementType(row.c))
    mr = Int(row.mr)
    nr = Int(row.nr)
    kr = Int(row.kr)
    aKr = Int(row.a_kr)
    packedA = row.packed_a
    packedB = row.packed_b
  }
}

extension Microkernel {
  /// Elements of the sums in a vector.
  var lanes: Int {
    let bytes = types.accumulator.byteCount
    return isa.vectorBytes(elementBytes: bytes) / bytes
  }

  /// Taller than the tiles of several vectors, for products of so few columns that one vector holds them.
  var isTall: Bool { mr > 1 && nr == lanes && (family == .outer || family == .pair) }
}

extension Family {
  init(_ family: ck_family) {
    switch family {
    case CK_PAIR: self = .pair
    case CK_DOT: self = .dot
    case CK_MATRIX: self = .matrix
    default: self = .outer
    }
  }
}

extension ElementType {
  init(_ type: ck_dtype) {
    switch type {
    case CK_BF16: self = .bfloat16
    case CK_F64: self = .float64
    default: self = .float32
    }
  }

  var kernelType: ck_dtype {
    switch self {
    case .float32: CK_F32
    case .bfloat16: CK_BF16
    case .float64: CK_F64
    }
  }
}

/// The rows of one family, type, ISA, language and NR: the tallest is the tile, the others serve the edges of M.
///
/// Plain data: dispatch reads it on every call without touching a reference count.
struct TileSet {
  let family: Family
  let isa: ISA
  let language: Language
  let inputType: ElementType
  let mr: Int
  let nr: Int
  let kr: Int
  let aKr: Int
  let lanes: Int
  /// Rows of the tallest tile where one vector of columns is live, and A is not packed.
  let tallest: Int
  /// [1 ... tallest]; never freed.
  let tiles: UnsafePointer<ck_ukernel_fn?>
  /// The tallest row in the table.
  let row: Int

  /// One vector of sums: what is left when the register tile is switched off.
  var isOneVector: Bool { family == .outer && mr == 1 && nr == lanes }

  /// Whether a call goes on to further products by itself.
  var goesOn: Bool { language == .c }

  /// Rows of the largest tile for A in place and so many columns.
  func mr(columns: Int) -> Int { columns <= lanes ? tallest : mr }

  /// Whether tiles of few rows and two panels serve `problem` better than tall ones of a panel: all panels come in pairs, and B is read from
  /// end to end. In L1 they are as fast; out of memory hardware follows them (64^3 on Zen 5 1.55 times as fast, 64 x 64 x 32 1.9).
  func takesPairs(_ problem: OrientedProblem) -> Bool {
    problem.m > Self.rowsOfPairs && hasTilesOfPairs && problem.n % (2 * nr) == 0
  }

  static let rowsOfPairs = Int(CK_ROWS_OF_TWO_PANELS)

  /// Whether its tiles of `rowsOfPairs` rows multiply two panels at once.
  var hasTilesOfPairs: Bool { panelsAtOnce(Self.rowsOfPairs) == 2 }

  /// Panels of B that all tiles of `m` rows in as few tiles of at most `mr` as it takes multiply at once.
  func panelsAtOnce(_ m: Int, mr: Int) -> Int {
    if m <= mr { return panelsAtOnce(m) }
    let (rows, taller) = m.quotientAndRemainder(dividingBy: (m - 1) / mr + 1)
    let panels = panelsAtOnce(rows)
    return taller == 0 || panelsAtOnce(rows + 1) == panels ? panels : 1
  }

  private func panelsAtOnce(_ rows: Int) -> Int {
    if !isVectorised || isOneVector { return 1 }
    return Int(ck_panels_at_once(Int32(isa.vectorBytes(elementBytes: 4)), Int64(rows)))
  }

  /// Whether its tiles are vectors of columns and written in C: those that can take several panels at once.
  var isVectorised: Bool { (family == .outer || family == .pair) && language == .c }
  /// Whether its tiles can store a C of `type` past the caches, and its panels are whole lines of it: else half a line would be written at a time.
  func storesLinesPastCaches(of type: ElementType) -> Bool {
    (isVectorised || family == .matrix) && nr * type.byteCount % Int(CK_LINE) == 0
  }
}
