/// The types of a product's operands and result, by the word for them on the command line and in results.
public enum NumericFormat: String, CaseIterable, Sendable, Hashable {
  case f32
  case f64
  /// bfloat16 in and out.
  case bf16
  /// bfloat16 in, float32 out.
  case bf16f32

  /// The type of A's and B's elements: `f32`, `f64`, `bf16`.
  public var inputType: String {
    switch self {
    case .f32: "f32"
    case .f64: "f64"
    case .bf16, .bf16f32: "bf16"
    }
  }

  /// The type of C's elements.
  public var outputType: String {
    switch self {
    case .f32, .bf16f32: "f32"
    case .f64: "f64"
    case .bf16: "bf16"
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
