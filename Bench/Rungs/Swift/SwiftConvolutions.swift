import Tensors

// The textbook convolutions in plain Swift, as the products in SwiftRungs.swift.

/// Seven loops.
func naiveDirect(_ p: ConvolutionRungProblem) {
  let shape = p.shape
  let (input, weights) = (p.inputBuffer.span, p.weightBuffer.span)
  var output = p.outputBuffer.mutableSpan
  let (from, with, to) = (p.inputStrides, p.weightStrides, p.outputStrides)
  let (groupIn, groupOut) = (shape.channelsPerGroup, shape.outputChannels / shape.groups)
  for n in 0..<shape.batch {
    for k in 0..<shape.outputChannels {
      for y in 0..<shape.outputHeight {
        for x in 0..<shape.outputWidth {
          var sum: Float = 0
          for c in 0..<groupIn {
            for r in 0..<shape.kernel.height {
              for s in 0..<shape.kernel.width {
                let row = y * shape.stride.height + r * shape.dilation.height - shape.padding.top
                let column = x * shape.stride.width + s * shape.dilation.width - shape.padding.left
                if row < 0 || row >= shape.height || column < 0 || column >= shape.width { continue }
                let channel = k / groupOut * groupIn + c
                sum += input[from.offset(n, channel, row, column)] * weights[with.offset(k, c, r, s)]
              }
            }
          }
          output[to.offset(n, k, y, x)] = sum
        }
      }
    }
  }
}

/// Copies what each place of the kernel meets, image after image, and multiplies group after group.
func im2col(_ p: ConvolutionRungProblem) {
  let shape = p.shape
  guard let columns = p.columns else { preconditionFailure("im2col needs memory for its matrix") }
  let groupOut = shape.outputChannels / shape.groups
  let pixels = shape.outputHeight * shape.outputWidth
  let taps = shape.inputChannels * shape.kernel.height * shape.kernel.width
  let depth = taps / shape.groups
  for n in 0..<shape.batch {
    copyColumns(p, image: n, to: UnsafeMutableBufferPointer(start: columns, count: taps * pixels))
    for group in 0..<shape.groups {
      let k = group * groupOut
      let output = p.output + n * shape.outputChannels * pixels
      if p.layout == .nchw {
        naiveIJK(
          RungProblem(
            m: groupOut, n: pixels, k: depth, a: p.weights + k * depth, b: columns + group * depth * pixels,
            c: output + k * pixels))
      } else {
        naiveIJK(
          RungProblem(
            m: pixels, n: groupOut, k: depth, a: columns + group * depth, lda: taps, b: p.weights + k, ldb: shape.outputChannels,
            c: output + k, ldc: shape.outputChannels))
      }
    }
  }
}

/// Fills a matrix of (g c r s) x (p q) for NCHW, of (p q) x (g r s c) for NHWC.
private func copyColumns(_ p: ConvolutionRungProblem, image n: Int, to memory: UnsafeMutableBufferPointer<Float>) {
  let (shape, from) = (p.shape, p.inputStrides)
  let input = p.inputBuffer.span
  var columns = memory.mutableSpan
  let (places, groupIn) = (shape.kernel.height * shape.kernel.width, shape.channelsPerGroup)
  let (pixels, taps) = (shape.outputHeight * shape.outputWidth, shape.inputChannels * places)
  for channel in 0..<shape.inputChannels {
    for r in 0..<shape.kernel.height {
      for s in 0..<shape.kernel.width {
        let place = r * shape.kernel.width + s
        let first =
          p.layout == .nchw
          ? (channel * places + place) * pixels
          : channel / groupIn * places * groupIn + place * groupIn + channel % groupIn
        for y in 0..<shape.outputHeight {
          for x in 0..<shape.outputWidth {
            let row = y * shape.stride.height + r * shape.dilation.height - shape.padding.top
            let column = x * shape.stride.width + s * shape.dilation.width - shape.padding.left
            let isInside = row >= 0 && row < shape.height && column >= 0 && column < shape.width
            let pixel = y * shape.outputWidth + x
            columns[first + pixel * (p.layout == .nchw ? 1 : taps)] =
              isInside ? input[from.offset(n, channel, row, column)] : 0
          }
        }
      }
    }
  }
}

/// Elements from one image, or output channel of the weights, to the next, and so on.
private struct Strides {
  var outer, channel, row, column: Int

  func offset(_ i: Int, _ j: Int, _ y: Int, _ x: Int) -> Int { i * outer + j * channel + y * row + x * column }
}

extension ConvolutionRungProblem {
  fileprivate var inputBuffer: UnsafeBufferPointer<Float> { UnsafeBufferPointer(start: input, count: shape.inputCount) }
  fileprivate var weightBuffer: UnsafeBufferPointer<Float> { UnsafeBufferPointer(start: weights, count: shape.weightCount) }
  fileprivate var outputBuffer: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: output, count: shape.outputCount)
  }

  fileprivate var inputStrides: Strides { imageStrides(shape.inputChannels, shape.height, shape.width) }
  fileprivate var outputStrides: Strides { imageStrides(shape.outputChannels, shape.outputHeight, shape.outputWidth) }

  private func imageStrides(_ channels: Int, _ rows: Int, _ columns: Int) -> Strides {
    layout == .nchw
      ? Strides(outer: channels * rows * columns, channel: rows * columns, row: columns, column: 1)
      : Strides(outer: channels * rows * columns, channel: 1, row: columns * channels, column: channels)
  }

  fileprivate var weightStrides: Strides {
    let (channels, kernel) = (shape.channelsPerGroup, shape.kernel)
    return layout == .nchw
      ? Strides(
        outer: channels * kernel.height * kernel.width, channel: kernel.height * kernel.width, row: kernel.width, column: 1)
      : Strides(
        outer: 1, channel: shape.outputChannels, row: kernel.width * channels * shape.outputChannels,
        column: channels * shape.outputChannels)
  }
}

let swiftConvolutions = [
  ConvolutionRung(
    swift: "naive-direct.swift", symbol: "$s5Rungs11naiveDirectyyAA22ConvolutionRungProblemVF", remark: whyNotVectorised,
    run: { naiveDirect($0) }),
  ConvolutionRung(
    swift: "im2col.swift", symbol: "$s5Rungs8naiveIJKyyAA11RungProblemVF", remark: whyNotVectorised, run: { im2col($0) }),
]
