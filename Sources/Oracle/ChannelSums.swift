import Tensors

/// Freivalds' test for convolutions: with a random sign for each output channel, the signed sum of some output channels of one
/// group must equal the convolution with the same sum of their weights. An error in one element always shows if it exceeds the
/// bounds of the channels at its place together.
struct ChannelSums {
  static let mostChannels = 64

  /// Output channels that are summed, with the sums of their weights and of the weights' magnitudes.
  private struct Bundle {
    var channels: Range<Int>
    var weights: [Double]
    var magnitudes: [Double]
  }

  private let judge: ConvolutionJudge
  private let signs: [Double]
  /// Of each group.
  private let bundles: [[Bundle]]

  init(judge: ConvolutionJudge, generator: inout SplitMix64) {
    let reference = judge.reference
    let (shape, depth) = (reference.shape, reference.depth)
    let signs = (0..<shape.outputChannels).map { _ in generator.next() & 1 == 0 ? 1.0 : -1 }
    let weights = reference.weights.values()
    self.judge = judge
    self.signs = signs
    bundles = (0..<shape.groups).map { group in
      let all = group * shape.channelsPerOutputGroup..<(group + 1) * shape.channelsPerOutputGroup
      return stride(from: all.lowerBound, to: all.upperBound, by: Self.mostChannels).map { first in
        let zeros = [Double](repeating: 0, count: depth)
        var bundle = Bundle(channels: first..<min(first + Self.mostChannels, all.upperBound), weights: zeros, magnitudes: zeros)
        for k in bundle.channels {
          for tap in 0..<depth {
            bundle.weights[tap] += signs[k] * weights[k * depth + tap]
            bundle.magnitudes[tap] += weights[k * depth + tap].magnitude
          }
        }
        return bundle
      }
    }
  }

  func firstMismatch() -> Mismatch? {
    let shape = judge.reference.shape
    for n in 0..<shape.batch {
      for group in bundles {
        let image = judge.reference.input.values(n, shape.inputChannels(for: group[0].channels.lowerBound))
        let magnitudes = image.map(\.magnitude)
        for bundle in group {
          for place in suspects(n, bundle, image, magnitudes) {
            // A place that fails its sum has a channel that fails its own bound, unless infinities or NaN belong there.
            for k in bundle.channels {
              if let mismatch = judge.check(SIMD4(n, k, place / shape.outputWidth, place % shape.outputWidth)) { return mismatch }
            }
          }
        }
      }
    }
    return nil
  }

  /// The places of the output plane where the sum of the channels lies outside the sum of their bounds.
  private func suspects(_ n: Int, _ bundle: Bundle, _ image: [Double], _ magnitudes: [Double]) -> [Int] {
    let (reference, bound) = (judge.reference, judge.bound)
    var difference = reference.shape.plane(image, bundle.weights[...])
    var allowed = reference.shape.plane(magnitudes, bundle.magnitudes[...])
    let absolute = bundle.channels.reduce(0) {
      $0 + bound.relative * (reference.epilogue.bias?[$1].magnitude ?? 0) + bound.absolute
    }
    for place in difference.indices {
      difference[place] *= -reference.epilogue.scale
      allowed[place] = bound.relative * reference.epilogue.scale.magnitude * allowed[place] + absolute
    }
    for k in bundle.channels {
      let (sign, first) = (signs[k], reference.firstIndex(n, k))
      for (place, found) in judge.output.values(n, k..<k + 1).enumerated() {
        difference[place] += sign * (found - reference.finish(0, k, first + place))
        let residual = reference.epilogue.residual?[first + place].magnitude ?? 0
        allowed[place] += bound.outputRounding(found) + bound.relative * residual
      }
    }
    return difference.indices.filter { !(difference[$0].magnitude <= allowed[$0]) }
  }
}
