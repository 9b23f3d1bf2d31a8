import CKernels

/// A level of the instruction set that a kernel may use. A machine that has a level has every level below it.
public enum ISA: Int, Comparable, CaseIterable, Sendable, Hashable {
  case scalar
  /// The baseline of x86-64.
  case sse2
  /// AVX2 with FMA.
  case avx2
  /// AVX-512 F, VL, BW and DQ.
  case avx512
  /// AVX-512 with AVX512_BF16.
  case avx512bf16
  /// The same with AMX-TILE and AMX-BF16.
  case amx

  /// The word for it on the command line, in `HEADROOM_MAX_ISA` and in results.
  public var name: String {
    switch self {
    case .scalar: "scalar"
    case .sse2: "sse2"
    case .avx2: "avx2"
    case .avx512: "avx512"
    case .avx512bf16: "avx512bf16"
    case .amx: "amx"
    }
  }

  /// The level called `name`; `nil` for any other word.
  public init?(name: String) {
    guard let isa = ISA.allCases.first(where: { $0.name == name }) else { return nil }
    self = isa
  }

  /// The level called `name`.
  ///
  /// - Throws: `HeadroomError.unknownISA`, which lists the known ones.
  public init(parsing name: String) throws(HeadroomError) {
    guard let isa = ISA(name: name) else {
      throw .unknownISA(found: name, known: ISA.allCases.map(\.name))
    }
    self = isa
  }

  public static func < (left: ISA, right: ISA) -> Bool { left.rawValue < right.rawValue }

  init(_ isa: ck_isa) { self = ISA(rawValue: Int(isa.rawValue)) ?? .scalar }

  var kernelISA: ck_isa { ck_isa(rawValue: Int32(rawValue)) }

  /// Bytes in a vector register; a scalar row's "vector" is one element.
  package func vectorBytes(elementBytes: Int) -> Int {
    switch self {
    case .scalar: elementBytes
    case .sse2: 16
    case .avx2: 32
    case .avx512, .avx512bf16, .amx: 64
    }
  }
}
