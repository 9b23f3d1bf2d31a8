/// A matrix product op(A) op(B): m x k times k x n, each operand stored row by row without gaps, as it is or transposed.
public struct GEMMShape: Workload {
  public var m: Int
  public var n: Int
  public var k: Int
  /// A is stored k x m.
  public var transposeA: Bool
  /// B is stored n x k, as the weights of a linear layer y = x W^T are.
  public var transposeB: Bool

  public init(m: Int, n: Int, k: Int, transposeA: Bool = false, transposeB: Bool = false) {
    self.m = m
    self.n = n
    self.k = k
    self.transposeA = transposeA
    self.transposeB = transposeB
  }

  /// The operations of the textbook algorithm: 2 m n k.
  public var operations: Double { 2 * Double(m) * Double(n) * Double(k) }

  /// The elements of A, B and C together.
  public var elementCounts: (a: Int, b: Int, c: Int) { (m * k, k * n, m * n) }

  /// The bytes of A, B and C together.
  public func footprintBytes(_ format: NumericFormat) -> Int {
    let counts = elementCounts
    return (counts.a + counts.b) * format.inputByteCount + counts.c * format.outputByteCount
  }
}

extension GEMMShape {
  /// As `init(parsing:)` reads it.
  public var description: String {
    let sizes = "\(m)x\(n)x\(k)"
    return transposeA || transposeB ? "\(sizes):\(transposeA ? "t" : "n")\(transposeB ? "t" : "n")" : sizes
  }
}

extension GEMMShape {
  /// The form of a shape in words, for messages.
  public static let expectedForm = "MxNxK with sizes from 1, optionally followed by :nn, :nt, :tn or :tt, such as 8x4096x4096:nt"

  /// A shape is one word, the last.
  public static func firstShapeWord(in words: [Substring]) -> Int { words.count - 1 }

  /// Reads `1024x1024x1024` or, with the transposes of A and B, `8x4096x4096:nt`.
  ///
  /// - Throws: `WorkloadError.malformedShape`, also for sizes of 0 and for products m n k from 2^63 on.
  public init(parsing text: String) throws(WorkloadError) {
    func malformed(_ problem: String) -> WorkloadError {
      .malformedShape(text: text, problem: problem, expected: Self.expectedForm)
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard let sizesText = parts.first, !sizesText.isEmpty else { throw malformed("no sizes") }
    if parts.count > 2 { throw malformed("\(parts.count - 1) colons") }

    let fields = sizesText.split(separator: "x", omittingEmptySubsequences: false)
    if fields.count != 3 { throw malformed(fields.count == 1 ? "1 size" : "\(fields.count) sizes") }
    var sizes: [Int] = []
    for field in fields {
      guard !field.isEmpty, field.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
        throw malformed("'\(field)' is no whole number")
      }
      guard let size = Int(field) else { throw malformed("\(field) is beyond 2^63") }
      if size == 0 { throw malformed("a size of 0") }
      sizes.append(size)
    }

    let (rows, overflow) = sizes[0].multipliedReportingOverflow(by: sizes[1])
    if overflow || rows.multipliedReportingOverflow(by: sizes[2]).overflow { throw malformed("m n k is beyond 2^63") }
    let transposes = parts.count == 2 ? String(parts[1]) : "nn"
    guard ["nn", "nt", "tn", "tt"].contains(transposes) else { throw malformed("the transposes are '\(transposes)'") }
    self.init(
      m: sizes[0], n: sizes[1], k: sizes[2], transposeA: transposes.hasPrefix("t"), transposeB: transposes.hasSuffix("t"))
  }
}
