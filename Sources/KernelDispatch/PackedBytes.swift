import Tensors

/// The header of a serialised operand: a mark with the format's version, what `Format` says as whole numbers, a sum over these, the micro-kernel's
/// name and the panels, and that name. Little-endian, padded with zeros.
enum PackedHeader {
  /// To be counted up whenever panels of the same name change.
  static let mark = Array("HeadroomPanels01".utf8)
  static let byteCount = 128
  static let nameCount = 40

  static func numbers(_ format: PackedOperand.Format) -> [UInt64] {
    [
      UInt64(format.side.rawValue), UInt64(format.size), UInt64(format.k), UInt64(format.inputType.position),
      format.isTurned ? 1 : 0,
    ]
  }

  /// FNV-1a over what the header says, and over the panels in words of eight bytes and the bytes that are left.
  static func sum(_ format: PackedOperand.Format, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
    let said = numbers(format) + format.microkernel.utf8.map { UInt64($0) }
    var sum = said.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ $1) &* 0x100_0000_01b3 }
    let words = bytes.count / 8
    for index in 0..<words { sum = (sum ^ bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)) &* 0x100_0000_01b3 }
    for index in 8 * words..<bytes.count { sum = (sum ^ UInt64(bytes[index])) &* 0x100_0000_01b3 }
    return sum
  }
}

enum PackedWriter {
  static func header(_ format: PackedOperand.Format, panels: UnsafeRawBufferPointer) -> [UInt8] {
    var bytes = PackedHeader.mark
    for number in PackedHeader.numbers(format) + [PackedHeader.sum(format, panels)] {
      withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }
    let name = Array(format.microkernel.utf8)
    bytes += name + [UInt8](repeating: 0, count: PackedHeader.nameCount - name.count)
    return bytes + [UInt8](repeating: 0, count: PackedHeader.byteCount - bytes.count)
  }
}

struct PackedReader {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Bytes of panels.
  var left: Int { bytes.count - PackedHeader.byteCount }

  private func number(_ index: Int) -> UInt64 {
    let place = PackedHeader.mark.count + 8 * index
    return bytes[place..<place + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  func format() throws(HeadroomError) -> PackedOperand.Format {
    if bytes.count < PackedHeader.byteCount {
      throw .damagedPackedOperand(reason: "found \(bytes.count) bytes, expected at least \(PackedHeader.byteCount)")
    }
    if Array(bytes.prefix(PackedHeader.mark.count)) != PackedHeader.mark {
      throw .packedElsewhere(found: "another mark", expected: String(decoding: PackedHeader.mark, as: UTF8.self))
    }
    let name = PackedHeader.mark.count + 48
    let types: [ElementType] = [.float32, .bfloat16, .float64]
    guard let side = UInt8(exactly: number(0)).flatMap(PackedOperand.Side.init), let size = Int(exactly: number(1)),
      let k = Int(exactly: number(2)), let type = types.first(where: { UInt64($0.position) == number(3) }), number(4) <= 1
    else { throw .damagedPackedOperand(reason: "found numbers in its header that no operand has") }
    return PackedOperand.Format(
      side: side, size: size, k: k, inputType: type, isTurned: number(4) == 1,
      microkernel: String(decoding: bytes[name..<name + PackedHeader.nameCount].prefix { $0 != 0 }, as: UTF8.self))
  }
  func checkSum(_ format: PackedOperand.Format) throws(HeadroomError) {
    let sum = bytes.withUnsafeBytes {
      PackedHeader.sum(format, UnsafeRawBufferPointer(rebasing: $0[PackedHeader.byteCount...]))
    }
    if sum != number(5) { throw .damagedPackedOperand(reason: "it does not add up to the sum in its header") }
  }
}
