/// The type of a matrix element in memory.
@frozen
public enum ElementType: String, Sendable, Hashable, Codable, CaseIterable {
  case float32 = "f32"
  case bfloat16 = "bf16"
  case float64 = "f64"

  /// The size of one element in bytes.
  @inlinable
  public var byteCount: Int {
    switch self {
    case .float32: 4
    case .bfloat16: 2
    case .float64: 8
    }
  }
}

/// A Swift type that Headroom's kernels read and write.
public protocol KernelElement: BitwiseCopyable, Sendable {
  static var elementType: ElementType { get }
}

extension Float: KernelElement {
  @inlinable public static var elementType: ElementType { .float32 }
}

extension Double: KernelElement {
  @inlinable public static var elementType: ElementType { .float64 }
}

extension BFloat16: KernelElement {
  @inlinable public static var elementType: ElementType { .bfloat16 }
}
