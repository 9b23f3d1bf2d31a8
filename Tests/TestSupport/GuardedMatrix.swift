import Oracle
import Tensors

/// A matrix in guarded memory, everything but its elements poisoned with NaN.
public final class GuardedMatrix {
  public let buffer: GuardedBuffer
  public let view: MutableMatrixView
  /// The byte offset of element (0, 0): not 0 with negative strides.
  public let origin: Int

  public init(_ layout: MatrixLayout, type: ElementType, placement: GuardedBuffer.Placement = .flushWithEnd) throws {
    guard let count = layout.requiredCount, let range = layout.offsetRange else {
      throw GuardedBuffer.Failure.mapping(byteCount: .max, errno: 0)
    }
    buffer = try GuardedBuffer(byteCount: count * type.byteCount, placement: placement)
    origin = -range.lowest * type.byteCount
    view = MutableMatrixView(base: buffer.start + origin, type: type, layout: layout)
    Poison.fill(buffer.bytes)
  }

  public var bytes: [UInt8] { [UInt8](buffer.bytes) }

  /// Where something was written that is no element of the matrix.
  public var disturbance: Int? {
    Poison.disturbance(in: UnsafeRawBufferPointer(buffer.bytes), outside: view.layout, type: view.type, origin: origin)
  }
}
