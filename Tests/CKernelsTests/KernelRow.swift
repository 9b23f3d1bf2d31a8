import CKernels
import Glibc
import SIMDKernels
import Tensors
import Testing

/// A row of the table, in C or in Swift, as a test argument.
struct KernelRow: Sendable, CustomTestStringConvertible {
  let index: Int
  let name: String

  var row: ck_ukernel { Self.table[index] }
  var testDescription: String { name }

  /// Bytes in a vector of its instruction set.
  var vectorBytes: Int { [bytes(row.acc), 16, 32, 64, 64, 64][Int(row.isa.rawValue)] }
  /// One vector wide, and taller than tiles of several.
  var isTall: Bool {
    (row.family == CK_OUTER || row.family == CK_PAIR) && row.mr > 1 && Int(row.nr) * bytes(row.acc) == vectorBytes
  }

  private nonisolated(unsafe) static let table: [ck_ukernel] = {  // Never written to.
    var count: Int64 = 0
    let rows = ck_ukernels(&count)
    return UnsafeBufferPointer(start: rows, count: Int(count)) + SwiftKernels.outer
  }()

  /// Every row compiled into this binary.
  static let all = table.indices.map { KernelRow(index: $0, name: String(cString: table[$0].name)) }

  /// Those that may run here: within what the machine has and what HEADROOM_MAX_ISA allows.
  static let usable = all.filter { $0.row.isa.rawValue <= highestISA }

  static let highestISA: Int32 = {
    var machine = ck_machine()
    ck_machine_read(&machine)
    let names = ["scalar", "sse2", "avx2", "avx512", "avx512bf16", "amx"]
    guard let cap = getenv("HEADROOM_MAX_ISA"), let level = names.firstIndex(of: String(cString: cap)) else {
      return machine.isa.rawValue
    }
    return min(machine.isa.rawValue, Int32(level))
  }()
}

extension ElementType {
  init(_ type: ck_dtype) {
    self = type == CK_F64 ? .float64 : type == CK_BF16 ? .bfloat16 : .float32
  }

  var ck: ck_dtype {
    switch self {
    case .float32: CK_F32
    case .bfloat16: CK_BF16
    case .float64: CK_F64
    }
  }
}
