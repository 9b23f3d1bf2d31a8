import CKernels
import Oracle
import Tensors

/// One call of one depthwise micro-kernel as a test sees it.
struct DepthwiseSetting: CustomStringConvertible {
  var kernelRows, kernelColumns: Int
  var rows, columns, channels: Int
  var stride, dilation: Int
  /// Rows and columns of padding before the image and behind it; below zero behind, so many that no output meets.
  var before, behind: Int
  /// Elements between rows of the input, of the weights and of the output.
  var gap: Int
  var placement: GuardedBuffer.Placement
  /// Vectors of channels.
  var abreast = 1
  /// Of the input; a fraction makes sums that are rounded.
  var scale: Float = 1

  var description: String {
    "kernel \(kernelRows)x\(kernelColumns), outputs \(rows)x\(columns)x\(channels), stride \(stride), dilation \(dilation), "
      + "padding \(before) and \(behind), gap \(gap), \(placement), \(abreast) abreast"
  }

  /// Without memory strides.
  func span(outputs: Int, taps: Int) -> ck_span {
    let reached = (outputs - 1) * stride + (taps - 1) * dilation + 1
    return ck_span(
      outputs: Int64(outputs), inputs: Int64(max(1, reached - before - behind)), taps: Int64(taps), first: Int64(-before),
      stride: Int64(stride), dilation: Int64(dilation), in: 0, out: 0, w: 0)
  }
}

/// The memory of one call and the check of its result against the definition in the contract.
final class DepthwiseTrial {
  private let setting: DepthwiseSetting
  private let row: ck_depthwise
  private let isNarrow: Bool
  private let input: GuardedBuffer
  private let weights: GuardedBuffer
  private let sums: GuardedBuffer
  private var block = ck_block()

  var output: UnsafeMutableRawBufferPointer { sums.bytes }
  /// Of a byte of the output that is no sum's; only where there is a gap and a second row.
  var gapOffset: Int { Int(block.down.out) * 4 - 4 }

  init(_ kernel: DepthwiseRow, _ setting: DepthwiseSetting) throws {
    row = kernel.row
    isNarrow = kernel.isNarrow
    self.setting = setting
    let last = row.channels == CK_CHANNELS_LAST
    let pixel = Int64(last ? setting.channels : 1)
    let gap = Int64(setting.gap)
    var down = setting.span(outputs: setting.rows, taps: setting.kernelRows)
    var across = setting.span(outputs: setting.columns, taps: setting.kernelColumns)
    let group = Int64(row.group)
    (across.in, across.out, across.w) = (pixel, pixel, group * pixel)
    block.w_member = pixel
    (down.in, down.out, down.w) = (across.inputs * pixel + gap, across.outputs * pixel + gap, across.taps * across.w + gap)
    block.down = down
    block.across = across
    block.channels = Int64(setting.channels)
    // Which no output may show.
    block.abreast = Int64(setting.abreast)
    (block.asks, block.asks_for_outputs) = (setting.gap > 0, setting.gap > 0)
    block.in_channel = last ? 1 : down.inputs * down.in
    block.out_channel = last ? 1 : down.outputs * down.out
    block.w_channel = last ? 1 : down.taps * down.w

    var reads = Marks()
    var weighs = Marks()
    var writes = Marks()
    Self.places(block, group) { place in
      if let input = place.input { reads.insert(input) }
      weighs.insert(place.weight)
      writes.insert(place.output)
    }
    // All of the image may be read, also what no output meets.
    let image = (block.channels - 1) * block.in_channel + (down.inputs - 1) * down.in + (across.inputs - 1) * across.in + 1
    input = try Self.filled(reads, of: Int(image), type: row.in, placement: setting.placement, salt: 1, scale: setting.scale)
    weights = try Self.filled(weighs, of: weighs.end, type: row.in, placement: setting.placement, salt: 2)
    let bytes = kernel.isNarrow ? 2 : 4
    sums = try GuardedBuffer(byteCount: writes.end * bytes, placement: setting.placement)
    Poison.fill(sums.bytes)
  }

  /// A set of small indices.
  private struct Marks {
    private var isMarked: [Bool] = []

    mutating func insert(_ index: Int) {
      if index >= isMarked.count { isMarked += repeatElement(false, count: index + 1) }
      isMarked[index] = true
    }

    func contains(_ index: Int) -> Bool { index < isMarked.count && isMarked[index] }

    /// Past the last one; 1 where there is none.
    var end: Int { (isMarked.lastIndex(of: true) ?? 0) + 1 }
  }

  private struct Place {
    /// `nil` in the padding.
    var input: Int?
    var weight, output: Int
  }

  /// Every product of the block, as its contract says.
  private static func places(_ block: ck_block, _ group: Int64, _ body: (Place) -> Void) {
    let (down, across) = (block.down, block.across)
    for c in 0..<block.channels {
      for p in 0..<down.outputs {
        for q in 0..<across.outputs {
          for r in 0..<down.taps {
            for s in 0..<across.taps {
              let y = down.first + p * down.stride + r * down.dilation
              let x = across.first + q * across.stride + s * across.dilation
              let isPadding = y < 0 || y >= down.inputs || x < 0 || x >= across.inputs
              for i in 0..<group {
                let channel = c / group * group + i
                body(
                  Place(
                    input: isPadding ? nil : Int(channel * block.in_channel + y * down.in + x * across.in),
                    weight: Int(c * block.w_channel + i * block.w_member + r * down.w + s * across.w),
                    output: Int(c * block.out_channel + p * down.out + q * across.out)))
              }
            }
          }
        }
      }
    }
  }

  /// A small integer, exact in every type and so in every sum.
  private static func value(_ index: Int, _ salt: Int) -> Float { Float((index * 7 + index / 3 * 5 + salt) % 9 - 4) }

  /// `count` elements, NaN but for the marked ones.
  private static func filled(
    _ marks: Marks, of count: Int, type: ck_dtype, placement: GuardedBuffer.Placement, salt: Int, scale: Float = 1
  ) throws -> GuardedBuffer {
    let bytes = type == CK_BF16 ? 2 : 4
    let buffer = try GuardedBuffer(byteCount: count * bytes, placement: placement)
    Poison.fill(buffer.bytes)
    for index in 0..<count where marks.contains(index) {
      let value = value(index, salt) * scale
      if type == CK_BF16 {
        buffer.bytes.storeBytes(of: BFloat16(value).bitPattern, toByteOffset: index * bytes, as: UInt16.self)
      } else {
        buffer.bytes.storeBytes(of: value, toByteOffset: index * bytes, as: Float.self)
      }
    }
    return buffer
  }

  func run() {
    if isNarrow {
      row.run_narrow(&block, input.start, weights.start, sums.start.assumingMemoryBound(to: UInt16.self))
    } else {
      row.run(&block, input.start, weights.start, sums.start.assumingMemoryBound(to: Float.self))
    }
  }

  /// The element at `index`, and whether anyone has written it.
  private func found(_ index: Int) -> (value: Float, isWritten: Bool) {
    if isNarrow {
      let bits = sums.bytes.load(fromByteOffset: index * 2, as: UInt16.self)
      return (Float(BFloat16(bitPattern: bits)), bits != 0xFFFF)
    }
    let bits = sums.bytes.load(fromByteOffset: index * 4, as: UInt32.self)
    return (Float(bitPattern: bits), bits != 0xFFFF_FFFF)
  }

  /// What is wrong after a run; `nil` if every sum is right and nothing else was written.
  func finding() -> String? {
    let count = sums.bytes.count / (isNarrow ? 2 : 4)
    var expected = [Float?](repeating: nil, count: count)
    Self.places(block, Int64(row.group)) { place in
      let input = place.input.map { Self.value($0, 1) } ?? 0
      expected[place.output] = (expected[place.output] ?? 0) + input * Self.value(place.weight, 2)
    }
    for index in 0..<count {
      let (value, isWritten) = found(index)
      if let sum = expected[index] {
        let rounded = isNarrow ? Float(BFloat16(sum)) : sum
        if value != rounded { return "\(setting): element \(index) is \(value), expected \(rounded)" }
      } else if isWritten {
        return "\(setting): element \(index) was written, which is none of the block's"
      }
    }
    return nil
  }
}
