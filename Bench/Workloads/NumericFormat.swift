/// The types of a product's operands and result, by the word for them on the command line and in results.
public enum NumericFormat: String, CaseIterable, Sendable, Hashable {
  case f32
  case f64
  /// bfloat16 in and out.
  case bf16
  /// bfloat16 in, float32 out.
  case bf16f32
  /// float32 in and out, with products that may be formed of one, two or three bfloat16 parts.
  case f32Bf16x1 = "f32.bf16x1"
  case f32Bf16x2 = "f32.bf16x2"
  case f32Bf16x3 = "f32.bf16x3"

  /// The type of A's and B's elements: `f32`, `f64`, `bf16`.
  public var inputType: String {
    switch self {
    case .f32, .f32Bf16x1, .f32Bf16x2, .f32Bf16x3: "f32"
    case .f64: "f64"
    case .bf16, .bf16f32: "bf16"
    }
  }

  /// The type of C's elements.
  public var outputType: String {
    switch self {
    case .f32, .bf16f32, .f32Bf16x1, .f32Bf16x2, .f32Bf16x3: "f32"
    case .f64: "f64"
    case .bf16: "bf16"
    }
  }

  /// The bfloat16 parts that a product's operands may be cut into; 0: they may not.
  public var parts: Int {
    switch self {
    case .f32, .f64, .bf16, .bf16f32: 0
    case .f32Bf16x1: 1
    case .f32Bf16x2: 2
    case .f32Bf16x3: 3
    }
  }

  /// The size of an element of A or B in bytes.
  public var inputByteCount: Int { Self.byteCount(of: inputType) }

  /// The size of an element of C in bytes.
  public var outputByteCount: Int { Self.byteCount(of: outputType) }

  private static func byteCount(of type: String) -> Int {
    switch type {
    case "f64": 8
    case "bf16": 2
    default: 4
    }
  }
}
