import KernelDispatch
import Oracle
import Workloads

/// Something that computes products or convolutions and is to be timed: a dispatch variant, a rung, a peer.
public struct Contestant: Sendable {
  /// `outer.packed`, `direct`, `naive-ijk.c`.
  public var variant: String
  /// The micro-kernel's row, where there is one.
  public var ukernel: String?
  /// What it may use; its peak is that of this level.
  public var isa: ISA
  public var threads: Int
  public var format: NumericFormat
  /// Elements between the end of a row and the start of the next, in A, B and C; a convolution has no gaps.
  public var leadingPadding: Int
  /// How far from the exact result its own may lie.
  public var tolerance = Tolerance.statistical
  /// What a reader needs to judge it: compiler, flags.
  public var note: String?
  /// The command line that repeats its row.
  public var command: String
  /// Prepares everything but the computing itself; the returned closure is what is timed. It may be called any number of times.
  ///
  /// Throws also for operands of another operation than the contestant's.
  public var bind: @Sendable (any Operands) throws -> (() -> Void)

  /// - Parameter bind: for `GEMMOperands` or `ConvolutionOperands`, which says what the contestant computes.
  public init<Own: Operands>(
    variant: String, ukernel: String? = nil, isa: ISA, threads: Int, format: NumericFormat, leadingPadding: Int = 0,
    note: String? = nil, command: String, bind: @escaping @Sendable (Own) throws -> (() -> Void)
  ) {
    self.variant = variant
    self.ukernel = ukernel
    self.isa = isa
    self.threads = threads
    self.format = format
    self.leadingPadding = leadingPadding
    self.note = note
    self.command = command
    self.bind = { operands in
      guard let own = operands as? Own else {
        throw BenchError.otherOperands(found: "\(type(of: operands))", expected: "\(Own.self)")
      }
      return try bind(own)
    }
  }
}
