/// The name of a variant or a micro-kernel as plain data: a descriptor that held a `String` would touch reference counts whenever it is made
/// or handed over, which costs a small product more than its kernels.
///
/// Holds up to 32 bytes of UTF-8, more than any name has. Bytes that UTF-8 never uses stand for an empty text or what was cut from a longer
/// one, and for a zero inside: none of them is taken for no name, or for one that exists.
@usableFromInline
package struct ShortName: Sendable, Hashable {
  package static let capacity = 32
  private static let mark: UInt8 = 0xFF
  private static let zero: UInt8 = 0xFE

  // Four words, zeros after the last byte; no name at all is all zeros. No vector type: its alignment would widen every descriptor.
  @usableFromInline var first: UInt64 = 0
  @usableFromInline var second: UInt64 = 0
  @usableFromInline var third: UInt64 = 0
  @usableFromInline var fourth: UInt64 = 0

  /// No name.
  @inlinable
  package init() {
    first = 0
    second = 0
    third = 0
    fourth = 0
  }

  @usableFromInline
  package init(_ text: String?) {
    guard let text else { return }
    let utf8 = text.utf8
    withUnsafeMutableBytes(of: &self) { bytes in
      for (index, byte) in utf8.prefix(Self.capacity).enumerated() { bytes[index] = byte == 0 ? Self.zero : byte }
      if utf8.isEmpty { bytes[0] = Self.mark }
      if utf8.count > Self.capacity { bytes[Self.capacity - 1] = Self.mark }
    }
  }

  @inlinable package var isNone: Bool { first == 0 }

  @usableFromInline package var text: String? {
    if isNone { return nil }
    return withUnsafeBytes(of: self) { bytes in
      bytes[0] == Self.mark && bytes[1] == 0 ? "" : String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
