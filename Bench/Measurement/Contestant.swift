import KernelDispatch
import Workloads

/// Something that computes products and is to be timed: a dispatch variant, a rung, a peer.
public struct Contestant: Sendable {
  /// `outer.packed`, `naive-ijk.c`.
  public var variant: String
  /// The micro-kernel's row, where there is one.
  public var ukernel: String?
  /// What it may use; its peak is that of this level.
  public var isa: ISA
  public var threads: Int
  public var format: NumericFormat
  /// Elements between the end of a row and the start of the next, in A, B and C.
  public var leadingPadding: Int
  /// What a reader needs to judge it: compiler, flags.
  public var note: String?
  /// The command line that repeats its row.
  public var command: String
  /// Prepares everything but the product C = A B; the returned closure is what is timed. It may be called any number of times.
  public var bind: @Sendable (GEMMOperands) throws -> (() -> Void)

  public init(
    variant: String, ukernel: String? = nil, isa: ISA, threads: Int, format: NumericFormat, leadingPadding: Int = 0,
    note: String? = nil, command: String, bind: @escaping @Sendable (GEMMOperands) throws -> (() -> Void)
  ) {
    self.variant = variant
    self.ukernel = ukernel
    self.isa = isa
    self.threads = threads
    self.format = format
    self.leadingPadding = leadingPadding
    self.note = note
    self.command = command
    self.bind = bind
  }
}
