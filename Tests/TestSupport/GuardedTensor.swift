import Oracle
import Tensors

/// Images or weights in guarded memory. At the end that no guard page touches lies some slack, all poisoned with NaN at first.
public final class GuardedTensor {
  private static let slack = 64

  public let view: MutableTensorView
  private let buffer: GuardedBuffer
  private let elements: Range<Int>

  public init(_ axes: TensorAxes, type: ElementType, placement: GuardedBuffer.Placement) throws {
    let byteCount = axes.count * type.byteCount
    buffer = try GuardedBuffer(byteCount: byteCount + Self.slack, placement: placement)
    let start = placement == .flushWithEnd ? Self.slack : 0
    elements = start..<start + byteCount
    view = MutableTensorView(base: buffer.start + start, type: type, axes: axes, owner: buffer)
    poison()
  }

  public var base: UnsafeMutableRawPointer { view.base }

  /// Of the elements, without the slack.
  public var bytes: [UInt8] { [UInt8](buffer.bytes[elements]) }

  public func poison() { Poison.fill(buffer.bytes) }

  /// The offset from the first element of the first byte in the slack that was written.
  public var disturbance: Int? {
    buffer.bytes.indices.first { !elements.contains($0) && buffer.bytes[$0] != Poison.byte }.map { $0 - elements.lowerBound }
  }
}
