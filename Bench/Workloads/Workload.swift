/// What one call works on: sizes, and what follows from them.
public protocol Workload: Sendable, Hashable, CustomStringConvertible {
  /// The form of a shape in words, for messages.
  static var expectedForm: String { get }

  /// Reads what `description` writes.
  ///
  /// - Throws: `WorkloadError.malformedShape`
  init(parsing text: String) throws(WorkloadError)

  /// Additions and multiplications of the textbook algorithm.
  var operations: Double { get }

  /// The bytes of operands and result together.
  func footprintBytes(_ format: NumericFormat) -> Int

  /// Where the shape begins in a line of a suite; a name may come before it.
  static func firstShapeWord(in words: [Substring]) -> Int

  /// The suites that come with Headroom.
  ///
  /// - Throws: `WorkloadError` if one is damaged.
  static func bundledSuites() throws(WorkloadError) -> [WorkloadSuite<Self>]
}

extension Workload {
  /// Operations per byte when operands and result are each touched once.
  public func intensity(_ format: NumericFormat) -> Double {
    operations / Double(footprintBytes(format))
  }
}
