import CKernels
import Oracle
import Tensors

/// One call of one depthwise micro-kernel as a test sees it.
struct DepthwiseSetting: CustomStringConvertible {
  var kernelRows, kernelColumns: Int
  var rows, columns, channels: Int
  var stride, dilation: Int
  /// Elements between rows of the input, of the weights and of the output.
  var gap: Int
  var placement: GuardedBuffer.Placement
  /// Of the input; a fraction makes sums that are rounded.
  var scale: Float = 1

  var description: String {
    "kernel \(kernelRows)x\(kernelColumns), outputs \(rows)x\(columns)x\(channels), stride \(stride), dilation \(dilation), gap \(gap), "
      + "\(placement)"
  }
}

/// The memory of one call and the check of its result against the definition in the contract.
final class DepthwiseTrial {
  private let setting: DepthwiseSetting
  private let row: ck_depthwise
  private let input: GuardedBuffer
  private let weights: GuardedBuffer
  private let sums: GuardedBuffer
  private let taps: [Int64]
  private var block = ck_block()

  var output: UnsafeMutableRawBufferPointer { sums.bytes }
  /// Of a byte of the output that is no sum's; only where there is a gap and a second row.
  var gapOffset: Int { Int(block.out_row) * 4 - 4 }

  init(_ kernel: DepthwiseRow, _ wanted: DepthwiseSetting) throws {
    var setting = wanted
    row = kernel.row
    let last = row.channels == CK_CHANNELS_LAST
    if !last { setting.channels = 1 }
    self.setting = setting
    let pixel = last ? setting.channels : 1
    let width = (setting.columns - 1) * setting.stride + (setting.kernelColumns - 1) * setting.dilation + 1
    let inRow = width * pixel + setting.gap
    // Channels first, the columns of a stride lie apart by their remainders, so that a row's outputs read neighbours.
    let phase = (width + setting.stride - 1) / setting.stride
    taps = (0..<setting.kernelColumns).map { s in
      let column = s * setting.dilation
      return Int64(last ? column * pixel : column % setting.stride * phase + column / setting.stride)
    }
    let rowLength = last ? inRow : phase * setting.stride + setting.gap
    block.kernel_rows = Int64(setting.kernelRows)
    block.kernel_columns = Int64(setting.kernelColumns)
    (block.rows, block.columns, block.channels) = (Int64(setting.rows), Int64(setting.columns), Int64(setting.channels))
    block.in_row = Int64(setting.stride * rowLength)
    block.in_column = Int64(last ? setting.stride * pixel : 1)
    block.tap_row = Int64(setting.dilation * rowLength)
    block.out_column = Int64(pixel)
    block.out_row = Int64(setting.columns * pixel + setting.gap)
    block.w_column = Int64(pixel)
    block.w_row = Int64(setting.kernelColumns * pixel + setting.gap)

    var reads = Set<Int>()
    var weighs = Set<Int>()
    var writes = Set<Int>()
    Self.places(block, taps) { place in
      reads.insert(place.input)
      weighs.insert(place.weight)
      writes.insert(place.output)
    }
    input = try Self.filled(reads, type: row.in, placement: setting.placement, salt: 1, scale: setting.scale)
    weights = try Self.filled(weighs, type: row.in, placement: setting.placement, salt: 2)
    sums = try GuardedBuffer(byteCount: ((writes.max() ?? 0) + 1) * 4, placement: setting.placement)
    Poison.fill(sums.bytes)
  }

  private struct Place {
    var input, weight, output: Int
  }

  /// Every product of the block: out[p][q][c] sums w[r][s][c] * in[p][q][r][s][c].
  private static func places(_ block: ck_block, _ taps: [Int64], _ body: (Place) -> Void) {
    for p in 0..<block.rows {
      for q in 0..<block.columns {
        for c in 0..<block.channels {
          for r in 0..<block.kernel_rows {
            for s in 0..<block.kernel_columns {
              body(
                Place(
                  input: Int(p * block.in_row + q * block.in_column + r * block.tap_row + taps[Int(s)] + c),
                  weight: Int(r * block.w_row + s * block.w_column + c), output: Int(p * block.out_row + q * block.out_column + c)
                ))
            }
          }
        }
      }
    }
  }

  /// A small integer, exact in every type and so in every sum.
  private static func value(_ index: Int, _ salt: Int) -> Float { Float((index * 7 + index / 3 * 5 + salt) % 9 - 4) }

  /// NaN but for the elements at `indices`.
  private static func filled(
    _ indices: Set<Int>, type: ck_dtype, placement: GuardedBuffer.Placement, salt: Int, scale: Float = 1
  ) throws -> GuardedBuffer {
    let bytes = type == CK_BF16 ? 2 : 4
    let buffer = try GuardedBuffer(byteCount: ((indices.max() ?? 0) + 1) * bytes, placement: placement)
    Poison.fill(buffer.bytes)
    for index in indices {
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
    taps.withUnsafeBufferPointer { taps in
      block.taps = taps.baseAddress
      row.run(&block, input.start, weights.start, sums.start.assumingMemoryBound(to: Float.self))
      block.taps = nil
    }
  }

  /// What is wrong after a run; `nil` if every sum is right and nothing else was written.
  func finding() -> String? {
    let count = sums.bytes.count / 4
    var expected = [Float?](repeating: nil, count: count)
    Self.places(block, taps) { place in
      expected[place.output] = (expected[place.output] ?? 0) + Self.value(place.input, 1) * Self.value(place.weight, 2)
    }
    for index in 0..<count {
      let bits = sums.bytes.load(fromByteOffset: index * 4, as: UInt32.self)
      if let sum = expected[index] {
        if Float(bitPattern: bits) != sum { return "\(setting): element \(index) is \(Float(bitPattern: bits)), expected \(sum)" }
      } else if bits != 0xFFFF_FFFF {
        return "\(setting): element \(index) was written, which is none of the block's"
      }
    }
    return nil
  }
}
