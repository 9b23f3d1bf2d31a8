import CKernels

/// `count` small numbers of a type, as they lie in memory.
func elements(_ type: ck_dtype, _ count: Int, seed: Int) -> [UInt8] {
  (0..<count).flatMap { index -> [UInt8] in
    let value = Float((index * 7 + seed) % 19) / 8 - 1
    return switch type {
    case CK_F64: withUnsafeBytes(of: Double(value), Array.init)
    case CK_BF16: withUnsafeBytes(of: UInt16(value.bitPattern >> 16), Array.init)
    default: withUnsafeBytes(of: value, Array.init)
    }
  }
}

func bytes(_ type: ck_dtype) -> Int { type == CK_F64 ? 8 : type == CK_BF16 ? 2 : 4 }
