import CKernels
import Oracle
import Tensors
import Testing

@Suite("Gradients of depthwise weights by their contract")
struct DepthwiseGradientKernelTests {
  /// A small integer, exact in every type and so in every sum.
  private static func value(_ index: Int, _ salt: Int) -> Float { Float((index * 7 + index / 3 * 5 + salt) % 9 - 4) }

  private static func filled(_ count: Int, _ type: ck_dtype, salt: Int) throws -> GuardedBuffer {
    let buffer = try GuardedBuffer(byteCount: count * (type == CK_BF16 ? 2 : 4), placement: .flushWithEnd)
    for index in 0..<count {
      let value = value(index, salt)
      if type == CK_BF16 {
        buffer.bytes.storeBytes(of: BFloat16(value).bitPattern, toByteOffset: index * 2, as: UInt16.self)
      } else {
        buffer.bytes.storeBytes(of: value, toByteOffset: index * 4, as: Float.self)
      }
    }
    return buffer
  }

  /// Channels last, so many of them; a row of the image, which is padded by one all around, has `columns` outputs.
  private static func block(channels: Int, columns: Int, taps: Int, stride: Int, abreast: Int) -> ck_block {
    func span(_ outputs: Int) -> ck_span {
      let inputs = (outputs - 1) * stride + taps - 2
      return ck_span(
        outputs: Int64(outputs), inputs: Int64(max(1, inputs)), taps: Int64(taps), first: -1, stride: Int64(stride), dilation: 1,
        in: 0, out: 0, w: 0)
    }
    var block = ck_block()
    let pixel = Int64(channels)
    (block.down, block.across) = (span(5), span(columns))
    (block.across.in, block.across.out, block.across.w) = (pixel, pixel, pixel)
    block.down.in = block.across.inputs * pixel
    block.down.out = block.across.outputs * pixel
    block.down.w = block.across.taps * pixel
    (block.channels, block.abreast) = (pixel, Int64(abreast))
    (block.in_channel, block.out_channel, block.w_channel) = (1, 1, 1)
    return block
  }

  /// Each weight's sum over all outputs, as the contract says.
  private static func expected(_ block: ck_block) -> [Float] {
    let (down, across, channels) = (block.down, block.across, Int(block.channels))
    var sums = [Float](repeating: 0, count: Int(down.taps * across.taps) * channels)
    for p in 0..<down.outputs {
      for q in 0..<across.outputs {
        for r in 0..<down.taps {
          for s in 0..<across.taps {
            let (y, x) = (down.first + p * down.stride + r, across.first + q * across.stride + s)
            guard 0..<down.inputs ~= y, 0..<across.inputs ~= x else { continue }
            for c in 0..<channels {
              let (input, output) = (Int(y * down.in + x * across.in) + c, Int(p * down.out + q * across.out) + c)
              sums[Int(r * down.w + s * across.w) + c] += value(input, 1) * value(output, 2)
            }
          }
        }
      }
    }
    return sums
  }

  @Test(
    "Exact sums added to those before, of one and of several vectors of channels abreast",
    arguments: DepthwiseRow.usable.filter {
      $0.row.group == 1 && $0.row.channels == CK_CHANNELS_LAST && $0.row.run_gradient != nil
    })
  func exact(kernel: DepthwiseRow) throws {
    let (row, lanes) = (kernel.row, Int(kernel.row.lanes))
    for taps in [2, 3, 5, 7] {
      for stride in 1...2 {
        for (channels, columns, abreast) in [(5 * lanes, 14, 2), (3 * lanes + 1, 9, 8), (4 * lanes, 17, 3), (2 * lanes, 7, 1)] {
          var block = Self.block(channels: channels, columns: columns, taps: taps, stride: stride, abreast: abreast)
          let inputs = Int(block.down.inputs * block.down.in)
          let outputs = Int(block.down.outputs * block.down.out)
          let (input, gradient) = (try Self.filled(inputs, row.in, salt: 1), try Self.filled(outputs, row.in, salt: 2))
          let expected = Self.expected(block)
          let sums = try GuardedBuffer(byteCount: expected.count * 4, placement: .flushWithEnd)
          let found = sums.bytes.bindMemory(to: Float.self)
          for index in found.indices { found[index] = Float(index % 5) }
          withExtendedLifetime((input, gradient)) {
            row.run_gradient(&block, input.start, gradient.start, found.baseAddress)
          }
          let wrong = withExtendedLifetime(sums) { found.indices.first { found[$0] != expected[$0] + Float($0 % 5) } }
          #expect(wrong == nil, "\(taps) taps, stride \(stride), \(channels) channels, \(columns) columns, \(abreast) abreast")
        }
      }
    }
  }
}
